"""Multi-sample dropout on ResNet-56 and CIFAR-100 in plain PyTorch, with the recipe of `panatorch reproduce msd-cifar100-resnet56-onecycle`: does
what that experiment finds come from the recipe, or from the library? Prints a line of losses for each epoch.

    msd_resnet56.py CIFAR100_BINARY_FOLDER [--samples 1] [--beta2 0.99] [--augment shift|fastai|flip] [--scales uniform|ones] [--bf16] [--epochs 5]
                    [--limit N] [--seed 0]

`fastai` stands for the defaults of fastai 1.0's get_transforms but for its perspective warp: mirrored, turned by up to 10 degrees, enlarged by up to
a tenth, brightness and contrast changed, each of the last three with probability 0.75. `--scales uniform` draws the first scales of batch
normalization from [0, 1), as PyTorch did before 1.2, with which the notebook ran; `ones` is what it does since.
"""
import argparse, math, time
from pathlib import Path
import numpy, torch
from torch import nn
from torch.nn import functional as F

arguments = argparse.ArgumentParser()
arguments.add_argument("folder", type=Path)
arguments.add_argument("--samples", type=int, default=1)
arguments.add_argument("--beta2", type=float, default=0.99)
arguments.add_argument("--augment", choices=["shift", "fastai", "flip"], default="fastai")
arguments.add_argument("--scales", choices=["uniform", "ones"], default="uniform")
arguments.add_argument("--bf16", action="store_true")
arguments.add_argument("--epochs", type=int, default=5)
arguments.add_argument("--limit", type=int, default=50000)
arguments.add_argument("--seed", type=int, default=0)
a = arguments.parse_args()
BATCH, RATE, DECAY, P, DEPTH = 128, 0.1, 1e-4, 0.5, 56
torch.manual_seed(a.seed)


def read(name):
    rows = numpy.frombuffer((a.folder / name).read_bytes(), numpy.uint8).reshape(-1, 3074)
    return torch.from_numpy(rows[:, 2:].reshape(-1, 3, 32, 32).copy()), torch.from_numpy(rows[:, 1].astype(numpy.int64))


images, labels = (t[:a.limit] for t in read("train.bin"))
test, truth = read("test.bin")
mean, std = (f((0, 2, 3), keepdim=True) / 255 for f in (images.double().mean, images.double().std))


def normalized(x):
    return ((x.float() / 255 - mean.float()) / std.float()).contiguous(memory_format=torch.channels_last)


def sometimes(n, low, high, probability=0.75, rest=0.0):
    return torch.where(torch.rand(n) < probability, torch.empty(n).uniform_(low, high), torch.tensor(rest))


def augmented(x):
    n = len(x)
    x = torch.where(torch.rand(n, 1, 1, 1) < 0.5, x.flip(3), x).float()
    if a.augment == "shift":
        x = F.pad(x, [4] * 4)
        left, top = torch.randint(9, (n,)), torch.randint(9, (n,))
        rows, columns = top[:, None] + torch.arange(32), left[:, None] + torch.arange(32)
        return x[torch.arange(n)[:, None, None, None], torch.arange(3)[None, :, None, None], rows[:, None, :, None], columns[:, None, None, :]]
    if a.augment == "flip":
        return x
    angle, zoom = sometimes(n, -10, 10) * math.pi / 180, sometimes(n, 1.0, 1.1, rest=1.0)
    cosine, sine = angle.cos() / zoom, angle.sin() / zoom
    free = 1 - 1 / zoom  # where the enlarged part may lie
    move = torch.empty(2, n).uniform_(-1, 1) * free
    matrix = torch.stack([torch.stack([cosine, -sine, move[0]], 1), torch.stack([sine, cosine, move[1]], 1)], 1)
    x = F.grid_sample(x / 255, F.affine_grid(matrix, list(x.shape), False), "bilinear", "reflection", False)
    brightness, contrast = sometimes(n, 0.4, 0.6, rest=0.5), sometimes(n, math.log(0.8), math.log(1 / 0.8)).exp()
    logit = x.clamp(1e-3, 1 - 1e-3).logit()
    return (logit * contrast.view(-1, 1, 1, 1) + brightness.logit().view(-1, 1, 1, 1)).sigmoid() * 255


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(),
                                  nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False), nn.BatchNorm2d(outputs))
        self.shortcut = nn.Sequential() if inputs == outputs else nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False),
                                                                               nn.BatchNorm2d(outputs))

    def forward(self, x):
        return F.relu(self.body(x) + self.shortcut(x))


def stage(inputs, outputs, stride):
    n = (DEPTH - 2) // 6
    return [Block(inputs if i == 0 else outputs, outputs, stride if i == 0 else 1) for i in range(n)]


trunk = nn.Sequential(nn.Conv2d(3, 16, 3, 1, 1, bias=False), nn.BatchNorm2d(16), nn.ReLU(), *stage(16, 16, 1), *stage(16, 32, 2), *stage(32, 64, 2))
head = nn.Sequential(nn.BatchNorm1d(128), nn.Dropout(P), nn.Linear(128, 128), nn.ReLU(), nn.BatchNorm1d(128), nn.Dropout(P), nn.Linear(128, 100))
if a.scales == "uniform":
    for layer in [*trunk.modules(), *head.modules()]:
        if isinstance(layer, (nn.BatchNorm1d, nn.BatchNorm2d)):
            nn.init.uniform_(layer.weight)
net = nn.ModuleList([trunk, head]).to(memory_format=torch.channels_last)


def features(x):
    maps = trunk(x)
    return torch.cat([maps.amax((2, 3)), maps.mean((2, 3))], 1)


def loss(x, y, samples):
    f = features(x)
    return F.cross_entropy(head(f.repeat(samples, 1)).float(), y.repeat(samples))  # the mean over examples and samples


def validation(dropout):
    net.eval()
    for layer in head:
        if isinstance(layer, nn.Dropout):
            layer.train(dropout)
    total = wrong = 0
    with torch.no_grad(), torch.autocast("cpu", torch.bfloat16, a.bf16):
        for i in range(0, len(test), 512):
            x, y = normalized(test[i:i + 512]), truth[i:i + 512]
            scores = head(features(x)).float()
            total += F.cross_entropy(scores, y, reduction="sum").item()
            wrong += (scores.argmax(1) != y).sum().item()
    return total / len(test), 100 * wrong / len(test)


steps = a.epochs * (len(images) // BATCH)
optimizer = torch.optim.AdamW(net.parameters(), RATE, (0.95, a.beta2), weight_decay=DECAY)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, steps)
for epoch in range(a.epochs):
    net.train()
    begun, total = time.time(), 0.0
    for rows in torch.randperm(len(images))[:len(images) // BATCH * BATCH].split(BATCH):  # fastai drops the last part of a batch
        with torch.autocast("cpu", torch.bfloat16, a.bf16):
            value = loss(normalized(augmented(images[rows])), labels[rows], a.samples)
        optimizer.zero_grad()
        value.backward()
        optimizer.step()
        schedule.step()
        total += value.item() * len(rows)
    on, off = validation(True), validation(False)
    print(f"epoch {epoch}  train {total / len(images):.4f}  valid with dropout {on[0]:.4f} {on[1]:.2f} %  without {off[0]:.4f} {off[1]:.2f} %  "
          f"{time.time() - begun:.0f} s", flush=True)
