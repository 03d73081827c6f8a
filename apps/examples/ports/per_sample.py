"""Private SGD (Abadi et al. 2016): the gradient of each image by vmap, clipped, summed, and blurred by noise."""
import sys

import torch
import torch.nn as nn
import torch.nn.functional as F
from torch.func import functional_call, grad_and_value, vmap

BATCH, CLIP, NOISE, RATE = 32, 1.0, 0.5, 0.5


def make_net():
    return nn.Sequential(
        nn.Conv2d(1, 8, 5, stride=2), nn.Tanh(),
        nn.Conv2d(8, 16, 5, stride=2), nn.Tanh(),
        nn.Flatten(), nn.Linear(256, 10))


def main(steps):
    torch.manual_seed(42)
    net = make_net()
    params = {name: p.detach() for name, p in net.named_parameters()}

    def loss(params, image, label):
        output = functional_call(net, params, (image.unsqueeze(0),))
        return F.cross_entropy(output, label.unsqueeze(0))

    per_sample = vmap(grad_and_value(loss), in_dims=(None, 0, 0))
    for step in range(steps):
        labels = torch.randint(10, (BATCH,))
        images = torch.randn(BATCH, 1, 28, 28) * 0.1 + labels.view(-1, 1, 1, 1) / 10
        grads, losses = per_sample(params, images, labels)
        norms = torch.stack([g.flatten(1).norm(dim=1) for g in grads.values()]).norm(dim=0)
        scale = (CLIP / norms).clamp(max=1)
        for name, g in grads.items():
            clipped = torch.einsum("n,n...->...", scale, g)
            noise = torch.randn_like(clipped) * (NOISE * CLIP)
            params[name].sub_(clipped + noise, alpha=RATE / BATCH)
        print(losses.mean().item(), norms.mean().item())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
