"""Writes resources/parity/layers.json: small layers, losses and SGD in Python, complete down to the last number.

    python layers_parity.py [OUT.json]          # torch 2.13, CPU; default ../resources/parity/layers.json

A list of cases; one parameterised Java test walks it. A tensor is {"shape": [..], "values": [flat, ..]} (int64 ones have
"dtype": "int64"; otherwise float32, as the shortest decimals that give the same float32 back). Every case has

    "name"     unique, reads as a sentence's subject, e.g. "conv2d with stride, padding and groups"
    "kind"     what to build: conv2d, linear, batch_norm2d, max_pool2d, avg_pool2d, adaptive_avg_pool2d,
               cross_entropy, dropout, sgd
    "options"  its options under PyTorch's names; only those that differ from PyTorch's defaults
    "seed"     k: torch.manual_seed(k) directly before "inputs" are drawn
    "inputs"   name -> {"shape", "draw": "randn" | "randint", "high" (randint's), "values"}; drawn in the order listed

and, by kind:

  layers       "init_seed" k: manual_seed(k) directly before the layer is built (default initialisation),
               "parameters": name -> tensor, right after; then the layer is called on input "x" ("training": false: after eval()).
  all but sgd  "output": tensor; "gradients": name -> tensor, with respect to every float input and every parameter,
               of sum(output * w), where w_i = cos(i) over output's flat index i (a plain sum hides too many mistakes).
  batch_norm2d inputs "x0", "x1", ...: called on each in turn in train mode; "output" and "gradients" are those of the last
               call (its input's gradient is called "x"), or, where "training" is false, those of one more call on input
               "x" after eval(). "parameters" and "buffers" (afterwards) as far as the options leave any.
  dropout      "call_seed" k: manual_seed(k) directly before the call on "x" in train mode; the output is exact.
  cross_entropy logits "x" [N, C], targets "target" [N]; "options" may hold "weight" as a list of C numbers.
               Where "ignore_index" is set, the targets in "values" already contain it (written over after the draw).
  sgd          one parameter "p" from randn; loss of step t (0..9): 0.5*sum(p*p*c), c_i = 1 + i/4, so grad = p*c;
               "trajectory": 10 tensors, p after each step. Options: lr, momentum, weight_decay, nesterov, dampening.

Inputs, parameters, dropout outputs: equal to the bit. Everything else: |a - b| <= 1e-5 + 1e-5*|b|.
"""
import sys
from pathlib import Path

from golden import RESOURCES, exact, write
import torch  # after golden, which chooses its instructions
import torch.nn.functional as F
from torch import nn


def tensor(t):
    document = {"shape": list(t.shape)}
    if t.dtype != torch.float32:
        document["dtype"] = str(t.dtype).removeprefix("torch.")
    return document | {"values": exact(t)}


def draw(seed, **shapes):
    """name=shape draws randn; name=(shape, high) draws randint."""
    torch.manual_seed(seed)
    inputs, described = {}, {}
    for name, spec in shapes.items():
        if isinstance(spec[0], tuple):
            inputs[name] = torch.randint(0, spec[1], spec[0])
            how = {"draw": "randint", "high": spec[1]}
        else:
            inputs[name] = torch.randn(spec).requires_grad_()
            how = {"draw": "randn"}
        described[name] = tensor(inputs[name]) | how
    return inputs, {"seed": seed, "inputs": described}


def differentiate(output, leaves):
    w = torch.arange(output.numel(), dtype=torch.float64).cos().float().reshape(output.shape)
    names = list(leaves)
    grads = torch.autograd.grad((output * w).sum(), [leaves[n] for n in names])
    return {"output": tensor(output), "gradients": {n: tensor(g) for n, g in zip(names, grads)}}


def layer(name, kind, build, x, **options):
    torch.manual_seed(100)
    module = build()
    case = {"name": name, "kind": kind, "options": options}
    if list(module.parameters()):
        case |= {"init_seed": 100, "parameters": {n: tensor(p) for n, p in module.named_parameters()}}
    inputs, described = draw(7, x=x)
    return case | described | differentiate(module(inputs["x"]), inputs | dict(module.named_parameters()))


def batch_norm(name, training, **options):
    module = nn.BatchNorm2d(3, **options)
    shapes = {"x0": (4, 3, 2, 2), "x1": (4, 3, 2, 2)} | ({} if training else {"x": (2, 3, 2, 2)})
    inputs, described = draw(11, **shapes)
    case = {"name": name, "kind": "batch_norm2d", "options": {"num_features": 3} | options, "training": training,
            "parameters": {n: tensor(p) for n, p in module.named_parameters()}} | described
    output = [module(inputs["x0"]), module(inputs["x1"])][-1]
    last = inputs["x1"]
    if not training:
        last = inputs["x"]
        output = module.eval()(last)
    case |= differentiate(output, {"x": last} | dict(module.named_parameters()))
    return case | {"buffers": {n: tensor(b) for n, b in module.named_buffers()}}


def cross_entropy(name, ignore=None, weight=None, **options):
    inputs, described = draw(13, x=(5, 4), target=((5,), 4))
    if ignore is not None:
        inputs["target"][1::3] = ignore
        described["inputs"]["target"] |= tensor(inputs["target"])
        options["ignore_index"] = ignore
    weights = None if weight is None else torch.tensor(weight)
    loss = F.cross_entropy(inputs["x"], inputs["target"], weight=weights, **options)
    if weight is not None:
        options["weight"] = weight
    return {"name": name, "kind": "cross_entropy", "options": options} | described | differentiate(loss, {"x": inputs["x"]})


