"""Python's side of the benchmark gyro-step: seconds of a training step of a multilayer perceptron with dropout, gyro dropout, and its pruned form.

    python gyro_step.py               # torch 2.13, CPU, one thread; the driver talks to it as side.py says

256 rows of 784, two hidden layers of 1024 with ReLU and p = 0.5, 10 classes, SGD with momentum. "gyro" expands and applies its masks in every forward, as
published; "pruned" multiplies by what masks of groups keep, where the second hidden layer follows the first.
"""
import gc
from time import perf_counter

import torch
import torch.nn.functional as F
from side import checksum, serve

SECONDS = 1.5
BATCH, IN, HIDDEN, CLASSES, P = 256, 784, 1024, 10, 0.5
SIGMA, TAU, GROUP = 256, 16, 32


class Dropout(torch.nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = torch.nn.Dropout(P)

    def forward(self, x):
        return self.inner(x)

    def linear(self, x, linear):
        return linear(self(x))


class Gyro(Dropout):
    def __init__(self, width):
        super().__init__(width)
        self.chosen = (torch.rand(SIGMA, width) > P).float()[:TAU]

    def forward(self, x):
        return x * self.chosen.repeat_interleave(x.shape[0] // TAU, 0) * (1 / (1 - P))


class Pruned(Dropout):
    def __init__(self, width):
        super().__init__(width)
        self.kept = torch.rand(SIGMA, width // GROUP).argsort(stable=True, dim=1)[:TAU, :width // GROUP // 2].sort(1).values
        self.chosen = torch.zeros(TAU, width // GROUP).scatter_(1, self.kept, 1).repeat_interleave(GROUP, 1)

    forward = Gyro.forward

    def linear(self, x, linear):
        groups, k, rows = x.shape[1] // GROUP, self.kept.shape[1], x.shape[0] // TAU
        x = x.view(TAU, rows, groups, GROUP).gather(2, self.kept.view(TAU, 1, k, 1).expand(TAU, rows, k, GROUP)).flatten(2, 3)
        w = linear.weight.view(-1, groups, GROUP).index_select(1, self.kept.view(-1)).view(-1, TAU, k * GROUP).permute(1, 2, 0)
        return (x @ w / (1 - P)).flatten(0, 1) + linear.bias


class Net(torch.nn.Module):
    def __init__(self, dropout):
        super().__init__()
        torch.manual_seed(1)
        self.a, self.b, self.c = torch.nn.Linear(IN, HIDDEN), torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.Linear(HIDDEN, CLASSES)
        self.first, self.second = dropout(HIDDEN), dropout(HIDDEN)
        self.optimizer = torch.optim.SGD([p for layer in (self.a, self.b, self.c) for p in layer.parameters()], lr=1e-4, momentum=0.9)

    def backward(self):
        loss = F.cross_entropy(self.c(self.second(self.first.linear(self.a(X).relu(), self.b).relu())), Y)
        loss.backward()
        return loss

    def step(self):
        self.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()


torch.manual_seed(0)
X, Y = torch.randn(BATCH, IN), torch.arange(BATCH) % CLASSES
NETS = {"dropout": Net(Dropout), "gyro": Net(Gyro), "pruned": Net(Pruned)}


def check():
    sums = {}
    for name, net in NETS.items():
        torch.manual_seed(1)
        loss = net.backward()
        sums[name] = checksum(loss) + sum(checksum(p.grad.norm()) for p in net.parameters())
        net.zero_grad()
    return sums


def run():
    gc.disable()
    seconds = dict.fromkeys(NETS, 0.0)
    rounds = 0
    while sum(seconds.values()) < SECONDS:
        for name, net in NETS.items():
            start = perf_counter()
            net.step()
            seconds[name] += perf_counter() - start
        rounds += 1
    gc.enable()
    return {name: s / rounds for name, s in seconds.items()}


if __name__ == "__main__":
    serve(check, run)
