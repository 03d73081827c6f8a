"""Writes resources/parity/models.json: every model of panatorch.models in Python, its state-dict keys, initial weights and logits.

    python models.py [OUT.json]      # torch 2.13, torchvision 0.28, transformers 5; CPU; default ../resources/parity/models.json

Weights are too large to store, so both sides make them by a formula that is exact in float64. With the prime P = 10007 the pattern t has
the elements u_k = ((k² + t·k) mod P) / P, k = 0 … P − 1; a tensor of n elements takes the first n of it, repeated. The tensor at place t
(from 1) of the state dict is

    at least two dimensions        (2u − 1) · sqrt(6 / fan-in), fan-in being the elements of one output
    named …weight or …running_var  u / 2 + 1/2
    num_batches_tracked            as it is
    any other                      (2u − 1) / 10

rounded to float32, and an image (2u − 1) · sqrt(3) with t = 0. Input tokens are (7·i + 3) mod vocabulary, token types 1 in the second half
of each row, and the mask of row r is 0 at its last 2·r tokens. The document is {"torch", "capability", "models": {name: case}}, with

    "input"    the shape, [N, C, H, W] or [N, S]
    "keys"     sha256 of the state dict's lines "name [a, b]\\n" in its order, num_batches_tracked included
    "logits"   [N][classes], in evaluation mode, with those weights
    "initial"  name -> crc32 of the float32 bytes of each parameter made after manual_seed(0), for one or two of each family
    "gradients" with "initial": the norm of each parameter's gradient, in order, of the mean of the squared logits
    "unmasked" logits of BERT with neither mask nor token types

Logits: within 1e-5 of the largest. Gradients: every norm within 1e-4 of itself and 1e-6 of the largest. Initial weights: equal to the bit.
"""
import hashlib
import sys
import zlib
from pathlib import Path

from golden import RESOURCES, exact, write
import numpy
import torch  # after golden, which chooses its instructions
import torch.nn.functional as F
try:
    import torchvision_cpu  # noqa: F401, where torchvision's own operators are missing
except ImportError:
    pass
from torch import nn
from torchvision import models as tv
from transformers import BertConfig, BertForSequenceClassification

from resnet20_parity import BasicBlock as CifarBlock

P = 10007
CLASSES = 10


def pattern(t, shape):
    k = numpy.arange(P, dtype=numpy.int64)
    n = int(numpy.prod(shape))
    return numpy.resize(((k * k + t * k) % P) / P, n).reshape(shape)


