"""Python's side of the benchmark distillation-step: seconds of a step of dropout distillation (Bulò et al., ICML 2016) with one mask an example.

    python distillation_step.py       # torch 2.13, CPU, one thread; the driver talks to it as side.py says

The part distillation is perturbation, the teacher's forward, the student's, the loss and backward; training is a plain step of the student up
to backward; teacher is the teacher's forward alone. Gradients are freed untimed, and no optimiser steps. Teacher and student are two networks
with the same first weights; the modes of both are set once.
"""
import copy
import gc
from collections import OrderedDict
from time import perf_counter

import torch
import torch.nn.functional as F
from side import checksum, serve
from torch import nn

SECONDS = 1.5
ROWS, CLASSES = 64, 10


def normal(layer, std):
    nn.init.normal_(layer.weight, 0, std)
    nn.init.zeros_(layer.bias)
    return layer


def quick():
    """Krizhevsky's cuda-convnet as Caffe's cifar10_quick has it, with dropout behind every layer but the last."""
    return nn.Sequential(OrderedDict(
        conv1=normal(nn.Conv2d(3, 32, 5, padding=2), 1e-4), pool1=nn.MaxPool2d(3, 2, ceil_mode=True), relu1=nn.ReLU(True), drop1=nn.Dropout(),
        conv2=normal(nn.Conv2d(32, 32, 5, padding=2), 0.01), relu2=nn.ReLU(True), pool2=nn.AvgPool2d(3, 2, ceil_mode=True), drop2=nn.Dropout(),
        conv3=normal(nn.Conv2d(32, 64, 5, padding=2), 0.01), relu3=nn.ReLU(True), pool3=nn.AvgPool2d(3, 2, ceil_mode=True), drop3=nn.Dropout(),
        flatten=nn.Flatten(), ip1=normal(nn.Linear(64 * 4 * 4, 64), 0.1), drop4=nn.Dropout(), ip2=normal(nn.Linear(64, CLASSES), 0.1)))


torch.manual_seed(1)
TEACHER = quick()
with torch.no_grad():
    TEACHER.conv1.weight.mul_(1000)                            # or all logits are 0 and the check finds nothing
STUDENT, LEARNER = copy.deepcopy(TEACHER).eval(), copy.deepcopy(TEACHER).train()
TEACHER.eval()
for module in TEACHER.modules():
    if isinstance(module, nn.Dropout):
        module.train()
IMAGES = torch.randn(ROWS, 3, 32, 32)
LABELS = torch.arange(ROWS) % CLASSES


def target(images):
    with torch.no_grad():
        return F.log_softmax(TEACHER(images), -1)


def distillation():
    seen = IMAGES * torch.empty(ROWS, 1, 32, 32).bernoulli_(0.8)
    t = target(seen)
    loss = F.kl_div(F.log_softmax(STUDENT(seen), -1), t, reduction="batchmean", log_target=True)
    loss.backward()
    return loss


def training():
    loss = F.cross_entropy(LEARNER(IMAGES), LABELS)
    loss.backward()
    return loss


PASSES = {"distillation": distillation, "training": training, "teacher": lambda: target(IMAGES)}


def free():
    STUDENT.zero_grad()
    LEARNER.zero_grad()


def check():
    """Each after the same seed, for the masks; with the norms of the gradients."""
    sums = {}
    for name, one in PASSES.items():
        torch.manual_seed(1)
        sums[name] = checksum(one()) + sum(p.grad.norm().item() for network in (STUDENT, LEARNER) for p in network.parameters() if p.grad is not None)
        free()
    return sums


def run():
    gc.disable()                                               # as timeit does
    seconds, rounds = dict.fromkeys(PASSES, 0.0), 0
    while sum(seconds.values()) < SECONDS:                     # in turn, so that all see the same machine
        for name, one in PASSES.items():
            start = perf_counter()
            one()
            seconds[name] += perf_counter() - start
            free()
        rounds += 1
    gc.enable()
    return {name: s / rounds for name, s in seconds.items()}


if __name__ == "__main__":
    serve(check, run)
