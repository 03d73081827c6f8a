"""How the parity scripts beside this file write numbers: exact float32 decimals, and fingerprints of large tensors.

Import before torch: float32 sums depend on the vector instructions, so all numbers are made, and compared, with those that
nearly every x86-64 machine has.
"""
import json
import os
from pathlib import Path

os.environ |= {"ATEN_CPU_CAPABILITY": "avx2", "DNNL_MAX_CPU_ISA": "AVX2"}

import numpy
import torch

RESOURCES = Path(__file__).resolve().parent.parent / "resources"


def exact(t):
    """The flattened elements; float32 ones as the shortest decimals that give them back, also when read as double first."""
    flat = t.detach().numpy().flatten()
    values = [float(str(v)) if isinstance(v, numpy.float32) else v.item() for v in flat]
    assert numpy.array_equal(numpy.array(values, dtype=flat.dtype), flat)
    return values


def fingerprint(t, most=48):
    """Norm, a projection that sees order and sign, and at most `most` evenly spaced elements."""
    flat = t.detach().flatten()
    d = flat.double()
    stride = max(1, -(-flat.numel() // most))
    return {"shape": list(t.shape), "norm": d.norm().item(),
            "dot": (d * torch.arange(d.numel(), dtype=torch.float64).cos()).sum().item(),
            "stride": stride, "values": exact(flat[::stride])}


def write(document, path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, separators=(",", ":"), allow_nan=False) + "\n")
    print(path.name, path.stat().st_size, "bytes")
