"""A program that trains a network for some steps and prints the last one's loss and its own peak of memory in MiB; peak_memory.py starts it."""
import sys
from pathlib import Path

from training_step import Training

training = Training(sys.argv[1], sys.argv[2])
for _ in range(int(sys.argv[3])):
    loss = training.step()
peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
print(loss.item(), int(peak.split()[1]) / 1024, flush=True)