def fill(model):
    with torch.no_grad():
        for t, (name, p) in enumerate(model.state_dict().items(), 1):
            if name.endswith("num_batches_tracked"):
                continue
            u = pattern(t, p.shape)
            if p.dim() > 1:
                values = (2 * u - 1) * numpy.sqrt(6 / (p.numel() // p.shape[0]))
            elif name.endswith(("weight", "running_var")):
                values = u / 2 + 0.5
            else:
                values = (2 * u - 1) / 10
            p.copy_(torch.from_numpy(values.astype(numpy.float32)))


class CifarResNet(nn.Module):
    """akamaster/pytorch_resnet_cifar10, as resnet20_parity.py has it, of any depth."""

    def __init__(self, depth, option):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        n = (depth - 2) // 6
        for stage, (before, planes) in enumerate([(16, 16), (16, 32), (32, 64)], 1):
            blocks = [CifarBlock(before if i == 0 else planes, planes, 2 if i == 0 and stage > 1 else 1, option) for i in range(n)]
            setattr(self, f"layer{stage}", nn.Sequential(*blocks))
        self.linear = nn.Linear(64, CLASSES)

    def forward(self, x):
        x = self.layer3(self.layer2(self.layer1(F.relu(self.bn1(self.conv1(x))))))
        return self.linear(x.mean((2, 3)))


def small_stem(resnet):
    """torchvision's ResNet for 32x32 images: what everyone changes."""
    model = resnet(num_classes=CLASSES)
    model.conv1 = nn.Conv2d(3, 64, 3, padding=1, bias=False)
    model.maxpool = nn.Identity()
    return model


class CifarVGG(nn.Module):
    """torchvision's convolutions, and kuangliu/pytorch-cifar's head; initialised as torchvision's."""

    def __init__(self, columns, batch_norm):
        super().__init__()
        self.features = tv.vgg.make_layers(tv.vgg.cfgs[columns], batch_norm)
        self.classifier = nn.Linear(512, CLASSES)
        for m in self.modules():
            if isinstance(m, nn.Conv2d):
                nn.init.kaiming_normal_(m.weight, mode="fan_out", nonlinearity="relu")
                nn.init.constant_(m.bias, 0)
            elif isinstance(m, nn.Linear):
                nn.init.normal_(m.weight, 0, 0.01)
                nn.init.constant_(m.bias, 0)

    def forward(self, x):
        return self.classifier(self.features(x).mean((2, 3)))


class Chain(nn.Module):
    """Layers one after the other, made in order by (name, make) or (name, make, std): normally initialised by std, with biases of zero."""

    def __init__(self, *rows):
        super().__init__()
        for name, make, *std in rows:
            layer = make()
            if std:
                nn.init.normal_(layer.weight, 0, std[0])
                nn.init.zeros_(layer.bias)
            setattr(self, name, layer)

    def forward(self, x):
        for layer in self.children():
            x = layer(x)
        return x


def pool(kind, *size, ceil_mode=False):
    return lambda: kind(*size, ceil_mode=ceil_mode)


def conv(*options):
    return lambda: nn.Conv2d(*options)


def linear(before, after):
    return lambda: nn.Linear(before, after)


def lenet5():
    model = Chain(("conv1", conv(1, 20, 5)), ("pool1", pool(nn.MaxPool2d, 2)), ("conv2", conv(20, 50, 5)), ("pool2", pool(nn.MaxPool2d, 2)),
                  ("flatten", nn.Flatten), ("ip1", linear(800, 500)), ("relu1", nn.ReLU), ("ip2", linear(500, CLASSES)))
    for layer in (model.conv1, model.conv2, model.ip1, model.ip2):
        nn.init.kaiming_uniform_(layer.weight, nonlinearity="linear")       # Caffe's xavier: variance 1 / fan-in
        nn.init.zeros_(layer.bias)
    return model


def quick():
    return Chain(("conv1", conv(3, 32, 5, 1, 2), 1e-4), ("pool1", pool(nn.MaxPool2d, 3, 2, ceil_mode=True)), ("relu1", nn.ReLU),
                 ("conv2", conv(32, 32, 5, 1, 2), 0.01), ("relu2", nn.ReLU), ("pool2", pool(nn.AvgPool2d, 3, 2, ceil_mode=True)),
                 ("conv3", conv(32, 64, 5, 1, 2), 0.01), ("relu3", nn.ReLU), ("pool3", pool(nn.AvgPool2d, 3, 2, ceil_mode=True)),
                 ("flatten", nn.Flatten), ("ip1", linear(1024, 64), 0.1), ("ip2", linear(64, CLASSES), 0.1))


def nin():
    def with_relu(name, before, after, k):
        return (name, conv(before, after, k, 1, k // 2), 0.05), ("relu_" + name, nn.ReLU)
    return Chain(*with_relu("conv1", 3, 192, 5), *with_relu("cccp1", 192, 160, 1), *with_relu("cccp2", 160, 96, 1),
                 ("pool1", pool(nn.MaxPool2d, 3, 2, ceil_mode=True)), ("drop3", nn.Dropout),
                 *with_relu("conv2", 96, 192, 5), *with_relu("cccp3", 192, 192, 1), *with_relu("cccp4", 192, 192, 1),
                 ("pool2", pool(nn.AvgPool2d, 3, 2, ceil_mode=True)), ("drop6", nn.Dropout),
                 *with_relu("conv3", 192, 192, 3), *with_relu("cccp5", 192, 192, 1), *with_relu("cccp6", 192, CLASSES, 1),
                 ("pool3", pool(nn.AvgPool2d, 8)), ("flatten", nn.Flatten))


def all_conv():
    table = [(3, 96, 3, 1, 1), (96, 96, 3, 1, 1), (96, 96, 3, 2, 1), (96, 192, 3, 1, 1), (192, 192, 3, 1, 1), (192, 192, 3, 2, 1),
             (192, 192, 3, 1, 0), (192, 192, 1, 1, 0), (192, CLASSES, 1, 1, 0)]
    rows = [row for i, options in enumerate(table, 1) for row in ((f"conv{i}", conv(*options)), (f"relu{i}", nn.ReLU))]
    return Chain(*rows, ("pool", pool(nn.AvgPool2d, 6)), ("flatten", nn.Flatten))


BERT = {"vocab_size": 97, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 16,
        "num_labels": 3}


def bert():
    return BertForSequenceClassification(BertConfig(**BERT, attn_implementation="sdpa"))


def tokens(shape):
    n, s = shape
    ids = ((7 * torch.arange(n * s) + 3) % BERT["vocab_size"]).reshape(n, s)
    types = (torch.arange(s) >= s // 2).long().expand(n, s)
    mask = (torch.arange(s) < (s - 2 * torch.arange(n))[:, None]).long()
    return ids, types, mask


def cases():
    """name -> (how to make it, input shape, whether the initial weights are compared)"""
    image, small = (2, 3, 64, 64), (2, 3, 32, 32)
    for name in ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2", "wide_resnet101_2", "resnext50_32x4d", "resnext101_32x8d"):
        yield name, lambda: getattr(tv, name)(num_classes=CLASSES), image, name in ("resnet18", "resnext50_32x4d")
    yield "resnet18_cifar", lambda: small_stem(tv.resnet18), small, False
    for depth in (20, 32, 44, 56, 110):
        yield f"cifar_resnet{depth}", lambda: CifarResNet(depth, "A"), small, depth == 20
    yield "cifar_resnet20_b", lambda: CifarResNet(20, "B"), small, True
    for depth, columns in ((11, "A"), (13, "B"), (16, "D"), (19, "E")):
        yield f"vgg{depth}_cifar", lambda: CifarVGG(columns, False), small, depth == 11
        yield f"vgg{depth}_bn_cifar", lambda: CifarVGG(columns, True), small, depth == 11
    yield "vgg11", lambda: tv.vgg11(num_classes=CLASSES), small, False
    yield "vgg11_bn", lambda: tv.vgg11_bn(num_classes=CLASSES), small, False
    yield "alexnet", lambda: tv.alexnet(num_classes=CLASSES), image, True
    yield "lenet5", lenet5, (2, 1, 28, 28), True
    yield "cuda_convnet_quick", quick, small, True
    yield "nin", nin, small, True
    yield "all_conv", all_conv, small, True
    yield "bert", bert, (3, 12), True


def record(make, shape, initial):
    torch.manual_seed(0)
    model = make().eval()
    keys = "".join(f"{name} {list(t.shape)}\n" for name, t in model.state_dict().items())
    case = {"input": list(shape), "keys": hashlib.sha256(keys.encode()).hexdigest()}
    if initial:
        case["initial"] = {name: zlib.crc32(p.detach().numpy().tobytes()) for name, p in model.named_parameters()}
    fill(model)
    if len(shape) == 2:
        ids, types, mask = tokens(shape)
        logits = model(ids, attention_mask=mask, token_type_ids=types).logits
        case["unmasked"] = [exact(row) for row in model(ids).logits]
    else:
        logits = model(torch.from_numpy(((2 * pattern(0, shape) - 1) * numpy.sqrt(3)).astype(numpy.float32)))
    case["logits"] = [exact(row) for row in logits]
    if initial:
        logits.square().mean().backward()
        case["gradients"] = [p.grad.double().norm().item() for p in model.parameters()]
    return case


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity" / "models.json"
    torch.set_num_threads(1)                    # the order of float sums depends on the number of threads
    recorded = {}
    for name, make, shape, initial in cases():
        recorded[name] = record(make, shape, initial)
        print(name, recorded[name]["logits"][0][:3])
    write({"torch": torch.__version__, "capability": torch.backends.cpu.get_cpu_capability(), "models": recorded}, out)


if __name__ == "__main__":
    main()
