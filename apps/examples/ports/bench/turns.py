"""Python's side of StepTimes: python turns.py PROGRAM STEPS BLOCK

Runs the port, whose every step ends with a print. After each BLOCK of steps, prints the
processor time that they took, in seconds, and waits for a line.
"""
import builtins
import contextlib
import runpy
import sys
from time import thread_time

with contextlib.suppress(ImportError):
    import torchvision_cpu  # declares operators where torchvision's wheel is for CUDA and torch's is not  # noqa: F401

program, steps, block = sys.argv[1], sys.argv[2], int(sys.argv[3])
out, done = sys.stdout, 0


def step_ends(*values):
    global start, done
    done += 1
    if done % block == 0:
        out.write(f"{thread_time() - start}\n")
        out.flush()
        sys.stdin.readline()
        start = thread_time()


sys.stdin.readline()
sys.argv = [program, steps]
builtins.print = step_ends
start = thread_time()
runpy.run_path(program, run_name="__main__")