def dropout(name, p, shape):
    inputs, described = draw(17, x=shape)
    torch.manual_seed(23)
    return ({"name": name, "kind": "dropout", "options": {"p": p}, "call_seed": 23} | described
            | differentiate(F.dropout(inputs["x"], p, training=True), inputs))


def sgd(name, **options):
    inputs, described = draw(19, p=(2, 3))
    p = inputs["p"]
    c = 1 + torch.arange(6.0).reshape(2, 3) / 4
    optimiser = torch.optim.SGD([p], **options)
    trajectory = []
    for _ in range(10):
        optimiser.zero_grad()
        (0.5 * (p * p * c).sum()).backward()
        optimiser.step()
        trajectory.append(tensor(p))
    return {"name": name, "kind": "sgd", "options": options} | described | {"trajectory": trajectory}


def cases():
    image = (2, 4, 5, 5)
    conv = dict(in_channels=4, out_channels=3, kernel_size=3)
    yield layer("conv2d with bias", "conv2d", lambda: nn.Conv2d(**conv), (1, 4, 4, 4), **conv)
    conv = dict(in_channels=4, out_channels=6, kernel_size=3, stride=2, padding=1, groups=2)
    yield layer("conv2d with stride, padding and groups", "conv2d", lambda: nn.Conv2d(**conv), image, **conv)
    conv = dict(in_channels=4, out_channels=2, kernel_size=1, bias=False)
    yield layer("conv2d 1x1 without bias", "conv2d", lambda: nn.Conv2d(**conv), (2, 4, 3, 3), **conv)
    conv = dict(in_channels=2, out_channels=2, kernel_size=[3, 2], dilation=[1, 2], padding=[1, 0])
    yield layer("conv2d with a kernel that is not square", "conv2d", lambda: nn.Conv2d(**conv), (1, 2, 4, 5), **conv)
    linear = dict(in_features=5, out_features=3)
    yield layer("linear", "linear", lambda: nn.Linear(**linear), (4, 5), **linear)
    yield layer("linear without bias", "linear", lambda: nn.Linear(**linear, bias=False), (4, 5), **linear, bias=False)
    yield layer("linear on three dimensions", "linear", lambda: nn.Linear(**linear), (2, 3, 5), **linear)

    yield batch_norm("batch norm in training", True)
    yield batch_norm("batch norm in evaluation", False)
    yield batch_norm("batch norm with a cumulative average", False, momentum=None)
    yield batch_norm("batch norm without affine parameters", True, affine=False)
    yield batch_norm("batch norm without running statistics", False, track_running_stats=False)
    yield batch_norm("batch norm with momentum and eps", True, momentum=0.3, eps=0.01)

    for kind, build in (("max_pool2d", nn.MaxPool2d), ("avg_pool2d", nn.AvgPool2d)):
        words = kind.replace("_", " ")
        yield layer(words, kind, lambda: build(2), image, kernel_size=2)
        yield layer(words + " with stride and padding", kind, lambda: build(3, 2, 1), image, kernel_size=3, stride=2, padding=1)
        yield layer(words + " in ceil mode", kind, lambda: build(2, ceil_mode=True), image, kernel_size=2, ceil_mode=True)
    pool = dict(kernel_size=3, stride=2, padding=1, count_include_pad=False)
    yield layer("avg pool2d that leaves padding out of the count", "avg_pool2d", lambda: nn.AvgPool2d(**pool), image, **pool)
    for size in (1, [2, 3]):
        pool = dict(output_size=size)
        yield layer(f"adaptive avg pool2d to {size}", "adaptive_avg_pool2d", lambda: nn.AdaptiveAvgPool2d(**pool), image, **pool)

    weight = [0.5, 2.0, 1.0, 0.25]
    yield cross_entropy("cross entropy, mean")
    yield cross_entropy("cross entropy, sum", reduction="sum")
    yield cross_entropy("cross entropy, none", reduction="none")
    yield cross_entropy("cross entropy with label smoothing", label_smoothing=0.1)
    yield cross_entropy("cross entropy with class weights", weight=weight)
    yield cross_entropy("cross entropy with class weights, sum", weight=weight, reduction="sum")
    yield cross_entropy("cross entropy that ignores the default index", ignore=-100)
    yield cross_entropy("cross entropy that ignores class 2", ignore=2)
    yield cross_entropy("cross entropy with weights, smoothing and an ignored class",
                        weight=weight, ignore=2, label_smoothing=0.1)

    for p, shape in ((0.5, (4, 6)), (0.1, (3, 2, 3, 3)), (0.0, (2, 3)), (1.0, (2, 3)), (0.3, (37,))):
        yield dropout(f"dropout with p = {p}", p, shape)

    yield sgd("sgd", lr=0.1)
    for momentum, decay, nesterov in ((0, 0.1, False), (0.9, 0, False), (0.9, 0.1, False), (0.9, 0, True), (0.9, 0.1, True)):
        words = [f"momentum {momentum}"] * (momentum > 0) + [f"weight decay {decay}"] * (decay > 0) + ["nesterov"] * nesterov
        yield sgd("sgd with " + ", ".join(words), lr=0.1, momentum=momentum, weight_decay=decay, nesterov=nesterov)
    yield sgd("sgd with momentum 0.9, dampening 0.5", lr=0.1, momentum=0.9, dampening=0.5)


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity" / "layers.json"
    torch.set_num_threads(1)
    document = list(cases())
    assert len({case["name"] for case in document}) == len(document)
    write(document, out)
    print(len(document), "cases")


if __name__ == "__main__":
    main()
