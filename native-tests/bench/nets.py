"""The networks that the benchmarks train and ask, Net.java in Python, and their input.

Weights are numbers of one seed in the order of registration, which is Java's.
"""
import math

import torch
import torch.nn.functional as F
from torch import nn


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


def model(name, channels_last):
    """In training mode; tokens have no channels."""
    make, _, shape = NETS[name]
    made = make().train()
    torch.manual_seed(1)
    with torch.no_grad():
        for p in made.parameters():
            if p.dim() > 1:
                p.copy_(torch.randn(p.shape) * math.sqrt(2 / p[0].numel()))
            else:
                p.zero_()
        for module in made.modules():
            if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
                module.weight.fill_(1)
    return made.to(memory_format=torch.channels_last) if channels_last and len(shape) == 3 else made


def examples(name, n):
    """As they come from a data set: bytes, or tokens of BERT's vocabulary."""
    shape = NETS[name][2]
    return torch.randint(0, 30522, (n, *shape)) if len(shape) == 1 else torch.randint(0, 256, (n, *shape), dtype=torch.uint8)


def numbers(given, channels_last):
    """What a network is given."""
    if given.dim() == 2:
        return given
    x = (given.float() / 255 - 0.5) / 0.25
    return x.contiguous(memory_format=torch.channels_last) if channels_last else x
