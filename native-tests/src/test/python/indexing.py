"""Writes resources/parity/indexing.json: indices, what Python reads at them, and what is there after it wrote.

    python indexing.py [OUT.json]          # torch 2.13, CPU; default ../resources/parity/indexing.json

The tensor is arange(prod(shape)) as float32. A list of {"name", "shape", "index", "got": {"shape", "values"}, "set": [all values after
x[index] = -1]}. Parts of an index: a number; "all", "ellipsis", "new"; {"slice": [start, end, step]} with nulls; {"tensor": nested list};
{"mask": nested list of 0 and 1}. The name is the index as Python writes it.
"""
import math
import sys
from pathlib import Path

from golden import RESOURCES, exact, write
import torch  # after golden, which chooses its instructions


A, E, N = "all", "ellipsis", "new"
def s(*v): return {"slice": [*v, *[None] * (2 - len(v))] + [1] if len(v) < 3 else list(v)}
def t(v): return {"tensor": v}
def m(v): return {"mask": v}

CASES = [
    ([4, 5], [1]), ([4, 5], [-1]), ([4, 5], [1, 2]), ([4, 5], [A, 2]), ([4, 5], [E, 2]), ([4, 5], [1, E]), ([4, 5], [E]),
    ([4, 5], [s(1, 3)]), ([4, 5], [s(None, -1)]), ([4, 5], [A, s(0, -1, 2)]), ([4, 5], [s(2, None), s(None, 2)]), ([4, 5], [s(3, 100)]), ([4, 5], [s(3, 1)]),
    ([4, 5], [N]), ([4, 5], [A, N]), ([4, 5], [A, A, N]), ([4, 5], [N, 1, N]), ([2, 3, 4], [E, N, s(1, 3)]), ([2, 3, 4], [1, E, 2]), ([2, 3, 4], [A, N, 1]),
    ([4, 5], [t([0, 2])]), ([4, 5], [t([[0, 1], [3, -1]])]), ([4, 5], [A, t([4, 0])]), ([4, 5], [t([0, 2]), t([1, 3])]), ([4, 5], [t([[0], [2]]), t([1, 3])]),
    ([2, 3, 4], [t([0, 1]), A, t([1, 2])]), ([2, 3, 4], [A, t([0, 2]), t([1, 3])]), ([2, 3, 4], [1, t([0, 2])]), ([2, 3, 4], [t([1]), s(0, 2), 3]),
    ([2, 3, 4], [E, t([3, 0])]), ([2, 3, 4], [N, t([1, 0])]), ([4, 5], [t(2)]), ([4, 5], [t([])]),
    ([4, 5], [m([1, 0, 1, 0])]), ([4, 5], [A, m([1, 0, 0, 1, 1])]), ([4, 5], [m([[1, 0, 0, 0, 1]] * 4)]), ([4, 5], [m([0, 0, 0, 0])]),
    ([2, 3, 4], [m([[1, 0, 1], [0, 1, 0]])]), ([2, 3, 4], [m([1, 0]), A, t([1, 2])]), ([2, 3, 4], [0, m([1, 0, 1])]), ([2, 3, 4], [E, m([1, 0, 0, 1])]),
    ([2, 3, 4], [A, m([[1, 0, 1, 0], [0, 1, 0, 0], [1, 1, 0, 0]])]), ([4, 5], [m(1)]), ([4, 5], [m(0)]),
]


def part(p):
    if p in (A, E, N):
        return {A: slice(None), E: Ellipsis, N: None}[p]
    if isinstance(p, int):
        return p
    kind, value = next(iter(p.items()))
    return slice(*value) if kind == "slice" else torch.tensor(value, dtype=torch.long if kind == "tensor" else torch.bool)


def name(p):
    if not isinstance(p, dict):
        return {A: ":", E: "...", N: "None"}.get(p, str(p))
    kind, value = next(iter(p.items()))
    return ":".join("" if v is None else str(v) for v in value) if kind == "slice" else f"{kind}{value}"


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity" / "indexing.json"
    document = []
    for shape, index in CASES:
        x = torch.arange(float(math.prod(shape))).reshape(shape)
        key = tuple(part(p) for p in index)
        got = x[key]
        entry = {"name": f"{shape} [{', '.join(name(p) for p in index)}]", "shape": shape, "index": index, "got": {"shape": list(got.shape), "values": exact(got)}}
        x = x.clone()
        x[key] = -1
        document.append(entry | {"set": exact(x)})
    write(document, out)


if __name__ == "__main__":
    main()
