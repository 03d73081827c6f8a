"""Python's side of the multi-sample-heads workloads: seconds of multi-sample dropout with 1, 8 and 64 samples, with backward.

    python multi_sample_heads.py FORM     # loop or batch; the driver talks to it as side.py says

"loop" is that of published code, KushajveerSingh/deep_learning and lonePatient/multi-sample_dropout_pytorch (with the loss of the logits, not of the
features): for each sample a dropout, the head and a cross-entropy; losses and logits are summed and divided by their number. "batch" is all samples in one.
Seconds are processor time of the thread.
"""
import gc
import sys
from time import thread_time

import torch
import torch.nn.functional as F
from side import checksum, serve
from torch import nn

SECONDS = 0.5
SAMPLES, ROWS, FEATURES, CLASSES = (1, 8, 64), 128, 512, 100


def waves(*shape):
    """Numbers that Java has, too."""
    n = torch.Size(shape).numel()
    return torch.arange(n, dtype=torch.float64).sin().float().view(shape)


X = waves(ROWS, FEATURES).requires_grad_(True)
LABELS = torch.arange(ROWS) % CLASSES
HEAD = nn.Linear(FEATURES, CLASSES)
with torch.no_grad():
    HEAD.weight.copy_(waves(CLASSES, FEATURES) / 16)
    HEAD.bias.zero_()
LEAVES = [X, HEAD.weight, HEAD.bias]
DROPOUTS = nn.ModuleList([nn.Dropout(0.5) for _ in range(max(SAMPLES))])


def loop(samples):
    for i, dropout in enumerate(DROPOUTS[:samples]):
        if i == 0:
            logits = HEAD(dropout(X))
            loss = F.cross_entropy(logits, LABELS)
        else:
            output = HEAD(dropout(X))
            logits = logits + output
            loss = loss + F.cross_entropy(output, LABELS)
    return loss / samples, logits / samples


def batch(samples):
    dropped = F.dropout(X.unsqueeze(0).expand(samples, -1, -1), 0.5)
    logits = HEAD(dropped.flatten(0, 1))
    return F.cross_entropy(logits, LABELS.repeat(samples)), logits.detach().view(samples, ROWS, -1).mean(0)


FORM = {"loop": loop, "batch": batch}[sys.argv[1]]


def forget():
    for leaf in LEAVES:
        leaf.grad = None


def check():
    """After the same seed a CPU draws the same masks for the samples in turn and for all at once. Squares do not cancel out."""
    sums = {}
    for samples in SAMPLES:
        torch.manual_seed(1)
        loss, logits = FORM(samples)
        loss.backward()
        sums[f"M = {samples}"] = checksum(loss) + checksum(logits.square()) + sum(checksum(leaf.grad) for leaf in LEAVES)
        forget()
    return sums


def step(samples):
    start = thread_time()
    loss, logits = FORM(samples)
    loss.backward()
    del loss, logits
    seconds = thread_time() - start
    forget()
    return seconds


def seconds_per_step(samples):
    step(samples)
    seconds = steps = 0
    while seconds < SECONDS:
        seconds, steps = seconds + step(samples), steps + 1
    return seconds / steps


def run():
    gc.disable()                                               # as timeit does
    seconds = {f"M = {samples}": seconds_per_step(samples) for samples in SAMPLES}
    gc.enable()
    return seconds


if __name__ == "__main__":
    serve(check, run)
