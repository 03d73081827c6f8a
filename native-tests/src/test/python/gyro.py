"""Writes resources/parity/gyro.json: what MosaicML Composer's gyro dropout layer does, on recorded banks and selections.

    python gyro.py [OUT.json]          # torch 2.13, numpy, CPU; default ../resources/parity/gyro.json

The layer below is our own, from a description of the published one's behaviour (composer/algorithms/gyro_dropout, commit 6405188); Composer itself
is not needed. I iterations of an epoch, E epochs, sigma subnetworks, tau at a time:

    first training forward    pool = rand(sigma, D) > p, in float32, from torch's generator
    period                    int(I * E / sigma) * tau, floored before it is multiplied
    step % period == 0        selection = numpy.random.choice(sigma, tau), which may repeat
    every training forward    x * repeat_interleave(pool[selection], B // tau) * 1 / (1 - p); step += 1

"cases": two layers each that select apart, with "pool" and "selections" (one list for each time) of each layer, "input" [B, D] of step 0 (step t has it times
1 + t), and "output" of each step. Equal bit for bit.
"periods": of settings that people use, "period" and "reselections", the steps at which there was a selection.
"""
import sys
from pathlib import Path

from golden import RESOURCES, exact, write
import numpy
import torch

CASES = [(6, 4, 8, 2, 0.5, 4, 5), (7, 3, 5, 2, 0.3, 6, 4), (5, 5, 6, 3, 0.4, 3, 7), (9, 2, 4, 4, 0.5, 8, 3), (8, 1, 8, 1, 0.5, 2, 6)]
SETTINGS = [(196, 100, 256, 16), (196, 100, 1024, 8), (196, 80, 1024, 8), (256, 1, 256, 16), (469, 5, 256, 16), (469, 10, 256, 16)]


class Layer:
    def __init__(self, iterations, epochs, sigma, tau, p):
        self.period = int(iterations * epochs / sigma) * tau
        self.sigma, self.tau, self.p = sigma, tau, p
        self.pool, self.step, self.selections, self.reselections = None, 0, [], []

    def __call__(self, x):
        if self.pool is None:
            self.pool = (torch.rand(self.sigma, x.shape[1]) > self.p).float()
        if self.step % self.period == 0:
            self.selections.append(numpy.random.choice(self.sigma, self.tau))
            self.reselections.append(self.step)
        mask = self.pool[torch.from_numpy(self.selections[-1])].repeat_interleave(x.shape[0] // self.tau, 0)
        self.step += 1
        return x * mask * (1 / (1 - self.p))


def case(iterations, epochs, sigma, tau, p, batch, width):
    layers = [Layer(iterations, epochs, sigma, tau, p) for _ in range(2)]
    x = torch.randn(batch, width)
    outputs = [[], []]
    for t in range(iterations * epochs):
        for layer, output in zip(layers, outputs):
            output.append(exact(layer(x * (1 + t))))
    return {"iterations": iterations, "epochs": epochs, "sigma": sigma, "tau": tau, "p": p, "batch": batch, "width": width, "input": exact(x),
            "layers": [{"pool": exact(layer.pool), "selections": [s.tolist() for s in layer.selections], "output": output} for layer, output in zip(layers, outputs)]}


def setting(iterations, epochs, sigma, tau):
    layer = Layer(iterations, epochs, sigma, tau, 0.5)
    x = torch.ones(tau, 1)
    for _ in range(iterations * epochs):
        layer(x)
    return {"iterations": iterations, "epochs": epochs, "sigma": sigma, "tau": tau, "period": layer.period, "reselections": layer.reselections}


if __name__ == "__main__":
    torch.manual_seed(0)
    numpy.random.seed(0)
    write({"cases": [case(*c) for c in CASES], "periods": [setting(*s) for s in SETTINGS]}, Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity" / "gyro.json")
