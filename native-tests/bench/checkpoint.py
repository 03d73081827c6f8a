"""Python's side of the benchmark checkpoint: seconds to save and to load tensors with torch.save and torch.load.

    python checkpoint.py FILE CHECKPOINT  # files of torch.save: a dict of tensors, and one of Java's checkpoints; the driver talks to it as side.py says

"save" is torch.save as users call it; "save to disk" and "save checkpoint" wait until the disk has the file. Python has no checksum to make or to verify.
"save in background" ends once all tensors are copied and a thread has begun to save the copies.
"""
import os
import sys
import threading
from time import perf_counter

import torch
from side import serve
from weights import sum_of, touch

FILE, CHECKPOINT = sys.argv[1:]
OWN = FILE + ".python"
WEIGHTS = torch.load(FILE)


def to_disk(path):
    opened = os.open(path, os.O_RDONLY)
    os.fsync(opened)
    os.close(opened)


def remove():
    """The blocks are given back before the next file is timed, on whichever side."""
    os.remove(OWN)
    to_disk(os.path.dirname(OWN))


def save(wait, value=WEIGHTS):
    start = perf_counter()
    torch.save(value, OWN)
    if wait:
        to_disk(OWN)
    seconds = perf_counter() - start
    to_disk(OWN)                                               # or the system would write it while something else is timed
    remove()
    return seconds


def save_in_background():
    start = perf_counter()
    copies = {name: t.clone() for name, t in WEIGHTS.items()}
    thread = threading.Thread(target=torch.save, args=({"sections": {"model": copies}}, OWN))
    thread.start()
    seconds = perf_counter() - start
    thread.join()
    to_disk(OWN)
    remove()
    return seconds


def load(path, *keys):
    start = perf_counter()
    tensors = torch.load(path)
    for key in keys:
        tensors = tensors[key]
    touch(tensors)
    return perf_counter() - start, tensors


def check():
    torch.save(WEIGHTS, OWN)
    sums = {"save": sum_of(load(OWN)[1]), "load": sum_of(load(FILE)[1]), "load checkpoint": sum_of(load(CHECKPOINT, "sections", "model")[1])}
    remove()
    return sums


def run():
    save(True)                                                 # the first after a pause takes longer
    return {"save": save(False), "save to disk": save(True), "save checkpoint": save(True, {"sections": {"model": WEIGHTS}}),
            "save in background": save_in_background(), "load": load(FILE)[0], "load checkpoint": load(CHECKPOINT, "sections", "model")[0]}


if __name__ == "__main__":
    serve(check, run)
