"""What the Python sides of the benchmarks share: the lines they exchange with the driver, and the number that stands for a result.

A side stays alive, so that Java and Python can take turns in one session. The first line it prints is
{"torch": version, "threads": number, "blas": name, "check": {part: checksum, ..}}; the driver compares the check with Java's, to know
that both do the same work. Then, for every line `run`, it prints {part: figure, ..}; `quit` or the end of input ends it.
"""
import json
import os
import re
import sys

import torch

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))  # the driver says how many


def checksum(result):
    """The elements in order, each times its place from 1 on, summed in double."""
    if isinstance(result, (tuple, list)):
        return sum(checksum(part) for part in result)
    if not isinstance(result, torch.Tensor):
        return float(result)
    elements = result.detach().double().reshape(-1)
    return (elements * torch.arange(1, elements.numel() + 1, dtype=torch.float64)).sum().item()


def serve(check, run):
    """check and run are functions that give a dictionary, the checksums and the figures of each part."""
    blas = re.search(r"BLAS_INFO=([^,\s]+)", torch.__config__.show())
    say({"torch": torch.__version__, "threads": torch.get_num_threads(), "blas": blas.group(1) if blas else "unknown", "check": check()})
    for line in sys.stdin:
        command = line.strip()
        if command == "quit":
            break
        if command == "run":
            say(run())
        elif command:
            say({"error": f"unknown command: {command}; known are run and quit"})


def say(document):
    print(json.dumps(document), flush=True)
