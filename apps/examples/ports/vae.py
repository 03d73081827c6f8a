"""A variational autoencoder (Kingma and Welling 2013) of 28 × 28 images, each a blurred spot."""
import sys

import torch
from torch import nn
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 400)
        self.fc21 = nn.Linear(400, 20)
        self.fc22 = nn.Linear(400, 20)
        self.fc3 = nn.Linear(20, 400)
        self.fc4 = nn.Linear(400, 784)

    def encode(self, x):
        h = F.relu(self.fc1(x))
        return Normal(self.fc21(h), torch.exp(0.5 * self.fc22(h)))

    def decode(self, z):
        return torch.sigmoid(self.fc4(F.relu(self.fc3(z))))

    def loss(self, x):
        posterior = self.encode(x)
        recon_x = self.decode(posterior.rsample())
        bce = F.binary_cross_entropy(recon_x, x, reduction="sum")
        return bce + kl_divergence(posterior, Normal(0.0, 1.0)).sum()


def spots(n):
    centre = torch.rand(n, 2, 1, 1) * 16 + 6
    width = torch.rand(n, 1, 1) * 3 + 1
    y, x = torch.meshgrid(torch.arange(28), torch.arange(28), indexing="ij")
    square = (y - centre[:, 0]) ** 2 + (x - centre[:, 1]) ** 2
    return torch.exp(-square / width ** 2).view(n, 784)


def main(steps):
    torch.manual_seed(1)
    data = spots(1024)
    model = VAE()
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    for step in range(steps):
        x = data[torch.randint(len(data), (128,))]
        optimizer.zero_grad()
        loss = model.loss(x)
        loss.backward()
        optimizer.step()
        print(loss.item() / len(x))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
