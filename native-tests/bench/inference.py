"""Python's side of the inference workloads: seconds a request that a network in evaluation mode answers, of all callers together.

    python inference.py NET                  # resnet18 or mlp; the driver talks to it as side.py says
    python inference.py NET --export FOLDER  # writes NET.pt, a TorchScript file in PyTorch's own memory format, and its inputs, as 1x3x32x32.bin

One caller's operators use all threads; two callers at once are two threads of Python's, whose operators use one thread each.
"""
import gc
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from time import perf_counter

import torch
from nets import examples, model, numbers
from side import checksum, serve

SECONDS, CALLERS = 0.75, 2
THREADS = int(os.environ.get("OMP_NUM_THREADS", 1))

MODEL = model(sys.argv[1], True).eval()
INPUTS = {f"batch {n}": numbers(examples(sys.argv[1], n), True) for n in (1, 32)}
POOL, READY = ThreadPoolExecutor(CALLERS), Barrier(CALLERS)


def answer(x):
    with torch.inference_mode():
        return MODEL(x)


def seconds_per_request(x):
    start, requests, elapsed = perf_counter(), 0, 0
    while elapsed < SECONDS:
        answer(x)
        requests, elapsed = requests + 1, perf_counter() - start
    return elapsed / requests


def one(x):
    torch.set_num_threads(THREADS)
    return seconds_per_request(x)


def caller(x):
    torch.set_num_threads(1)
    READY.wait()
    return seconds_per_request(x)


def several(x):
    callers = [POOL.submit(caller, x) for _ in range(CALLERS)]
    return 1 / sum(1 / c.result() for c in callers)


def check():
    sums = {}
    for part, x in INPUTS.items():
        sums[part] = checksum(answer(x).square())
        sums[part + " from 2 threads"] = checksum(POOL.submit(answer, x).result().square())
    return sums


def run():
    gc.disable()
    seconds = {}
    for part, x in INPUTS.items():
        seconds[part] = one(x)
        seconds[part + " from 2 threads"] = several(x)
    gc.enable()
    return seconds


def export(folder):
    """For programs that have neither Python's networks nor its random numbers."""
    for x in INPUTS.values():
        x.contiguous().numpy().tofile(os.path.join(folder, "x".join(map(str, x.shape)) + ".bin"))
    torch.jit.trace(model(sys.argv[1], False).eval(), x.contiguous()).save(os.path.join(folder, sys.argv[1] + ".pt"))
    print("exported")


if __name__ == "__main__":
    if sys.argv[2:3] == ["--export"]:
        export(sys.argv[3])
    else:
        serve(check, run)
