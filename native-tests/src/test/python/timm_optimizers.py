"""Writes resources/parity/timm_optimizers.json: what timm's optimisers, and SAM, do to fixed gradients.

    python timm_optimizers.py [OUT.json]     # torch 2.13, timm 1.0.29, CPU; default ../resources/parity/timm_optimizers.json

A list of cases, each in float32 and float64, of ten steps. Parameters and gradients are those of optimizers.py, except that parameter "zero" begins
at 0, as a bias does:

    "name", "optimizer", "options" (under Java's names; those that differ from the defaults, and always lr), "dtype", "shapes", "zero"
    "second"      options of the second group in place of those; the second half of the parameters is this group's
    "missing"     whether parameter 1 has no gradient at steps t with t mod 5 = 3; Lamb and Adan count steps by group, not by parameter
    "wrapper", "settings"      Lookahead or SAM around the optimiser, and its settings
    "trajectory"  the parameters' elements, all in one list, after steps 2, 4, .. 10
    "state"       the tensors of the optimiser's state after step 10, by the parameter's index and their names, without step counts

Lamb does not clip the gradients. Lookahead is algorithm 1 of arXiv:1907.08610, below, whose slow weights begin with the weights before the first step;
timm's begin with those after the first k steps. SAM has no implementation in timm or torch: sam() below is algorithm 1 of arXiv:2010.01412, with
the adaptive form of arXiv:2102.11600; its gradients are those of the loss that optimizers.py gives LBFGS, at the weights of each pass.

Equal: parameters and states to 1e-6 (float32) or 1e-12 (float64), relative to the largest element if that is above 1.
"""
import sys
from pathlib import Path

from golden import RESOURCES, write
from optimizers import SHAPES, gradient, plain, rounded, start
import timm.optim
import torch

CLASSES = {"Lion": timm.optim.Lion, "LAMB": lambda p, **o: timm.optim.Lamb(p, max_grad_norm=None, **o), "LARS": timm.optim.Lars, "Adan": timm.optim.Adan,
           "SGD": torch.optim.SGD, "AdamW": torch.optim.AdamW}


def build(name, params, options, second):
    half = len(params) // 2
    o = CLASSES[name](params[:half], **options)
    o.add_param_group({"params": params[half:]} | second)
    return o


def loss(params):
    total = 0
    for k, p in enumerate(params):
        w = (torch.arange(p.numel()) % 3 + 1).to(p.dtype).reshape(p.shape)
        total = total + ((p - gradient(p.shape, k, 0, p.dtype)) ** 2 * w).sum() / 2 + (p ** 4).sum() / 10
    return total


def sam(optimizer, params, rho=0.05, adaptive=False):
    optimizer.zero_grad()
    loss(params).backward()
    with torch.no_grad():
        before = [p.clone() for p in params]
        size = [p.abs() if adaptive else torch.ones_like(p) for p in params]
        norm = sum((s * p.grad).square().sum() for s, p in zip(size, params)).sqrt()
        for s, p in zip(size, params):
            p += rho * s * s * p.grad / (norm + 1e-12)
    optimizer.zero_grad()
    loss(params).backward()
    with torch.no_grad():
        for p, b in zip(params, before):
            p.copy_(b)
    optimizer.step()


def case(title, name, options, wrapper=None, settings=None, missing=False, maximize=False):
    second = {"lr": options["lr"] / 2} | ({"weight_decay": 0} if name != "SGD" else {})
    for dtype in (torch.float32, torch.float64):
        params = start(SHAPES, dtype)
        with torch.no_grad():
            params[1].zero_()
        own = options | ({"maximize": True} if maximize and name == "Lion" else {})
        base = build(name, params, own, second)
        slow = [p.detach().clone() for p in params]
        trajectory = []
        for t in range(10):
            if wrapper == "SAM":
                sam(base, params, **settings)
            else:
                for k, p in enumerate(params):
                    g = gradient(p.shape, k, t, dtype)
                    p.grad = None if missing and k == 1 and t % 5 == 3 else -g if maximize and name != "Lion" else g
                base.step()
                if wrapper == "Lookahead" and (t + 1) % settings["k"] == 0:
                    with torch.no_grad():
                        for p, s in zip(params, slow):
                            s += settings["alpha"] * (p - s)
                            p.copy_(s)
            if t % 2 == 1:
                trajectory.append(rounded(torch.cat([p.detach().flatten() for p in params]), 15 if dtype == torch.float64 else 9))
        state = {i: {k: plain(v) for k, v in s.items() if k != "step" and isinstance(v, torch.Tensor)} for i, s in base.state_dict()["state"].items()}
        if wrapper == "Lookahead":
            for i, s in enumerate(slow):
                state[i]["lookahead_slow_buff"] = plain(s)
        document = {"name": f"{title}, {str(dtype).removeprefix('torch.')}", "optimizer": name, "options": options | ({"maximize": True} if maximize else {}), "second": options | second,
                    "dtype": str(dtype).removeprefix("torch."), "shapes": SHAPES, "zero": 1, "missing": missing, "trajectory": trajectory, "state": state}
        if maximize:
            document["second"] |= {"maximize": True}
        if wrapper:
            document |= {"wrapper": wrapper, "settings": settings}
        yield document


def cases():
    yield from case("Lion", "Lion", dict(lr=0.01), missing=True)
    yield from case("Lion with all options", "Lion", dict(lr=0.01, betas=(0.8, 0.95), weight_decay=0.1), missing=True, maximize=True)
    yield from case("LAMB", "LAMB", dict(lr=0.01))
    yield from case("LAMB that always adapts, clipped", "LAMB", dict(lr=0.02, betas=(0.8, 0.95), eps=1e-5, weight_decay=0.1, trust_clip=True, always_adapt=True), maximize=True)
    yield from case("LAMB without bias correction", "LAMB", dict(lr=0.01, bias_correction=False))
    yield from case("LARS without momentum", "LARS", dict(lr=1.0, weight_decay=0.01), missing=True)
    yield from case("LARS with Nesterov's momentum", "LARS", dict(lr=0.5, momentum=0.9, weight_decay=0.01, nesterov=True, trust_coeff=0.02), missing=True)
    yield from case("LARS that always adapts, clipped", "LARS", dict(lr=0.1, momentum=0.5, dampening=0.2, weight_decay=0.1, trust_coeff=0.2, eps=1e-4, trust_clip=True, always_adapt=True), missing=True, maximize=True)
    yield from case("Adan", "Adan", dict(lr=0.01))
    yield from case("Adan with all options", "Adan", dict(lr=0.01, betas=(0.9, 0.8, 0.95), eps=1e-5, weight_decay=0.1), maximize=True)
    yield from case("Adan with decay as AdamW's", "Adan", dict(lr=0.01, weight_decay=0.1, no_prox=True))
    yield from case("Lookahead of SGD", "SGD", dict(lr=0.1, momentum=0.9), "Lookahead", dict(alpha=0.5, k=3))
    yield from case("Lookahead of AdamW", "AdamW", dict(lr=0.01, weight_decay=0.1), "Lookahead", dict(alpha=0.8, k=4))
    yield from case("SAM of SGD", "SGD", dict(lr=0.05, momentum=0.9), "SAM", dict(rho=0.05))
    yield from case("adaptive SAM of AdamW", "AdamW", dict(lr=0.01), "SAM", dict(rho=0.5, adaptive=True))


if __name__ == "__main__":
    write(list(cases()), Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity/timm_optimizers.json")
