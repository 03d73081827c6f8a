"""Python's side of the benchmark backward-chain: seconds of a chain of 20 operators whose input needs a gradient, and of backward.

    python backward_chain.py          # torch 2.13, CPU, one thread; the driver talks to it as side.py says

The part forward is the chain with the freeing of its graph; backward is that call alone. The gradient is freed in between, untimed.
"""
import gc
from time import perf_counter

import torch
from side import checksum, serve

SECONDS = 0.5
OPERATORS, A_ROUND = 20, 5

X = torch.arange(64, dtype=torch.float32).view(8, 8) / 64
FACTOR, SHIFT, MATRIX = X + 0.5, X - 0.5, X / 8
X.requires_grad_(True)


def chain():
    """The last round's tanh gives way to the sum."""
    h = X
    for done in range(0, OPERATORS, A_ROUND):
        h = ((h * FACTOR + SHIFT) @ MATRIX).relu()
        h = h.tanh() if done + A_ROUND < OPERATORS else h.sum()
    return h


def check():
    loss = chain()
    loss.backward()
    sums = {"forward": checksum(loss), "backward": checksum(X.grad)}
    X.grad = None
    return sums


def one_pass():
    start = perf_counter()
    loss = chain()
    built = perf_counter()
    loss.backward()
    derived = perf_counter()
    del loss
    freed = perf_counter()
    X.grad = None
    return built - start + freed - derived, derived - built


def run():
    gc.disable()                                               # as timeit does
    one_pass()
    forward = backward = passes = 0
    while forward + backward < SECONDS:
        f, b = one_pass()
        forward, backward, passes = forward + f, backward + b, passes + 1
    gc.enable()
    return {"forward": forward / passes, "backward": backward / passes}


if __name__ == "__main__":
    serve(check, run)
