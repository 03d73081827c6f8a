"""Writes resources/parity/printing.json: tensors and how Python prints them.

    python printing.py [OUT.json]          # torch 2.13, CPU; default ../resources/parity/printing.json

A list of {"name", "dtype", "shape", "values" (or "arange": n for 0 … n−1), "text", "options"}. Options are those of
torch.set_printoptions where they are not the default. Values are Python's decimals as strings, of a
complex tensor real and imaginary parts in turn. The Java test makes the same tensor and compares its text with "text", to the letter.
"""
import sys
from pathlib import Path

from golden import RESOURCES, write
import torch  # after golden, which chooses its instructions


torch.manual_seed(3)
inf, nan = float("inf"), float("nan")
CASES = {
    "whole numbers": torch.tensor([[1.0, 2.0], [3.0, -4.0]]),
    "fractions": torch.randn(3, 4),
    "a scalar": torch.tensor(3.14159),
    "a whole scalar": torch.tensor(7),
    "zeros": torch.zeros(2, 3),
    "negative zero": torch.tensor([-0.0, 1.5]),
    "an infinity among whole numbers": torch.tensor([1.0, inf, -inf, nan, 100.0]),
    "only not finite": torch.tensor([nan, inf]),
    "very different sizes": torch.tensor([1e-5, 1.0, 12345.678]),
    "large whole numbers": torch.tensor([1e9, 2e9]),
    "tiny": torch.tensor([1e-10, -2.5e-10]),
    "ties": torch.tensor([0.00005, 0.12345, 2.00005, 0.5], dtype=torch.float64),
    "integers": torch.tensor([[1, -20, 300], [4, 5, 6]]),
    "int32": torch.tensor([1, 2], dtype=torch.int32),
    "uint8": torch.tensor([0, 255], dtype=torch.uint8),
    "truths": torch.tensor([[True, False], [False, True]]),
    "float64": torch.randn(2, 2, dtype=torch.float64),
    "bfloat16": torch.randn(3).bfloat16(),
    "float16": torch.randn(3).half(),
    "three dimensions": torch.randn(2, 2, 3),
    "four dimensions": torch.arange(16.0).reshape(2, 2, 2, 2),
    "a long line": torch.randn(30),
    "a long line of integers": torch.arange(60),
    "rows that break": torch.randn(2, 20),
    "empty": torch.zeros(0),
    "empty of two dimensions": torch.zeros(0, 4),
    "empty integers": torch.zeros(0, dtype=torch.int64),
    "complex": torch.randn(3, dtype=torch.complex64),
    "complex of whole numbers": torch.tensor([1 + 2j, -3 - 4j]),
    "complex128": torch.randn(2, 2, dtype=torch.complex128),
    "a type that does not fit on the line": torch.tensor([0.1234] * 7, dtype=torch.float64),
}
RANGES = {"more than a thousand": (1200, (1200,)), "a large matrix": (4000, (40, 100)), "a long and narrow one": (3000, (1000, 3)),
          "a large one of three dimensions": (8000, (20, 20, 20)), "exactly a thousand": (1000, (10, 100))}

# name -> options, tensor
OPTIONS = {
    "two digits": (dict(precision=2), torch.tensor([1.12345, -2.5])),
    "no digits": (dict(precision=0), torch.tensor([1.5, 2.5, -1e-6])),
    "no digits with powers": (dict(precision=0, sci_mode=True), torch.tensor([0.0, 1.5, 2.5, inf])),
    "ten digits": (dict(precision=10), torch.tensor([1 / 3, 2.0], dtype=torch.float64)),
    "powers of whole numbers": (dict(precision=2, sci_mode=True), torch.tensor([1.0, 2.0, inf])),
    "powers of complex numbers": (dict(precision=2, sci_mode=True), torch.tensor([1 + 2j, -3 - 4.5j])),
    "powers where no number is finite": (dict(sci_mode=True), torch.tensor([0.0, nan])),
    "no powers": (dict(sci_mode=False), torch.tensor([1e-5, 1.0, 12345.678])),
    "no powers of large whole numbers": (dict(sci_mode=False), torch.tensor([1e9, 2e12])),
    "more than five": (dict(threshold=5), torch.arange(10)),
    "one at each edge": (dict(threshold=5, edgeitems=1), torch.arange(24.0).reshape(4, 6)),
    "none at the edges": (dict(threshold=5, edgeitems=0), torch.arange(24.0).reshape(4, 6)),
    "narrow lines": (dict(linewidth=30), torch.randn(12)),
    "narrow lines and a type": (dict(linewidth=30), torch.randn(2, 2, dtype=torch.float64)),
    "wide lines": (dict(linewidth=200), torch.randn(30)),
    "the short profile": (dict(profile="short"), torch.randn(3, 600)),
    "the full profile": (dict(profile="full"), torch.arange(1200.0).reshape(100, 12)),
    "the full profile with three digits": (dict(profile="full", precision=3), torch.randn(40, 26)),
}


def values(t):
    flat = torch.view_as_real(t).flatten() if t.is_complex() else t.flatten()
    return [repr(v) for v in flat.to(torch.float64 if t.is_floating_point() or t.is_complex() else torch.int64).tolist()]


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity" / "printing.json"
    document = [{"name": n, "dtype": str(t.dtype).removeprefix("torch."), "shape": list(t.shape), "values": values(t), "text": str(t)} for n, t in CASES.items()]
    for name, (options, t) in OPTIONS.items():
        with torch._tensor_str.printoptions(**options):
            document.append({"name": name, "dtype": str(t.dtype).removeprefix("torch."), "shape": list(t.shape), "values": values(t), "options": options,
                             "text": str(t)})
    for name, (n, shape) in RANGES.items():
        for dtype in (torch.float32, torch.int64):
            t = torch.arange(n).to(dtype).reshape(shape)
            document.append({"name": f"{name}, {dtype}", "dtype": str(dtype).removeprefix("torch."), "shape": list(shape), "arange": n, "text": str(t)})
    write(document, out)


if __name__ == "__main__":
    main()
