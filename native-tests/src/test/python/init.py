"""Writes resources/parity/init.json: what torch.nn.init makes of empty tensors.

    python init.py           # torch 2.13, CPU

A list of {"name", "shape", "print"}: the function was called directly after manual_seed(4) on an empty float32 tensor. "print" is golden.py's
fingerprint; random numbers are equal to the bit, but for orthogonal_, whose sums depend on the linear algebra library.
The name is a key of InitParityTest's table, which says what it is in Java.
"""
from golden import RESOURCES, fingerprint, write
import torch  # after golden, which chooses its instructions
from torch.nn import init

CASES = {
    "uniform": (lambda t: init.uniform_(t, -1, 2), (5, 4)),
    "normal": (lambda t: init.normal_(t, 1, 2), (5, 4)),
    "trunc_normal": (lambda t: init.trunc_normal_(t, 0.5, 1, -1, 1), (20, 10)),
    "trunc_normal in a tail": (lambda t: init.trunc_normal_(t, 0, 1, 2, 3), (20, 10)),
    "constant": (lambda t: init.constant_(t, 3.5), (2, 3)),
    "ones": (init.ones_, (2, 3)),
    "zeros": (init.zeros_, (2, 3)),
    "eye": (init.eye_, (3, 5)),
    "dirac": (init.dirac_, (4, 3, 3)),
    "dirac in groups": (lambda t: init.dirac_(t, 2), (6, 2, 3, 4)),
    "xavier_uniform": (lambda t: init.xavier_uniform_(t, 2), (5, 4, 3)),
    "xavier_normal": (lambda t: init.xavier_normal_(t, init.calculate_gain("tanh")), (5, 4)),
    "kaiming_uniform": (lambda t: init.kaiming_uniform_(t, 0.2), (5, 4, 3)),
    "kaiming_uniform for selu by fan_out": (lambda t: init.kaiming_uniform_(t, mode="fan_out", nonlinearity="selu"), (5, 4, 3)),
    "kaiming_normal": (lambda t: init.kaiming_normal_(t, mode="fan_out", nonlinearity="relu"), (5, 4, 3)),
    "orthogonal": (lambda t: init.orthogonal_(t, 2), (4, 6)),
    "orthogonal of many rows": (init.orthogonal_, (6, 2, 2)),
    "sparse": (lambda t: init.sparse_(t, 0.3), (5, 4)),
}


def main():
    out = []
    for name, (fill, shape) in CASES.items():
        torch.manual_seed(4)
        out.append({"name": name, "shape": list(shape), "print": fingerprint(fill(torch.empty(shape)))})
    write(out, RESOURCES / "parity" / "init.json")


if __name__ == "__main__":
    main()
