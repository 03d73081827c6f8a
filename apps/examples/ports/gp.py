"""Gaussian process regression in float64 (Rasmussen and Williams 2006, algorithm 2.1) by the Cholesky factor of the kernel's matrix.

A step is one of Adam on the negative log marginal likelihood. Prints it, and the posterior's error and mean deviation at new points.
"""
import math
import sys

import torch
from torch import nn


class ExactGP(nn.Module):
    def __init__(self, x, y):
        super().__init__()
        self.x, self.y = x, y
        self.log_lengthscale = nn.Parameter(torch.zeros(x.size(1)))
        self.log_scale = nn.Parameter(torch.zeros(()))
        self.log_noise = nn.Parameter(torch.tensor(-2.0))

    def kernel(self, a, b):
        a, b = (t / self.log_lengthscale.exp() for t in (a, b))
        square = (a[:, None] - b[None, :]).pow(2).sum(-1)
        return self.log_scale.exp() * torch.exp(-0.5 * square)

    def forward(self):
        """The factor L of K + σ²I = L Lᵀ, and α = (K + σ²I)⁻¹ y."""
        n = len(self.x)
        L = torch.linalg.cholesky(self.kernel(self.x, self.x) + self.log_noise.exp() * torch.eye(n))
        return L, torch.cholesky_solve(self.y[:, None], L)

    def loss(self):
        L, alpha = self()
        fit = 0.5 * self.y @ alpha.squeeze(1)
        return (fit + L.diagonal().log().sum() + 0.5 * len(self.y) * math.log(2 * math.pi)) / len(self.y)

    @torch.no_grad()
    def posterior(self, new):
        L, alpha = self()
        k = self.kernel(self.x, new)
        v = torch.linalg.solve_triangular(L, k, upper=False)
        mean = (k.T @ alpha).squeeze(1)
        variance = self.log_scale.exp() - v.pow(2).sum(0)
        return mean, variance


def function(x):
    return torch.sin(3 * x[:, 0]) + x[:, 1] ** 2


def main(steps):
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    x, new = torch.rand(200, 2) * 4 - 2, torch.rand(50, 2) * 4 - 2
    gp = ExactGP(x, function(x) + 0.1 * torch.randn(200))
    optimizer = torch.optim.Adam(gp.parameters(), lr=0.1)
    for step in range(steps):
        optimizer.zero_grad()
        loss = gp.loss()
        loss.backward()
        optimizer.step()
        mean, variance = gp.posterior(new)
        error = (mean - function(new)).pow(2).mean().sqrt()
        print(loss.item(), error.item(), variance.sqrt().mean().item())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
