"""Python's side of the training steps: seconds of a step, from bytes to the new weights.

    python training_step.py NET       # resnet18, resnet56, vgg16, lenet, mlp or bert; the driver talks to it as side.py says

"same settings": channels last for convolutions, one fused call of SGD, as Java does it. "out of the box": as PyTorch's tutorials have it, with the memory
format that is there and torch.optim.SGD(parameters, lr, momentum). Weights are numbers of one seed in the order of registration, which is Java's.
"""
import gc
import math
import os
import sys
from time import perf_counter

import torch
import torch.nn.functional as F
from side import checksum, serve
from torch import nn

SECONDS = 1.5
THREADS = int(os.environ.get("OMP_NUM_THREADS", os.cpu_count()))


def conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class Block(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv(outputs, outputs, 3), nn.BatchNorm2d(outputs)
        self.shortcut = nn.Sequential() if inputs == outputs and stride == 1 else nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        return F.relu(self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)), inplace=True))).add_(self.shortcut(x)), inplace=True)


def resnet(widths, blocks):
    layers, inputs = [conv(3, widths[0], 3), nn.BatchNorm2d(widths[0]), nn.ReLU(True)], widths[0]
    for stage, width in enumerate(widths):
        for block in range(blocks):
            layers.append(Block(inputs, width, 2 if stage and not block else 1))
            inputs = width
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 10))


def vgg16():
    layers, inputs = [], 3
    for stage, count in enumerate((2, 2, 3, 3, 3)):
        for _ in range(count):
            outputs = min(64 << stage, 512)
            layers += [nn.Conv2d(inputs, outputs, 3, padding=1), nn.BatchNorm2d(outputs), nn.ReLU(True)]
            inputs = outputs
        layers.append(nn.MaxPool2d(2))
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(512, 10))


def lenet():
    return nn.Sequential(nn.Conv2d(1, 20, 5), nn.MaxPool2d(2), nn.Conv2d(20, 50, 5), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(800, 500), nn.ReLU(True), nn.Linear(500, 10))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(True), nn.Linear(256, 10))


def bert():
    try:
        import torchvision_cpu  # noqa: F401, where torchvision's own operators are missing
    except ImportError:
        pass
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(hidden_size=256, num_hidden_layers=4, num_attention_heads=4, intermediate_size=1024, hidden_dropout_prob=0, attention_probs_dropout_prob=0)
    model = BertForSequenceClassification(config)

    class Logits(nn.Module):
        def __init__(self):
            super().__init__()
            self.model = model

        def forward(self, tokens):
            return self.model(tokens).logits

    return Logits()


NETS = {"resnet18": (lambda: resnet((64, 128, 256, 512), 2), 64, (3, 32, 32)), "resnet56": (lambda: resnet((16, 32, 64), 9), 128, (3, 32, 32)),
        "vgg16": (vgg16, 64, (3, 32, 32)), "lenet": (lenet, 32, (1, 28, 28)), "mlp": (mlp, 8, (1, 28, 28)), "bert": (bert, 16, (64,))}


class Net:
    def __init__(self, name, plain):
        make, batch, shape = NETS[name]
        self.model = make().train()
        torch.manual_seed(1)
        with torch.no_grad():
            for p in self.model.parameters():
                if p.dim() > 1:
                    p.copy_(torch.randn(p.shape) * math.sqrt(2 / p[0].numel()))
                else:
                    p.zero_()
            for module in self.model.modules():
                if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
                    module.weight.fill_(1)
        self.tokens, self.last = len(shape) == 1, not plain and len(shape) == 3
        if self.last:
            self.model = self.model.to(memory_format=torch.channels_last)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=1e-4, momentum=0.9, **({} if plain else {"fused": True}))
        self.input = torch.randint(0, 30522, (batch, *shape)) if self.tokens else torch.randint(0, 256, (batch, *shape), dtype=torch.uint8)
        self.labels = torch.arange(batch) % (2 if self.tokens else 10)

    def step(self):
        x = self.input
        if not self.tokens:
            x = (x.float() / 255 - 0.5) / 0.25
            if self.last:
                x = x.contiguous(memory_format=torch.channels_last)
        self.optimizer.zero_grad()
        loss = F.cross_entropy(self.model(x), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss


if __name__ == "__main__":
    torch.set_num_threads(THREADS)
    SIDES = {"same settings": Net(sys.argv[1], False), "out of the box": Net(sys.argv[1], True)}

    def check():
        return {part: checksum(net.step()) for part, net in SIDES.items()}

    def run():
        gc.disable()
        seconds, rounds = dict.fromkeys(SIDES, 0.0), 0
        while sum(seconds.values()) < SECONDS:
            for part, net in SIDES.items():
                start = perf_counter()
                net.step()
                seconds[part] += perf_counter() - start
            rounds += 1
        gc.enable()
        return {part: s / rounds for part, s in seconds.items()}

    serve(check, run, THREADS)
