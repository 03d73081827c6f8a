"""Model-agnostic meta-learning (Finn et al. 2017): sinusoids from ten points each, all tasks at once by vmap."""
import math
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call, grad, vmap

TASKS, POINTS, INNER, META = 16, 10, 0.01, 1e-3


def make_net():
    return nn.Sequential(
        nn.Linear(1, 40), nn.ReLU(),
        nn.Linear(40, 40), nn.ReLU(),
        nn.Linear(40, 1))


def main(steps):
    torch.manual_seed(42)
    net = make_net()
    optimizer = torch.optim.Adam(net.parameters(), lr=META)

    def loss(params, x, y):
        return F.mse_loss(functional_call(net, params, (x,)), y)

    def adapted_loss(params, x, y):
        grads = grad(loss)(params, x[0], y[0])
        adapted = {name: p - INNER * grads[name] for name, p in params.items()}
        return loss(adapted, x[1], y[1])

    for step in range(steps):
        amplitude = torch.rand(TASKS, 1, 1) * 4.9 + 0.1
        phase = torch.rand(TASKS, 1, 1) * math.pi
        x = torch.rand(2, TASKS, POINTS, 1) * 10 - 5
        y = amplitude * torch.sin(x + phase)
        losses = vmap(adapted_loss, in_dims=(None, 1, 1))(dict(net.named_parameters()), x, y)
        optimizer.zero_grad()
        losses.mean().backward()
        optimizer.step()
        print(losses.mean().item())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
