"""Python's side of the benchmark func-per-sample: seconds of per-sample gradients and of a Hessian by torch.func.

    python per_sample_gradients.py               # torch 2.13, CPU; the driver talks to it as side.py says

"per-sample" is vmap(grad(loss)) of a small convolutional network (28×28 images, two convolutions, two linear layers, 10 classes) for 32
images, as in PyTorch's tutorial. "hessian" is that of a perceptron 4–16–1 with respect to its first weights, and "calls" is
vmap(grad(f)) of a function of two small operators, which shows the overhead.
"""
import gc
from time import perf_counter

import torch
import torch.nn.functional as F
from side import checksum, serve
from torch.func import functional_call, grad, hessian, vmap

SECONDS = {"per-sample": 2, "hessian": 0.5, "calls": 0.5}


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2 = torch.nn.Conv2d(1, 32, 3), torch.nn.Conv2d(32, 64, 3)
        self.fc1, self.fc2 = torch.nn.Linear(9216, 128), torch.nn.Linear(128, 10)

    def forward(self, x):
        x = F.max_pool2d(self.conv2(self.conv1(x).relu()).relu(), 2)
        return self.fc2(self.fc1(x.flatten(1)).relu())


torch.manual_seed(0)
NET = Net()
PARAMETERS = {k: v.detach() for k, v in NET.named_parameters()}
X, Y = torch.randn(32, 1, 28, 28), torch.arange(32) % 10
W, V, P = torch.randn(16, 4), torch.randn(16), torch.randn(8, 4)
SMALL = torch.randn(16, 8)


def loss(parameters, image, label):
    return F.cross_entropy(functional_call(NET, parameters, (image.unsqueeze(0),)), label.unsqueeze(0))


WORK = {
    "per-sample": lambda: list(vmap(grad(loss), in_dims=(None, 0, 0))(PARAMETERS, X, Y).values()),
    "hessian": lambda: hessian(lambda w: (P @ w.t()).tanh().mv(V).square().sum())(W),
    "calls": lambda: vmap(grad(lambda x: x.sin().sum()))(SMALL),
}


def check():
    return {name: sum(checksum(t.norm()) for t in work()) if name == "per-sample" else checksum(work()) for name, work in WORK.items()}


def run():
    gc.disable()
    seconds = {}
    for name, work in WORK.items():
        rounds, start = 0, perf_counter()
        while perf_counter() - start < SECONDS[name]:
            work()
            rounds += 1
        seconds[name] = (perf_counter() - start) / rounds
    gc.enable()
    return seconds


if __name__ == "__main__":
    serve(check, run)
