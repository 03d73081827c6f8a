"""Writes resources/parity/dropout.json: torchvision's DropBlock2d, DropBlock3d and StochasticDepth, and timm's DropPath.

    PYTHONPATH=DIR python dropout.py [OUT.json]    # torch 2.13, torchvision, timm; CPU; default ../resources/parity/dropout.json

DIR is for machines whose torchvision lacks its compiled operators: a module torchvision_cpu there is imported first, if it is found.
A list of cases:

    "name"               class
    "options"            arguments of its constructor
    "input"              {"shape", "values"}, with gradient asked for
    "draws"              what bernoulli_ drew for it: DropBlock's 1 is a centre of a dropped block, the others' 1 is kept
    "output", "grad"     values of the output and of the gradient of (output * cos(i)).sum() by the input

Compared to 1e-6.
"""
import sys
from pathlib import Path

from golden import RESOURCES, exact, write
import torch

try:
    import torchvision_cpu  # noqa: F401
except ImportError:
    pass
from timm.layers import DropPath
from torchvision.ops import DropBlock2d, DropBlock3d, StochasticDepth

DRAWS = []
BERNOULLI = torch.Tensor.bernoulli_


def recorded(self, *args, **kwargs):
    result = BERNOULLI(self, *args, **kwargs)
    DRAWS.append(result.clone())
    return result


def case(cls, shape, *args):
    DRAWS.clear()
    module = cls(*args)
    x = torch.randn(shape, requires_grad=True)
    y = module(x)
    (y.flatten() * torch.arange(y.numel()).cos()).sum().backward()
    [draw] = DRAWS
    return {"name": cls.__name__, "options": list(args), "input": tensor(x), "draws": tensor(draw), "output": exact(y), "grad": exact(x.grad)}


def tensor(t):
    return {"shape": list(t.shape), "values": exact(t)}


def main(out):
    torch.manual_seed(0)
    torch.Tensor.bernoulli_ = recorded
    write([
        case(DropBlock2d, (2, 2, 6, 7), 0.3, 3),
        case(DropBlock2d, (2, 1, 9, 8), 0.2, 5, False, 0.5),
        case(DropBlock2d, (1, 2, 3, 5), 0.5, 7),
        case(DropBlock2d, (1, 2, 3, 3), 1.0, 1),
        case(DropBlock3d, (2, 1, 4, 5, 4), 0.3, 3),
        case(DropBlock3d, (1, 2, 3, 4, 3), 0.1, 5),
        case(StochasticDepth, (6, 2, 3), 0.4, "row"),
        case(StochasticDepth, (3, 2, 2, 2), 0.4, "batch"),
        case(DropPath, (6, 3, 2), 0.6),
    ], out)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity" / "dropout.json")
