"""Python's side of the benchmark safetensors-load: seconds until a file is loaded and every page of its tensors was read, from the system's cache and from the disk,
mapped as load_file does it, and copied out of the mapping.

    python safetensors_load.py FILE   # needs safetensors; the driver talks to it as side.py says
"""
import os
import sys
from time import perf_counter

from safetensors.torch import load_file
from side import serve
from weights import sum_of, touch

FILE = sys.argv[1]


def load(copied):
    tensors = load_file(FILE)
    return {name: t.clone() for name, t in tensors.items()} if copied else tensors


def seconds(copied):
    start = perf_counter()
    tensors = load(copied)
    touch(tensors)
    return perf_counter() - start


def drop():
    file = os.open(FILE, os.O_RDONLY)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)


def refill():
    """How large the pieces are in which the system keeps a file depends on how it was read."""
    drop()
    with open(FILE, "rb") as file:
        while file.read(1 << 20):
            pass


def run():
    times = {}
    for way, copied in ("mapped", False), ("copied", True):
        refill()
        times[way + " warm"] = seconds(copied)
        drop()
        times[way + " cold"] = seconds(copied)
    return times


if __name__ == "__main__":
    serve(lambda: {"mapped warm": sum_of(load(False)), "copied warm": sum_of(load(True))}, run)
