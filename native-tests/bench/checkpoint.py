"""Python's side of the benchmark checkpoint: seconds to save and to load tensors with torch.save and torch.load.

    python checkpoint.py FILE CHECKPOINT  # files of torch.save: a dict of tensors, and one of Java's checkpoints; the driver talks to it as side.py says

"save" is torch.save as users call it; "save to disk" and "save checkpoint" wait until the disk has the file. Python has no checksum to make or to verify.
"""
import os
import sys
from time import perf_counter

import torch
from side import serve
from weights import sum_of, touch

FILE, CHECKPOINT = sys.argv[1:]
OWN = FILE + ".python"
WEIGHTS = torch.load(FILE)


def to_disk(path):
    with open(path, "rb") as file:
        os.fsync(file.fileno())


def save(wait, value=WEIGHTS):
    """A new file, as the old one's removal takes time, too."""
    if os.path.exists(OWN):
        os.remove(OWN)
    start = perf_counter()
    torch.save(value, OWN)
    if wait:
        to_disk(OWN)
    seconds = perf_counter() - start
    to_disk(OWN)                                               # or the system would write it while Java is timed
    return seconds


def load(path, *keys):
    start = perf_counter()
    tensors = torch.load(path)
    for key in keys:
        tensors = tensors[key]
    touch(tensors)
    return perf_counter() - start, tensors


def check():
    save(True)
    sums = {"save": sum_of(load(OWN)[1]), "load": sum_of(load(FILE)[1]), "load checkpoint": sum_of(load(CHECKPOINT, "sections", "model")[1])}
    os.remove(OWN)
    return sums


def run():
    seconds = {"save": save(False), "save to disk": save(True), "save checkpoint": save(True, {"sections": {"model": WEIGHTS}}), "load": load(FILE)[0],
               "load checkpoint": load(CHECKPOINT, "sections", "model")[0]}
    os.remove(OWN)
    return seconds


if __name__ == "__main__":
    serve(check, run)
