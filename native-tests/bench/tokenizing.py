"""Python's side of the benchmark tokenizing: processor seconds of one thread to encode 4,000 sentences, with offsets, masks and tokens.

    python tokenizing.py --make FOLDER   # trains a tokenizer of each kind on the standard library's texts, and writes sentences of these
    python tokenizing.py FOLDER          # needs tokenizers; the driver talks to it as side.py says
"""
import glob
import json
import os
import re
import sys
from pathlib import Path
from time import thread_time

os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

SENTENCES = 4000
LONG_WORD = 100_000
GPT4 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def sentences():
    """Returns texts of some 100 characters from the comments and documentation of Python's own library."""
    found = []
    for name in sorted(glob.glob(os.path.join(os.path.dirname(os.__file__), "*.py"))):
        source = Path(name).read_text("utf-8", "ignore")
        for block in re.findall(r'"""(.+?)"""', source, re.S):
            text = re.sub(r"\s+", " ", block).strip()
            found += [text[i:i + 100] for i in range(0, len(text) - 40, 100)]
    return found


def make(folder):
    texts = sentences()
    n, p = normalizers, pre_tokenizers
    alphabet = sorted(p.ByteLevel.alphabet())
    special = ["<unk>", "<s>", "</s>"]
    template = processors.TemplateProcessing("<s> $A </s>", "<s> $A </s> $B </s>", [("<s>", 1), ("</s>", 2)])

    def trained(name, model, trainer, normalizer, pre, post):
        tokenizer = Tokenizer(model)
        if normalizer is not None:
            tokenizer.normalizer = normalizer
        if pre is not None:
            tokenizer.pre_tokenizer = pre
        tokenizer.train_from_iterator(texts[::2], trainer)
        tokenizer.post_processor = post
        tokenizer.save(f"{folder}/{name}.json")

    def pairs(**more):
        return trainers.BpeTrainer(vocab_size=8000, special_tokens=special, show_progress=False, **more)

    trained("wordpiece", models.WordPiece(unk_token="<unk>"), trainers.WordPieceTrainer(vocab_size=8000, special_tokens=special, show_progress=False),
            n.BertNormalizer(), p.BertPreTokenizer(), template)
    trained("gpt2", models.BPE(), pairs(initial_alphabet=alphabet), None, p.ByteLevel(add_prefix_space=False), processors.ByteLevel(trim_offsets=True))
    trained("llama3", models.BPE(), pairs(initial_alphabet=alphabet), None,
            p.Sequence([p.Split(Regex(GPT4), "isolated"), p.ByteLevel(add_prefix_space=False, use_regex=False)]),
            processors.Sequence([processors.ByteLevel(trim_offsets=False), template]))
    trained("llama2", models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True), pairs(), n.Replace(" ", "▁"),
            p.Metaspace(prepend_scheme="first"), template)
    merged = json.loads(Path(f"{folder}/llama2.json").read_text("utf-8"))
    merged["pre_tokenizer"] = None
    merged["normalizer"] = json.loads('{"type":"Sequence","normalizers":[{"type":"Prepend","prepend":"▁"},'
                                      '{"type":"Replace","pattern":{"String":" "},"content":"▁"}]}')
    Path(f"{folder}/llama2.json").write_text(json.dumps(merged), "utf-8")
    trained("unigram", models.Unigram(), trainers.UnigramTrainer(vocab_size=8000, special_tokens=special, unk_token="<unk>", show_progress=False),
            n.NFKC(), p.Metaspace(), template)
    step = max(1, len(texts) // SENTENCES)
    Path(f"{folder}/sentences.json").write_text(json.dumps(texts[1::step][:SENTENCES]), "utf-8")


def work(folder):
    texts = json.loads(Path(f"{folder}/sentences.json").read_text("utf-8"))
    kinds = {name: Tokenizer.from_file(f"{folder}/{name}.json") for name in ["wordpiece", "gpt2", "llama3", "llama2", "unigram"]}
    parts = {name: (tokenizer, texts) for name, tokenizer in kinds.items()}
    parts["gpt2, a word of 100,000 letters"] = (kinds["gpt2"], ["".join(texts).replace(" ", "")[:LONG_WORD].translate({c: "x" for c in range(33, 65)})])
    return parts


def main():
    if sys.argv[1] == "--make":
        make(sys.argv[2])
        print("made", flush=True)
        return
    from side import serve
    parts = work(sys.argv[1])

    def check():
        return {name: float(sum(i * (k % 1000 + 1) for e in tokenizer.encode_batch(texts) for k, i in enumerate(e.ids + [b for _, b in e.offsets])))
                for name, (tokenizer, texts) in parts.items()}

    def run():
        seconds = {}
        for name, (tokenizer, texts) in parts.items():
            start = thread_time()
            tokenizer.encode_batch(texts)
            seconds[name] = thread_time() - start
        return seconds

    serve(check, run)


if __name__ == "__main__":
    main()
