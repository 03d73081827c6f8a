"""One small tokenizer of each kind, made and trained by Python's tokenizers."""
import base64
import json
import struct

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

from tokenizer_texts import corpus

GPT4 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
O200K = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
         r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
ADDED = [AddedToken("<tool>", normalized=False), AddedToken("Added", single_word=True), AddedToken("addéd", lstrip=True),
         AddedToken("<mask>", lstrip=True, rstrip=True, special=True, normalized=False)]


def charsmap(rules):
    """Returns a charsmap of SentencePiece: the size of a double-array trie, the trie, and the replacements with zeros after them."""
    replacements, offsets = b"", {}
    for to in rules.values():
        if to not in offsets:
            offsets[to] = len(replacements)
            replacements += to.encode() + b"\0"
    trie = {}
    for key, to in rules.items():
        node = trie
        for b in key.encode():
            node = node.setdefault(b, {})
        node[None] = offsets[to]
    units, used = {0: 0}, {0}

    def place(node, at):
        labels = [0 if b is None else b for b in node]
        base = next(b for b in range(1, 1 << 20) if all((b ^ x) not in used for x in labels) and (at ^ b) < 1 << 21)
        used.update(base ^ x for x in labels)
        units[at] = units[at] | (at ^ base) << 10 | (1 << 8 if None in node else 0)
        for b, child in node.items():
            units[base ^ (b or 0)] = child | 1 << 31 if b is None else b
        for b, child in node.items():
            if b is not None:
                place(child, base ^ b)

    place(trie, 0)
    size = max(units) + 256 & ~255
    blob = b"".join(struct.pack("<I", units.get(i, 0)) for i in range(size))
    return base64.b64encode(struct.pack("<I", len(blob)) + blob + replacements).decode()


RULES = {"\t": " ", "\n": " ", "\r": " ", "\u3000": " ", "\xA0": " ", "\u2003": " ", "\u200B": " ", "\x01": "", "\x7F": "", "\u200D": "",
         "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "½": "1⁄2", "²": "2", "①": "1", "㎏": "kg", "㍿": "株式会社", "a\u0301": "á", "e\u0301": "é",
         "o\u0308": "ö", "カ\u3099": "ガ", "Å": "Å", "…": "...", "\u0345": "", "ｱ": "ア", "！": "!", "Ａ": "A", "\u0308": "", "é": "é"}


def precompiled(rules):
    return normalizers.Precompiled(base64.b64decode(rules if isinstance(rules, str) else charsmap(rules)))


def template(cls, sep, cls_id, sep_id):
    return processors.TemplateProcessing(f"{cls} $A {sep}", f"{cls} $A {sep} $B:1 {sep}:1", [(cls, cls_id), (sep, sep_id)])


def made(model, trainer, normalizer=None, pre=None, post=None, decoder=None, added=(), sentences=600):
    tokenizer = Tokenizer(model)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if pre is not None:
        tokenizer.pre_tokenizer = pre
    if decoder is not None:
        tokenizer.decoder = decoder
    tokenizer.train_from_iterator(corpus(1, sentences), trainer)
    tokenizer.add_tokens(list(added))
    if post is not None:
        tokenizer.post_processor = post(tokenizer)
    return tokenizer


def changed(tokenizer, change):
    """Returns a tokenizer whose JSON was changed."""
    parts = json.loads(tokenizer.to_str())
    change(parts)
    return Tokenizer.from_str(json.dumps(parts))


def with_bytes(tokenizer):
    """Returns a tokenizer of byte-pair encoding whose vocabulary has a token of each byte, too."""
    def add(parts):
        vocab = parts["model"]["vocab"]
        vocab.update({b: len(vocab) + i for i, b in enumerate(BYTES)})
        parts["added_tokens"] = [token for token in parts["added_tokens"] if token["id"] < 3]
    return changed(tokenizer, add)


def split(behavior, invert, pattern=r"\s|[aeiou]+\d*|\p{P}"):
    word_level = models.WordLevel({"[UNK]": 0, "the": 1, " ": 2, "e": 3}, "[UNK]")
    tokenizer = Tokenizer(word_level)
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(pattern), behavior, invert)
    return tokenizer


