"""Python's side of the workloads of memory: the most memory that a whole process needs for some training steps, in MiB.

    python peak_memory.py NET STEPS   # networks as in training_step.py; the driver talks to it as side.py says
"""
import pathlib
import subprocess
import sys

from side import serve
from training_step import SETTINGS

PROGRAM = str(pathlib.Path(__file__).with_name("some_steps.py"))


def of_processes(column):
    found = {}
    for settings in SETTINGS:
        made = subprocess.run([sys.executable, PROGRAM, sys.argv[1], settings, sys.argv[2]], stdout=subprocess.PIPE, text=True, check=True)
        found[settings] = float(made.stdout.split()[column])
    return found


if __name__ == "__main__":
    serve(lambda: of_processes(0), lambda: of_processes(1))
