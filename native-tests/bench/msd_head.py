"""Python's side of the benchmark msd-head: multi-sample dropout as published code has it, a loop over the samples.

    python msd_head.py          # torch 2.13, CPU, one thread; the driver talks to it as side.py says

The form is that of KushajveerSingh/deep_learning and lonePatient/multi-sample_dropout_pytorch (with the loss of the logits, not of the
features): for each sample a dropout, the head and a cross-entropy; losses and logits are summed and divided by their number. Seconds are
processor time of the thread.
"""
import gc
from time import thread_time

import torch
import torch.nn.functional as F
from side import checksum, serve
from torch import nn

SECONDS = 0.5
SAMPLES, ROWS, FEATURES, CLASSES = 64, 128, 512, 100


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
DROPOUTS = nn.ModuleList([nn.Dropout(0.5) for _ in range(SAMPLES)])


def looped():
    for i, dropout in enumerate(DROPOUTS):
        if i == 0:
            logits = HEAD(dropout(X))
            loss = F.cross_entropy(logits, LABELS)
        else:
            output = HEAD(dropout(X))
            logits = logits + output
            loss = loss + F.cross_entropy(output, LABELS)
    return loss / SAMPLES, logits / SAMPLES


def forget():
    for leaf in LEAVES:
        leaf.grad = None


def check(forward):
    """After the same seed a CPU draws the same masks for the samples in turn and for all at once. Squares do not cancel out."""
    torch.manual_seed(1)
    loss, logits = forward()
    loss.backward()
    sums = {"forward": checksum(loss) + checksum(logits.square()), "backward": sum(checksum(leaf.grad) for leaf in LEAVES)}
    forget()
    return sums


def one_pass(forward):
    start = thread_time()
    loss, logits = forward()
    built = thread_time()
    loss.backward()
    derived = thread_time()
    del loss, logits
    freed = thread_time()
    forget()
    return built - start + freed - derived, derived - built


def run(form):
    gc.disable()                                               # as timeit does
    one_pass(form)
    forward = backward = passes = 0
    while forward + backward < SECONDS:
        f, b = one_pass(form)
        forward, backward, passes = forward + f, backward + b, passes + 1
    gc.enable()
    return {"forward": forward / passes, "backward": backward / passes, "step": (forward + backward) / passes}


def serve_form(form):
    serve(lambda: check(form), lambda: run(form))


if __name__ == "__main__":
    serve_form(looped)
