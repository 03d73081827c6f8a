"""Writes resources/parity/element_types.json: what Python says of dtypes.

    python element_types.py [OUT.json]     # torch 2.13, CPU; default ../resources/parity/element_types.json

{"finfo": {dtype: {bits, eps, max, min, tiny, resolution}}, "iinfo": {dtype: {bits, min, max}, as text}, "promote": {"a b": dtype or null if
refused}, "can_cast": {"a b": bool}, "result_type": {"tensor shape number": dtype}}
"""
import sys
from pathlib import Path

from golden import RESOURCES, write
import torch  # after golden, which chooses its instructions

FLOATS = "float16 bfloat16 float32 float64 complex32 complex64 complex128 float8_e5m2 float8_e4m3fn float8_e5m2fnuz float8_e4m3fnuz float8_e8m0fnu".split()
INTEGERS = "uint8 int8 int16 int32 int64 uint16 uint32 uint64".split()
ALL = FLOATS + INTEGERS + ["bool"]


def dtype(name):
    return getattr(torch, name)


def name(t):
    return str(t).removeprefix("torch.")


def promoted(a, b):
    try:
        return name(torch.promote_types(dtype(a), dtype(b)))
    except RuntimeError:
        return None


document = {
    "finfo": {t: {k: getattr(torch.finfo(dtype(t)), k) for k in ("bits", "eps", "max", "min", "tiny", "resolution")} for t in FLOATS},
    "iinfo": {t: {k: str(getattr(torch.iinfo(dtype(t)), k)) for k in ("bits", "min", "max")} for t in INTEGERS},
    "promote": {f"{a} {b}": promoted(a, b) for a in ALL for b in ALL},
    "can_cast": {f"{a} {b}": torch.can_cast(dtype(a), dtype(b)) for a in ALL for b in ALL},
    "result_type": {f"{t} {number}": name(torch.result_type(torch.ones(2, dtype=dtype(t)), number)) for t in ("float16", "float32", "int32", "bool", "complex64") for number in (1, 1.5)},
    "default": {},
}
for t in ("float16", "bfloat16", "float64"):
    torch.set_default_dtype(dtype(t))
    document["default"][t] = {"complex": name(torch.complex(torch.ones(()), torch.ones(())).dtype) if t != "bfloat16" else None, "mean": name(torch.arange(3).div(2).dtype), "text": str(torch.ones(2)),
                              "text of float32": str(torch.ones(2, dtype=torch.float32)), "arange": name(torch.arange(2.5).dtype), "rand": name(torch.rand(2).dtype), "full": name(torch.full((2,), 0.5).dtype)}
torch.set_default_dtype(torch.float32)
write(document, Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity" / "element_types.json")
