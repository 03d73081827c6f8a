"""Python's side of panatorch.cuda.bench: seconds of a training step of a net, eager, in bfloat16 with channels last, as a CUDA graph, and compiled.

    python steps.py NET DEVICE BATCH SECONDS

It first prints {"versions": .., "check": {part: loss of the first step}}, then {part: seconds of a step} for every line of its input, and ends with it.
Weights are numbers of one seed in the order of registration, which is Java's; inputs and labels are Java's, too. Nothing drops.
"""
import json
import math
import sys
from time import perf_counter

import torch
import torch.nn.functional as F
from torch import nn

NAME, DEVICE, BATCH, SECONDS = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
CUDA = DEVICE.startswith("cuda")


def conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class Block(nn.Module):
    """A basic block of two 3x3 convolutions, or a bottleneck of 1x1, 3x3 and 1x1."""

    def __init__(self, inputs, planes, outputs, stride):
        super().__init__()
        shapes = [(inputs, planes, 3, stride), (planes, outputs, 3, 1)] if planes == outputs else [(inputs, planes, 1, 1), (planes, planes, 3, stride), (planes, outputs, 1, 1)]
        self.count = len(shapes)
        for i, shape in enumerate(shapes, 1):
            setattr(self, f"conv{i}", conv(*shape))
            setattr(self, f"bn{i}", nn.BatchNorm2d(shape[1]))
        self.downsample = nn.Sequential() if inputs == outputs and stride == 1 else nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = x
        for i in range(1, self.count + 1):
            y = getattr(self, f"bn{i}")(getattr(self, f"conv{i}")(y))
            if i < self.count:
                y = F.relu(y, inplace=True)
        return F.relu(y.add_(self.downsample(x)), inplace=True)


def resnet(blocks, expansion):
    layers, inputs = [conv(3, 64, 3), nn.BatchNorm2d(64), nn.ReLU(True)], 64
    for stage, count in enumerate(blocks):
        for block in range(count):
            layers.append(Block(inputs, 64 << stage, (64 << stage) * expansion, 2 if stage and not block else 1))
            inputs = (64 << stage) * expansion
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


class BertLayer(nn.Module):
    def __init__(self, width=256, heads=4):
        super().__init__()
        self.heads = heads
        self.query, self.key, self.value, self.out, self.norm1 = *(nn.Linear(width, width) for _ in range(4)), nn.LayerNorm(width, 1e-12)
        self.up, self.down, self.norm2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width), nn.LayerNorm(width, 1e-12)

    def forward(self, x):
        query, key, value = (f(x).unflatten(-1, (self.heads, -1)).transpose(1, 2) for f in (self.query, self.key, self.value))
        x = self.norm1(x + self.out(F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)))
        return self.norm2(x + self.down(F.gelu(self.up(x))))


class Bert(nn.Module):
    """BERT as Hugging Face has it, of 4 layers of 256, without padding in its input."""

    def __init__(self):
        super().__init__()
        self.words, self.positions, self.types, self.norm = nn.Embedding(30522, 256), nn.Embedding(512, 256), nn.Embedding(2, 256), nn.LayerNorm(256, 1e-12)
        self.layers = nn.Sequential(*(BertLayer() for _ in range(4)))
        self.pooler, self.classifier = nn.Linear(256, 256), nn.Linear(256, 2)

    def forward(self, tokens):
        places = torch.arange(tokens.size(1), device=tokens.device)
        x = self.layers(self.norm(self.words(tokens) + self.types(torch.zeros_like(tokens)) + self.positions(places)))
        return self.classifier(torch.tanh(self.pooler(x[:, 0])))


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(True), nn.Linear(256, 10))


NETS = {"resnet18": (lambda: resnet((2, 2, 2, 2), 1), (3, 32, 32), 10), "resnet50": (lambda: resnet((3, 4, 6, 3), 4), (3, 32, 32), 10),
        "vgg16": (vgg16, (3, 32, 32), 10), "bert": (Bert, (64,), 2), "mlp": (mlp, (1, 28, 28), 10)}


class Step:
    def __init__(self, part):
        make, shape, classes = NETS[NAME]
        model = make().train()
        torch.manual_seed(1)
        with torch.no_grad():
            for p in model.parameters():
                if p.dim() > 1:
                    p.copy_(torch.randn(p.shape) * math.sqrt(2 / (p.numel() // p.size(0))))
                else:
                    p.zero_()
            for module in model.modules():
                if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
                    module.weight.fill_(1)
        self.half, last = part != "eager", part != "eager" and len(shape) == 3
        form = {"memory_format": torch.channels_last} if last else {}
        self.model = model.to(DEVICE, **form)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=1e-4, momentum=0.9, fused=True)
        torch.manual_seed(2)
        self.input = (torch.randint(1, 30522, (BATCH, *shape)) if len(shape) == 1 else torch.randn(BATCH, *shape)).to(DEVICE).contiguous(**form)
        self.labels = (torch.arange(BATCH) % classes).to(DEVICE)
        if part == "compiled":
            self.model = torch.compile(self.model, mode="reduce-overhead")

    def __call__(self):
        self.optimizer.zero_grad(set_to_none=True)
        with torch.autocast(DEVICE.split(":")[0], torch.bfloat16, enabled=self.half):
            loss = F.cross_entropy(self.model(self.input), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss


class Graphed:
    """As PyTorch's notes on whole-network capture have it; inputs are copied into the graph's."""

    def __init__(self):
        self.step, self.graph = Step("graphed"), None
        self.input, self.labels = self.step.input.clone(), self.step.labels.clone()

    def __call__(self):
        if self.graph is None:
            side, main = torch.cuda.Stream(), torch.cuda.current_stream()
            side.wait_stream(main)
            with torch.cuda.stream(side):
                first = self.step()
                for _ in range(2):
                    self.step()
            main.wait_stream(side)
            self.step.optimizer.zero_grad(set_to_none=True)
            self.graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self.graph):
                self.loss = self.step()
            return first
        self.step.input.copy_(self.input)
        self.step.labels.copy_(self.labels)
        self.graph.replay()
        return self.loss


def wait():
    if CUDA:
        torch.cuda.synchronize()


def timed(step, count):
    wait()
    start = perf_counter()
    for _ in range(count):
        step()
    wait()
    return (perf_counter() - start) / count


def run(step):
    timed(step, 10)
    return timed(step, max(10, int(SECONDS / timed(step, 10))))


def say(document):
    print(json.dumps(document), flush=True)


if __name__ == "__main__":
    torch.backends.cudnn.benchmark = True
    STEPS = {"eager": Step("eager"), "bf16": Step("bf16"), "graphed": Graphed() if CUDA else Step("graphed")}
    if CUDA:
        STEPS["compiled"] = Step("compiled")
    say({"versions": f"torch {torch.__version__}", "check": {part: step().item() for part, step in STEPS.items()}})
    for line in sys.stdin:
        say({part: run(step) for part, step in STEPS.items()})
