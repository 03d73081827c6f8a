"""Python's side of the benchmark operator-calls: what one call of a small operator costs, in seconds.

    python operator_calls.py [OPERATOR…]  # torch 2.13, CPU, one thread; all if none is named; the driver talks to it as side.py says

Each figure is from one timed loop of about 0.15 s after a warm-up of a third of that. Grad mode is on and no input requires a
gradient. Each result is dropped before the next call, as Java's scope does.

An operator is called by its cheapest usual spelling: an operator sign or a method where there is one, torch.nn.functional for
what users call there. softmax, batch_norm, cross_entropy, dropout and split are Python functions around the operator, and users
pay for them. RAW has the functions below; `python operator_calls.py --raw` prints what calling those instead saves.
"""
import sys
import timeit

import torch
import torch.nn.functional as F
from side import checksum, serve

SECONDS = 0.15

X = torch.arange(64, dtype=torch.float32).view(8, 8) / 64
NAMES = {
    "x": X,
    "y": X + 1,
    "bias": torch.arange(8, dtype=torch.float32) / 8,
    "scalar": torch.tensor(1.5),
    "image": torch.arange(64, dtype=torch.float32).view(1, 4, 4, 4) / 64,
    "kernel": torch.arange(16, dtype=torch.float32).view(4, 4, 1, 1) / 16,
    "mean": torch.zeros(8),
    "variance": torch.ones(8),
    "rows": torch.tensor([6, 4, 2, 0]),
    "labels": torch.arange(8),
    "torch": torch,
    "addmm": torch.addmm,
    "cat": torch.cat,
    "stack": torch.stack,
    "conv2d": torch.conv2d,
    "zeros": torch.zeros,
    "linear": F.linear,
    "batch_norm": F.batch_norm,
    "softmax": F.softmax,
    "cross_entropy": F.cross_entropy,
    "dropout": F.dropout,
}
# Statements, not lambdas: timeit puts them into its loop, and a Python function call would cost as much as a small operator.
CALLS = {
    "add": "x + y",
    "mul": "x * y",
    "matmul": "x @ y",
    "addmm": "addmm(bias, x, y)",
    "relu": "x.relu()",
    "sum": "x.sum()",
    "mean": "x.mean()",
    "max.dim": "x.max(1)",
    "view": "x.view(64)",
    "reshape": "x.reshape(64)",
    "permute": "x.permute(1, 0)",
    "cat": "cat((x, y))",
    "stack": "stack((x, y))",
    "split": "x.split(4)",
    "index_select": "x.index_select(0, rows)",
    "conv2d": "conv2d(image, kernel)",
    "linear": "linear(x, y, bias)",
    "batch_norm": "batch_norm(x, mean, variance, bias, bias, training=True)",
    "softmax": "softmax(x, 1)",
    "cross_entropy": "cross_entropy(x, labels)",
    "dropout": "dropout(x, 0.5)",
    "zeros": "zeros(8, 8)",
    "detach": "x.detach()",
    "item": "scalar.item()",
}
RAW = {
    "split": "torch._VF.split(x, 4, 0)",
    "batch_norm": "torch.batch_norm(x, bias, bias, mean, variance, True, 0.1, 1e-5, True)",
    "softmax": "x.softmax(1)",
    "cross_entropy": "torch._C._nn.cross_entropy_loss(x, labels)",
    "dropout": "torch.dropout(x, 0.5, True)",
}


def check():
    """Each after the same seed, for dropout's mask."""
    sums = {}
    for name, statement in CALLS.items():
        torch.manual_seed(1)
        sums[name] = checksum(eval(statement, NAMES))
    return sums


def seconds_per_call(statement):
    timer = timeit.Timer(statement, globals=NAMES)             # timeit switches the garbage collector off meanwhile
    count = 100
    while (elapsed := timer.timeit(count)) < SECONDS / 3:      # warm-up; its last round calibrates the count
        count *= 2
    count = max(1, round(count * SECONDS / elapsed))
    return timer.timeit(count) / count


def run():
    return {name: seconds_per_call(statement) for name, statement in CALLS.items()}


def print_raw():
    for name, statement in RAW.items():
        pairs = [(seconds_per_call(statement), seconds_per_call(CALLS[name])) for _ in range(9)]
        raw, usual = sorted(pairs, key=lambda pair: pair[0] / pair[1])[4]
        print(f"{name:16} {CALLS[name]} {usual * 1e9:.0f} ns, {statement} {raw * 1e9:.0f} ns, raw ÷ usual {raw / usual:.2f}")


if __name__ == "__main__":
    CALLS = {name: CALLS[name] for name in [a for a in sys.argv[1:] if a in CALLS] or CALLS}
    print_raw() if "--raw" in sys.argv[1:] else serve(check, run)
