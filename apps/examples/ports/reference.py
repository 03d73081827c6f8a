"""Writes the first 20 steps of each port's Python program to losses/NAME.json: OMP_NUM_THREADS=1 python reference.py [NAME…]

PortsTest compares the Java programs with them. Written by torch 2.13.0 and torchvision 0.28.0.
"""
import contextlib
import io
import json
import pathlib
import runpy
import sys

import torch

with contextlib.suppress(ImportError):
    import torchvision_cpu  # declares operators where torchvision's wheel is for CUDA and torch's is not  # noqa: F401

HERE = pathlib.Path(__file__).resolve().parent
NAMES = "nano_gpt", "vae", "dcgan", "ppo", "detr", "ddpm", "gcn", "gp", "maml", "per_sample"


def losses(name):
    torch.set_default_dtype(torch.float32)
    printed, sys.argv = io.StringIO(), [name]
    with contextlib.redirect_stdout(printed):
        runpy.run_path(str(HERE / f"{name}.py"), run_name="__main__")
    return [[float(number) for number in line.split()] for line in printed.getvalue().splitlines()]


if __name__ == "__main__":
    for name in sys.argv[1:] or NAMES:
        rows = ",\n  ".join(json.dumps(row) for row in losses(name))
        (HERE / "losses" / f"{name}.json").write_text(f"[\n  {rows}\n]\n")
