"""Python's side of the benchmark operator-calls: what one call of a small operator costs, in seconds.

    python operator_calls.py          # torch 2.13, CPU, one thread; the driver talks to it over stdin and stdout

It stays alive, so that Java and Python can take turns in one session. The first line it prints is
{"torch": version, "threads": 1, "blas": name, "check": {operator: sum over all outputs in double, ..}}; the driver compares the
check with Java's, to know that both do the same work. Then, for every line `run`, it prints {operator: secondsPerCall, ..},
each from one timed loop of about 0.15 s after a warm-up of a third of that; `quit` or the end of input ends it.

Grad mode is on and no input requires a gradient. Each result is dropped before the next call, as Java's scope does.
"""
import json
import re
import sys
import timeit

import torch

SECONDS = 0.15

X = torch.arange(64, dtype=torch.float32).reshape(8, 8) / 64
NAMES = {
    "x": X,
    "y": X + 1,
    "image": torch.arange(64, dtype=torch.float32).view(1, 4, 4, 4) / 64,
    "weight": torch.arange(16, dtype=torch.float32).view(4, 4, 1, 1) / 16,
    "conv2d": torch.conv2d,
}
# Statements, not lambdas: timeit puts them into its loop, and a Python function call would cost half of what numel does.
CALLS = {
    "mul": "x * y",
    "detach": "x.detach()",
    "view": "x.view(64)",
    "conv2d": "conv2d(image, weight)",
    "max.dim": "x.max(1)",
    "numel": "x.numel()",
}


def total(result):
    if isinstance(result, tuple):
        return sum(total(part) for part in result)
    return result.double().sum().item() if isinstance(result, torch.Tensor) else float(result)


def seconds_per_call(statement):
    timer = timeit.Timer(statement, globals=NAMES)             # timeit switches the garbage collector off meanwhile
    count = 100
    while (elapsed := timer.timeit(count)) < SECONDS / 3:      # warm-up; its last round calibrates the count
        count *= 2
    count = max(1, round(count * SECONDS / elapsed))
    return timer.timeit(count) / count


def say(document):
    print(json.dumps(document), flush=True)


def main():
    torch.set_num_threads(1)
    blas = re.search(r"BLAS_INFO=([^,\s]+)", torch.__config__.show())
    say({"torch": torch.__version__, "threads": torch.get_num_threads(), "blas": blas.group(1) if blas else "unknown",
         "check": {name: total(eval(statement, NAMES)) for name, statement in CALLS.items()}})
    for line in sys.stdin:
        command = line.strip()
        if command == "quit":
            break
        if command == "run":
            say({name: seconds_per_call(statement) for name, statement in CALLS.items()})
        elif command:
            say({"error": f"unknown command: {command}; known are run and quit"})


if __name__ == "__main__":
    main()
