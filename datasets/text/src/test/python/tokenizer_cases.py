"""Writes tokenizers of all kinds and what Python's tokenizers makes of texts, for the tests of panatorch.text.

    python tokenizer_cases.py OUT --texts 100000 [--seed 7] [--charsmap FILE]   NAME.json, texts.json, and NAME.crc of each tokenizer
    python tokenizer_cases.py OUT --code-points                                the same of texts with all code points, 16 in each
    python tokenizer_cases.py FOLDER --small                                   cases.jsonl.gz: for each tokenizer its name, file and cases
    python tokenizer_cases.py OUT --show NAME INDEX                            what NAME makes of a text, and the string of the checksum

texts.json is a list of strings. The i-th text is encoded alone if i is even, and as a pair with the next one if it is odd. NAME.crc has a
CRC-32, 4 bytes little-endian, for each text: of the UTF-8 bytes of the string that summary() returns.
"""
import argparse
import gzip
import json
import struct
import sys
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from tokenizer_kinds import kinds
from tokenizer_texts import texts


def row(e):
    parts = [e.ids, e.type_ids, e.attention_mask, e.special_tokens_mask, [o for pair in e.offsets for o in pair],
             [-1 if w is None else w for w in e.word_ids]]
    return ";".join(",".join(map(str, part)) for part in parts) + ";" + "\x01".join(e.tokens)


def summary(tokenizer, text, pair):
    e = tokenizer.encode(text) if pair is None else tokenizer.encode(text, pair)
    rows = [row(each) for each in [e] + e.overflowing]
    ids = e.ids
    return "\x02".join(rows + [tokenizer.decode(ids), tokenizer.decode(ids, skip_special_tokens=False), tokenizer.decode(ids[::-1])])


def inputs(all_texts, i):
    return all_texts[i], all_texts[(i + 1) % len(all_texts)] if i % 2 else None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--charsmap")
    parser.add_argument("--code-points", action="store_true")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--show", nargs=2)
    arguments = parser.parse_args()
    out = arguments.out
    if arguments.show:
        from tokenizers import Tokenizer
        name, index = arguments.show
        tokenizer = Tokenizer.from_file(str(out / f"{name}.json"))
        text, pair = inputs(json.loads((out / "texts.json").read_text("utf-8")), int(index))
        print(json.dumps(summary(tokenizer, text, pair)))
        return
    out.mkdir(parents=True, exist_ok=True)
    all_texts = texts(arguments.seed, 80 if arguments.small else arguments.texts)
    if arguments.code_points:
        points = [c for c in range(1, 0x110000) if not 0xD800 <= c <= 0xDFFF]
        all_texts = ["".join(f"{chr(c)}a{chr(c)} " for c in points[i:i + 16]) for i in range(0, len(points), 16)]
    cases = []
    for name, tokenizer in kinds(arguments.charsmap).items():
        if arguments.small:
            cases.append([name, tokenizer.to_str(), *([*inputs(all_texts, i), summary(tokenizer, *inputs(all_texts, i))]
                                                      for i in range(len(cases), len(cases) + 3))])
            continue
        tokenizer.save(str(out / f"{name}.json"), pretty=False)
        with open(out / f"{name}.crc", "wb") as file:
            for i in range(len(all_texts)):
                file.write(struct.pack("<I", zlib.crc32(summary(tokenizer, *inputs(all_texts, i)).encode())))
    if arguments.small:
        lines = "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in cases)
        (out / "cases.jsonl.gz").write_bytes(gzip.compress(lines.encode(), 9, mtime=0))
    else:
        (out / "texts.json").write_text(json.dumps(all_texts), "utf-8")


main()
