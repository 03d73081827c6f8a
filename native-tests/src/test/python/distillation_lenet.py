"""Dropout distillation of LeNetAll on MNIST with the recipe of `panatorch reproduce distill-mnist`, in plain PyTorch: does what that experiment
finds come from the recipe, or from the library? Prints error, NLL and KL to the Monte-Carlo mean for 2,000 training and 2,000 test images.

    distillation_lenet.py MNIST_FOLDER [--p 0.25] [--seeds 3]
"""
import argparse, copy, gzip, math
from pathlib import Path
import numpy, torch
from torch import nn
from torch.nn import functional as F

arguments = argparse.ArgumentParser()
arguments.add_argument("folder", type=Path)
arguments.add_argument("--p", type=float, default=0.25)
arguments.add_argument("--seeds", type=int, default=3)
a = arguments.parse_args()
EXAMPLES, BATCH, EPOCHS, DISTILLATION, RATE, MASKS, SAMPLES, REFERENCE = 2000, 50, 10, 6, 0.02, 2, 25, 40


def idx(name, offset, *shape):
    data = numpy.frombuffer(gzip.open(a.folder / name).read(), numpy.uint8, offset=offset).reshape(-1, *shape)[:EXAMPLES]
    return torch.from_numpy(data.copy())


images, labels = idx("train-images-idx3-ubyte.gz", 16, 1, 28, 28).float(), idx("train-labels-idx1-ubyte.gz", 8).long()
test, truth = idx("t10k-images-idx3-ubyte.gz", 16, 1, 28, 28).float(), idx("t10k-labels-idx1-ubyte.gz", 8).long()
mean, std = images.mean(), images.std()


def lenet_all():
    net = nn.Sequential(nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Dropout(a.p), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.Dropout(a.p), nn.Flatten(),
                        nn.Linear(800, 500), nn.ReLU(), nn.Dropout(a.p), nn.Linear(500, 10))
    for layer in net:
        if hasattr(layer, "weight"):
            nn.init.kaiming_uniform_(layer.weight, 0, "fan_in", "linear")
            nn.init.zeros_(layer.bias)
    return net


def fit(net, rate, decay, epochs, loss):
    optimizer = torch.optim.SGD(net.parameters(), rate, 0.9, weight_decay=decay)
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, [round(epochs * 2 / 3)])
    for _ in range(epochs):
        for rows in torch.randperm(EXAMPLES).split(BATCH):
            optimizer.zero_grad()
            loss(rows).backward()
            optimizer.step()
        schedule.step()


def log_probabilities(net):
    with torch.no_grad():
        return torch.cat([net((x - mean) / std) for x in test.split(500)]).log_softmax(-1)


def log_mean(log, dim=0):
    return log.logsumexp(dim) - math.log(log.size(dim))


def tell(name, log):
    divergence = F.kl_div(log, reference, log_target=True, reduction="batchmean")
    print(f"p {a.p}, seed {seed}, {name:11s}: error {100 * (log.argmax(1) != truth).float().mean():.2f} %, NLL {F.nll_loss(log, truth):.4f}, KL to MC {divergence:.4f}", flush=True)


for seed in range(a.seeds):
    torch.manual_seed(seed)
    teacher = lenet_all()
    fit(teacher, RATE, 5e-4, EPOCHS, lambda rows: F.cross_entropy(teacher((images[rows] - mean) / std), labels[rows]))
    reference = log_mean(torch.stack([log_probabilities(teacher) for _ in range(REFERENCE)]))
    tell("Monte-Carlo", log_mean(torch.stack([log_probabilities(teacher) for _ in range(SAMPLES)])))
    student = copy.deepcopy(teacher).eval()
    tell("Standard", log_probabilities(student))

    def distillation(rows):
        x = images[rows]
        x = (x * (torch.rand_like(x) >= 0.2) - mean) / std
        with torch.no_grad():
            target = log_mean(teacher(x.repeat(MASKS, 1, 1, 1)).log_softmax(-1).view(MASKS, len(rows), 10))
        return F.kl_div(student(x).log_softmax(-1), target, log_target=True, reduction="batchmean")

    fit(student, RATE / 10, 0, DISTILLATION, distillation)
    tell("student", log_probabilities(student))
