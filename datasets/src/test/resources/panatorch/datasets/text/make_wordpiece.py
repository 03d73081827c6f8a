"""Makes vocab.txt, a small vocabulary, and uncased.tsv and cased.tsv: texts, escaped as JSON, and the ids that Hugging Face's BertTokenizer gives them, at most 24.

    python3 make_wordpiece.py    # needs transformers
"""
import json
import string

from transformers import BertTokenizer

words = "the movie is a un ##believ ##able ##ably good bad ##ing play ##ed hide new secret ##ions parent ##al unit ##s ist stra ##ße cafe Café naive résumé 中 国 don t 's 2026 ##26 20".split()
letters = list(string.ascii_lowercase + "ABC0123456789") + ["##" + c for c in string.ascii_lowercase + "0123456789"]
vocab = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + words + letters + list("!.,'$`~|^-_#@()—¿。") + ["ß", "##ß", "σ", "##σ", "ο", "##ο", "α", "##α", "##ς", "i", "##İ", "İ", "か", "##な", "한", "##국"]
vocab = list(dict.fromkeys(vocab))
with open("vocab.txt", "w") as f:
    f.write("\n".join(vocab) + "\n")

texts = [
    "", " ", "The movie is unbelievably good!", "hide new secretions from the parental units ", "Café NAÏVE résumé straße",
    "don't  play\tplayed\nplaying\r\n-- #1 $20,26 `x`~|^_", "中国 is 中x国", "zero\u200bwidth soft\u00adhyphen nbsp\u00a0here line\u2028sep",
    "emoji 🙂 good", "bell\u0007 nul\u0000 bad\ufffd", "a" * 100 + " " + "b" * 101, "ΟΣΑΣ οσα ΑΣ", "İstanbul I i İ", "¿good—bad。", "かな 한국 한국", "e\u0301 cafe\u0301",
    "x[y](z)", "the " * 40, "𝔘nicode \U000e0001 tag", "...", "good\u3000movie", "ﬁne Å ǅ",
]
for name, lower in (("uncased", True), ("cased", False)):
    tokenizer = BertTokenizer("vocab.txt", do_lower_case=lower)
    with open(name + ".tsv", "w") as f:
        for text in texts:
            f.write(json.dumps(text) + "\t" + " ".join(map(str, tokenizer(text, truncation=True, max_length=24)["input_ids"])) + "\n")
