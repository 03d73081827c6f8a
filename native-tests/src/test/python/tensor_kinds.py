"""Writes resources/parity/tensor_kinds.json: how Python prints sparse, quantized and complex tensors, and what their conversions give.

    python tensor_kinds.py [OUT.json]      # torch 2.13, CPU; default ../resources/parity/tensor_kinds.json

{name: {"text", "dtype", "shape", "values"}}: the name is what the Java test makes; values are of the tensor made plain.
"""
import sys
import warnings
from pathlib import Path

from golden import RESOURCES, exact, write
import torch  # after golden, which chooses its instructions

warnings.simplefilter("ignore")
eye = torch.eye(3)
matrix = torch.arange(12.0).reshape(3, 4)
large = torch.arange(1600.0).reshape(40, 40)
indices = torch.tensor([[0, 1, 1], [2, 0, 0]])
fractions = torch.tensor([[0.5, -1.25], [3.0, 7.75]])
scales, zeros = torch.tensor([0.1, 0.25], dtype=torch.float64), torch.tensor([0, 10])

CASES = {
    "coo": eye.to_sparse(),
    "coo, one dense dimension": matrix.to_sparse(1),
    "coo, large": large.to_sparse(),
    "coo, float64": eye.double().to_sparse(),
    "coo, int64": indices.to_sparse(),
    "coo, empty": torch.zeros(2, 3).to_sparse(),
    "coo of indices and values": torch.sparse_coo_tensor(indices, torch.tensor([1.0, 2.0, 3.0]), (2, 3)),
    "coo, coalesced": torch.sparse_coo_tensor(indices, torch.tensor([1.0, 2.0, 3.0]), (2, 3)).coalesce(),
    "coo, requires gradient": torch.sparse_coo_tensor(indices, torch.tensor([1.0, 2.0, 3.0]), (2, 3)).requires_grad_(),
    "csr": matrix.to_sparse_csr(),
    "csc": matrix.to_sparse_csc(),
    "bsr": torch.eye(4).to_sparse_bsr((2, 2)),
    "bsc": torch.eye(4).to_sparse_bsc((2, 2)),
    "csr of parts": torch.sparse_csr_tensor(torch.tensor([0, 1, 3]), torch.tensor([1, 0, 2]), torch.tensor([1.0, 2.0, 3.0]), (2, 3)),
    "csr, product": matrix.to_sparse_csr() @ matrix.t(),
    "coo, sum": eye.to_sparse() + eye.to_sparse(),
    "mkldnn": matrix.to_mkldnn(),
    "quint8": torch.quantize_per_tensor(fractions, 0.1, 10, torch.quint8),
    "qint8": torch.quantize_per_tensor(fractions, 0.25, 0, torch.qint8),
    "qint32, tiny scale": torch.quantize_per_tensor(fractions, 1e-05, 0, torch.qint32),
    "qint8, whole scale": torch.quantize_per_tensor(fractions, 2.0, 0, torch.qint8),
    "qint8, scale of a third": torch.quantize_per_tensor(fractions, 1 / 3, 0, torch.qint8),
    "per channel": torch.quantize_per_channel(fractions, scales, zeros, 0, torch.qint8),
    "its integers": torch.quantize_per_tensor(fractions, 0.1, 10, torch.quint8).int_repr(),
    "complex of parts": torch.complex(fractions, fractions),
    "complex, conjugated": torch.complex(fractions, fractions).conj(),
    "complex, polar": torch.polar(torch.ones(2), torch.tensor([0.0, 1.5])),
    "complex128, its real part": torch.complex(fractions.double(), fractions.double()).real,
    "complex, its imaginary part conjugated": torch.complex(fractions, fractions).conj().imag,
    "complex, as real": torch.view_as_real(torch.complex(fractions, fractions)),
    "complex, absolute": torch.complex(fractions, fractions).abs(),
}


def values(t):
    plain = t.detach()
    if plain.is_quantized:
        plain = plain.dequantize()
    elif plain.layout != torch.strided:
        plain = plain.to_dense()
    return exact(torch.view_as_real(plain.resolve_conj()) if plain.is_complex() else plain.resolve_neg())


document = {n: {"text": str(t), "dtype": str(t.dtype).removeprefix("torch."), "shape": list(t.shape), "values": values(t)} for n, t in CASES.items()}
write(document, Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity" / "tensor_kinds.json")
