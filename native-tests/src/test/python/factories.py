"""Writes resources/parity/factories.json: what Python's factories make.

    python factories.py [OUT.json]         # torch 2.13, CPU; default ../resources/parity/factories.json

{name: {"dtype", "shape", "values"}}: the name is the call as the Java test writes it. Random ones follow torch.manual_seed(7), or a
torch.Generator seeded with 7, each.
"""
import sys
from pathlib import Path

from golden import RESOURCES, exact, write
import torch  # after golden, which chooses its instructions


def seeded(make):
    torch.manual_seed(7)
    return make()


def generator():
    return torch.Generator().manual_seed(7)


CASES = {
    "zeros(2, 3)": torch.zeros(2, 3),
    "zeros()": torch.zeros(()),
    "ones(INT16, 2)": torch.ones(2, dtype=torch.int16),
    "full([2, 2], 7)": torch.full((2, 2), 7),
    "full([2], 0.1)": torch.full((2,), 0.1),
    "full([], true)": torch.full((), True),
    "full([2], 0.1, FLOAT64)": torch.full((2,), 0.1, dtype=torch.float64),
    "eye(3)": torch.eye(3),
    "eye(2, 3, INT64)": torch.eye(2, 3, dtype=torch.int64),
    "arange(5)": torch.arange(5),
    "arange(2.5)": torch.arange(2.5),
    "arange(2, 5)": torch.arange(2, 5),
    "arange(1, 2, 0.3)": torch.arange(1, 2, 0.3),
    "arange(10, 0, -3)": torch.arange(10, 0, -3),
    "arange(3, FLOAT64)": torch.arange(3, dtype=torch.float64),
    "arange(0, 1, 0.25, FLOAT64)": torch.arange(0, 1, 0.25, dtype=torch.float64),
    "linspace(0, 1, 7)": torch.linspace(0, 1, 7),
    "linspace(-3, 10, 5, FLOAT64)": torch.linspace(-3, 10, 5, dtype=torch.float64),
    "logspace(-2, 1, 4)": torch.logspace(-2, 1, 4),
    "logspace(0, 8, 5, 2)": torch.logspace(0, 8, 5, base=2),
    "logspace(0, 8, 5, 2, FLOAT64)": torch.logspace(0, 8, 5, base=2, dtype=torch.float64),
    "rand(2, 3)": seeded(lambda: torch.rand(2, 3)),
    "rand(FLOAT64, 2)": seeded(lambda: torch.rand(2, dtype=torch.float64)),
    "rand(generator, FLOAT32, 3)": torch.rand(3, generator=generator()),
    "randn(2, 9)": seeded(lambda: torch.randn(2, 9)),
    "randn(FLOAT64, 20)": seeded(lambda: torch.randn(20, dtype=torch.float64)),
    "randn(generator, FLOAT32, 3)": torch.randn(3, generator=generator()),
    "randint(10, [8])": seeded(lambda: torch.randint(10, (8,))),
    "randint(-5, 5, [8])": seeded(lambda: torch.randint(-5, 5, (8,))),
    "randint(-5, 5, [8], INT32)": seeded(lambda: torch.randint(-5, 5, (8,), dtype=torch.int32)),
    "randint(0, 5, [8], generator, INT64)": torch.randint(0, 5, (8,), generator=generator()),
    "randperm(9)": seeded(lambda: torch.randperm(9)),
    "randperm(9, generator)": torch.randperm(9, generator=generator()),
    "tensor(float[2][1][2])": torch.tensor([[[1.5, 2]], [[3, -4]]]),
    "tensor(float[1][0])": torch.tensor([[]]),
    "tensor(long[2][2])": torch.tensor([[1, 2], [3, 2**40]]),
    "tensor(boolean[2])": torch.tensor([True, False]),
    "tensor(2.5, FLOAT16)": torch.tensor(2.5, dtype=torch.float16),
    "tensor(int[2][1], FLOAT64)": torch.tensor([[1], [2]], dtype=torch.float64),
    "zerosLike": torch.zeros_like(torch.ones(2, 1, dtype=torch.int32)),
    "fullLike(7, FLOAT64)": torch.full_like(torch.ones(2, 1), 7, dtype=torch.float64),
    "randnLike": seeded(lambda: torch.randn_like(torch.ones(2, 2))),
}
document = {name: {"dtype": str(t.dtype).removeprefix("torch."), "shape": list(t.shape), "values": exact(t)} for name, t in CASES.items()}
write(document, Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity" / "factories.json")