def piece(prefix="##", **kwargs):
    return trainers.WordPieceTrainer(vocab_size=300, special_tokens=["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], show_progress=False,
                                     continuing_subword_prefix=prefix, **kwargs)


def pairs(special, size=400, **kwargs):
    return trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False, **kwargs)


def unigram(**kwargs):
    return trainers.UnigramTrainer(vocab_size=300, special_tokens=["<unk>", "<s>", "</s>"], unk_token="<unk>", show_progress=False, **kwargs)


def levels():
    return trainers.WordLevelTrainer(vocab_size=150, special_tokens=["[UNK]"], show_progress=False)


BYTES = [f"<0x{b:02X}>" for b in range(256)]
ALPHABET = sorted(pre_tokenizers.ByteLevel.alphabet())


def kinds(charsmap_file=None):
    """Returns tokenizers by name."""
    n, p, d = normalizers, pre_tokenizers, decoders
    rules = open(charsmap_file, "rb").read() if charsmap_file else None
    spm = n.Precompiled(rules) if rules else precompiled(RULES)
    all_kinds = {
        "bert-uncased": made(models.WordPiece(unk_token="[UNK]"), piece(), n.BertNormalizer(lowercase=True), p.BertPreTokenizer(),
                             lambda t: template("[CLS]", "[SEP]", 2, 3), d.WordPiece()),
        "bert-cased": made(models.WordPiece(unk_token="[UNK]"), piece(), n.BertNormalizer(lowercase=False), p.BertPreTokenizer(),
                           lambda t: processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2)), d.WordPiece(cleanup=False), ADDED),
        "gpt2": made(models.BPE(), pairs(["<|endoftext|>"], initial_alphabet=ALPHABET), None, p.ByteLevel(add_prefix_space=False),
                     lambda t: processors.ByteLevel(trim_offsets=False), d.ByteLevel()),
        "roberta": made(models.BPE(), pairs(["<s>", "<pad>", "</s>", "<unk>"], initial_alphabet=ALPHABET), None,
                        p.ByteLevel(add_prefix_space=True),
                        lambda t: processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True), d.ByteLevel(), ADDED),
        "llama2": with_bytes(made(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True), pairs(["<unk>", "<s>", "</s>"], 300),
                                  n.Sequence([n.Prepend("▁"), n.Replace(" ", "▁")]), None, lambda t: template("<s>", "</s>", 1, 2),
                                  d.Sequence([d.Replace("▁", " "), d.ByteFallback(), d.Fuse(), d.Strip(" ", 1, 0)]), sentences=60)),
        "llama3": changed(
            made(models.BPE(), pairs(["<|endoftext|>"], initial_alphabet=ALPHABET), None,
                 p.Sequence([p.Split(Regex(GPT4), "isolated"), p.ByteLevel(add_prefix_space=False, use_regex=False)]),
                 lambda t: processors.Sequence([processors.ByteLevel(trim_offsets=True), template("<|endoftext|>", "<|endoftext|>", 0, 0)]),
                 d.ByteLevel(), ADDED), lambda parts: parts["model"].update(ignore_merges=True)),
        "o200k": made(models.BPE(), pairs(["<|endoftext|>"], initial_alphabet=ALPHABET), n.NFC(),
                      p.Sequence([p.Split(Regex(O200K), "removed", True), p.ByteLevel(add_prefix_space=False, use_regex=False)]),
                      lambda t: processors.ByteLevel(trim_offsets=True), d.ByteLevel()),
        "bytes-normalized": made(models.BPE(), pairs(["<|endoftext|>"], initial_alphabet=ALPHABET), n.Sequence([n.NFKC(), n.ByteLevel()]),
                                 p.Split(Regex("Ġ?[A-Za-z]+|[0-9]{1,3}+"), "merged_with_next"), None, d.ByteLevel()),
        "bpe-suffix": made(models.BPE(unk_token="<unk>", end_of_word_suffix="</w>"), pairs(["<unk>"], end_of_word_suffix="</w>"),
                           n.Sequence([n.NFD(), n.Lowercase(), n.StripAccents()]), p.WhitespaceSplit(), None, d.BPEDecoder("</w>")),
        "bpe-prefix": made(models.BPE(unk_token="<unk>", continuing_subword_prefix="##", fuse_unk=True),
                           pairs(["<unk>"], continuing_subword_prefix="##"), n.NFKD(), p.Whitespace(), None, d.WordPiece()),
        "bpe-dropping": made(models.BPE(), pairs(["<s>"], limit_alphabet=40), None, p.Digits(individual_digits=True), None, d.Fuse()),
        "xlm": made(models.Unigram(), unigram(), n.Sequence([spm, n.Replace(Regex(" {2,}"), " ")]),
                    p.Metaspace(prepend_scheme="always"), lambda t: template("<s>", "</s>", 1, 2), d.Metaspace(), ADDED),
        "t5": made(models.Unigram(), unigram(), spm, p.Sequence([p.WhitespaceSplit(), p.Metaspace(prepend_scheme="always")]),
                   lambda t: processors.TemplateProcessing("$A </s>", "$A </s> $B </s>", [("</s>", 2)]), d.Metaspace()),
        "mistral": with_bytes(made(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True), pairs(["<unk>", "<s>", "</s>"], 300), None,
                                   p.Metaspace(prepend_scheme="first", split=False), lambda t: template("<s>", "</s>", 1, 2),
                                   d.Sequence([d.Metaspace(prepend_scheme="first"), d.ByteFallback(), d.Fuse()]), ADDED[:1], sentences=60)),
        "unigram-bytes": changed(
            made(models.Unigram(), unigram(), n.Sequence([n.Nmt(), n.NFKC(), n.Strip(), n.Replace(Regex("[0-9]"), "#0")]),
                 p.Sequence([p.UnicodeScripts(), p.Metaspace(prepend_scheme="never")]), None,
                 d.Sequence([d.ByteFallback(), d.Metaspace(prepend_scheme="never")])),
            lambda parts: parts["model"].update(byte_fallback=True, vocab=parts["model"]["vocab"] + [[b, -20.0] for b in BYTES])),
        "words": made(models.WordLevel(unk_token="[UNK]"), levels(), n.Sequence([n.Strip(left=True, right=False), n.NFC(), n.Lowercase()]),
                      p.Whitespace(), None, None, ADDED),
        "words-scripts": made(models.WordLevel(unk_token="[UNK]"), levels(), None, p.UnicodeScripts()),
        "words-digits": made(models.WordLevel(unk_token="[UNK]"), levels(), n.StripAccents(),
                             p.Sequence([p.CharDelimiterSplit(" "), p.Digits(), p.Punctuation("contiguous")]), None,
                             d.CTC(pad_token="[UNK]", word_delimiter_token="the")),
        "words-fixed": made(models.WordLevel(unk_token="[UNK]"), levels(), n.Strip(left=False), p.FixedLength(3)),
        "split-string": made(models.WordLevel(unk_token="[UNK]"), levels(), n.Replace("a", ""), p.Split(" t", "merged_with_previous")),
        "truncated": made(models.WordPiece(unk_token="[UNK]"), piece(), n.BertNormalizer(), p.BertPreTokenizer(),
                          lambda t: template("[CLS]", "[SEP]", 2, 3), d.WordPiece()),
        "truncated-left": made(models.BPE(), pairs(["<s>", "<pad>", "</s>"], initial_alphabet=ALPHABET), None, p.ByteLevel(),
                               lambda t: processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True), d.ByteLevel()),
    }
    all_kinds["truncated"].enable_truncation(9, stride=2)
    all_kinds["truncated"].enable_padding(pad_to_multiple_of=8, pad_token="[PAD]", pad_id=0)
    all_kinds["truncated-left"].enable_truncation(10, stride=1, direction="left", strategy="longest_first")
    all_kinds["truncated-left"].enable_padding(length=12, direction="left", pad_token="<pad>", pad_id=1, pad_type_id=3)
    for behavior in ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]:
        for invert in [False, True]:
            all_kinds[f"split-{behavior}-{invert}"] = split(behavior, invert)
    all_kinds["split-empty"] = split("isolated", False, r"a*")
    all_kinds["split-classes"] = split("isolated", False, r"\w+|\d|[[:punct:]]+|\p{Han}{1,2}|(?m:^.)|[^\s\w&&[^x]]|\b\S")
    return all_kinds
