"""Python's side of the benchmark safetensors-load: seconds until a file is loaded and every page of its tensors was read, from the system's cache and from the disk.

    python safetensors_load.py FILE   # needs safetensors; the driver talks to it as side.py says
"""
import os
import sys
from time import perf_counter

from safetensors.torch import load_file
from side import serve
from weights import sum_of, touch

FILE = sys.argv[1]


def seconds():
    start = perf_counter()
    tensors = load_file(FILE)
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
    refill()
    warm = seconds()
    drop()
    return {"warm": warm, "cold": seconds()}


if __name__ == "__main__":
    serve(lambda: {"warm": sum_of(load_file(FILE))}, run)
