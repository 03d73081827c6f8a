"""Writes resources/parity/schedulers.json: learning rates and momenta that torch.optim.lr_scheduler's schedulers set.

    python schedulers.py [OUT.json]          # torch 2.13, CPU; default ../resources/parity/schedulers.json

A list of cases:

    "name", "scheduler"   a class; SequentialLR and ChainedScheduler have "parts", a list of {"scheduler", "options"}
    "options"             its arguments under Python's names; functions are formulas of the step t: "lambda": "1/(1+t/10)", "0.98^t", "0.95"
    "optimizer"           "SGD" (momentum 0.9) or "Adam"; two groups, learning rates 0.1 and 0.02
    "lr"                  [of group 1, of group 2] before the first step and after each of 59
    "momentum"            the same of momentum or beta1, where the scheduler cycles it
    "state", "groups"     the scheduler's state dict and the optimizer's param_groups after step 20: both loaded, the rest is the same

ReduceLROnPlateau is stepped with 1/(1+t) + 0.3((7t mod 5) - 2)/(t + 4), times 1e3 with "threshold_mode" abs, negated with "mode" max.
Equal to 1e-12, relative.
"""
import math
import sys
import warnings
from pathlib import Path

from golden import RESOURCES, write
import torch
from torch.optim import lr_scheduler, swa_utils

FUNCTIONS = {"1/(1+t/10)": lambda t: 1 / (1 + t / 10), "0.98^t": lambda t: 0.98 ** t, "0.95": lambda t: 0.95}


def optimizer(kind):
    a, b = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
    groups = [{"params": [a]}, {"params": [b], "lr": 0.02}]
    return torch.optim.Adam(groups, lr=0.1) if kind == "Adam" else torch.optim.SGD(groups, lr=0.1, momentum=0.9)


def build(o, name, options, parts):
    if name == "SequentialLR":
        return lr_scheduler.SequentialLR(o, [build(o, p["scheduler"], p["options"], None) for p in parts], options["milestones"])
    if name == "ChainedScheduler":
        return lr_scheduler.ChainedScheduler([build(o, p["scheduler"], p["options"], None) for p in parts])
    options = dict(options)
    if "lambda" in options:
        f = options.pop("lambda")
        options["lr_lambda"] = [FUNCTIONS[g] for g in f] if isinstance(f, list) else FUNCTIONS[f]
    cls = swa_utils.SWALR if name == "SWALR" else getattr(lr_scheduler, name)
    return cls(o, **options)


def metric(t, options):
    m = 1 / (1 + t) + 0.3 * ((7 * t) % 5 - 2) / (t + 4)
    if options.get("threshold_mode") == "abs":
        m *= 1e3
    return -m if options.get("mode") == "max" else m


def plain(v):
    if isinstance(v, dict):
        return {str(k): plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    # Functions, and infinities that JSON does not know, are options.
    return v if isinstance(v, (int, str)) or isinstance(v, float) and math.isfinite(v) else None


def case(title, name, options=None, kind="SGD", parts=None, steps=59):
    options = options or {}
    o = optimizer(kind)
    s = build(o, name, options, parts)
    cycles = "momentum" in title
    rates, momenta, extra = [], [], {}

    def note():
        rates.append([g["lr"] for g in o.param_groups])
        momenta.append([g["betas"][0] if "betas" in g else g["momentum"] for g in o.param_groups])
    note()
    for t in range(steps):
        o.step()
        s.step(*([metric(t, options)] if name == "ReduceLROnPlateau" else []))
        note()
        if t + 1 == 20:
            extra = {"state": plain(s.state_dict()), "groups": plain(o.state_dict()["param_groups"])}
    document = {"name": title, "scheduler": name, "options": options, "optimizer": kind, "lr": rates} | extra
    return document | ({"momentum": momenta} if cycles else {}) | ({"parts": parts} if parts else {})


def part(name, **options):
    return {"scheduler": name, "options": options}


def cases():
    yield case("LambdaLR", "LambdaLR", {"lambda": "1/(1+t/10)"})
    yield case("LambdaLR with a function for each group", "LambdaLR", {"lambda": ["1/(1+t/10)", "0.98^t"]})
    yield case("MultiplicativeLR", "MultiplicativeLR", {"lambda": "0.95"})
    yield case("MultiplicativeLR with a function for each group", "MultiplicativeLR", {"lambda": ["0.95", "0.98^t"]})
    yield case("StepLR", "StepLR", {"step_size": 7})
    yield case("StepLR with gamma", "StepLR", {"step_size": 10, "gamma": 0.5})
    yield case("MultiStepLR", "MultiStepLR", {"milestones": [5, 30]})
    yield case("MultiStepLR with a milestone twice", "MultiStepLR", {"milestones": [5, 5, 31, 40], "gamma": 0.7})
    yield case("ConstantLR", "ConstantLR", {})
    yield case("ConstantLR with options", "ConstantLR", {"factor": 0.5, "total_iters": 25})
    yield case("LinearLR", "LinearLR", {})
    yield case("LinearLR down", "LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 30})
    yield case("ExponentialLR", "ExponentialLR", {"gamma": 0.9})
    yield case("PolynomialLR", "PolynomialLR", {"total_iters": 50})
    yield case("PolynomialLR squared", "PolynomialLR", {"total_iters": 40, "power": 2.0})
    yield case("CosineAnnealingLR", "CosineAnnealingLR", {"T_max": 60})
    yield case("CosineAnnealingLR up again", "CosineAnnealingLR", {"T_max": 13, "eta_min": 0.001})
    yield case("CosineAnnealingWarmRestarts", "CosineAnnealingWarmRestarts", {"T_0": 10})
    yield case("CosineAnnealingWarmRestarts ever longer", "CosineAnnealingWarmRestarts", {"T_0": 7, "T_mult": 2, "eta_min": 0.003})
    for kind in ("SGD", "Adam"):
        yield case(f"CyclicLR and momentum of {kind}", "CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 8}, kind)
        yield case(f"OneCycleLR and momentum of {kind}", "OneCycleLR", {"max_lr": 0.3, "total_steps": 60}, kind)
    yield case("CyclicLR without cycles of the other kind", "CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 8, "cycle_momentum": False})
    yield case("CyclicLR triangular2, unequal halves, momentum", "CyclicLR", {"base_lr": [0.01, 0.02], "max_lr": [0.1, 0.2], "step_size_up": 5, "step_size_down": 9, "mode": "triangular2", "base_momentum": 0.7, "max_momentum": 0.95})
    yield case("CyclicLR exp_range, momentum", "CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 8, "mode": "exp_range", "gamma": 0.97})
    yield case("OneCycleLR linear without cycles of the other kind", "OneCycleLR", {"max_lr": 0.3, "total_steps": 60, "anneal_strategy": "linear", "cycle_momentum": False})
    yield case("OneCycleLR in three phases with options, momentum", "OneCycleLR", {"max_lr": [0.3, 0.1], "total_steps": 60, "pct_start": 0.4, "three_phase": True, "base_momentum": 0.8, "max_momentum": 0.9, "div_factor": 10.0, "final_div_factor": 100.0})
    for title, options in (("", {}), (" with patience", {"patience": 3, "factor": 0.5}), (" for more, absolutely", {"mode": "max", "threshold_mode": "abs", "patience": 2, "threshold": 0.5}),
                           (" for more", {"mode": "max", "patience": 2}), (" with cooldown and a lower bound", {"patience": 1, "cooldown": 4, "min_lr": 0.001, "factor": 0.3, "threshold": 0.05})):
        yield case("ReduceLROnPlateau" + title, "ReduceLROnPlateau", options)
    yield case("SWALR", "SWALR", {"swa_lr": 0.005})
    yield case("SWALR along a line", "SWALR", {"swa_lr": 0.3, "anneal_epochs": 25, "anneal_strategy": "linear"})
    yield case("SWALR at once", "SWALR", {"swa_lr": 0.05, "anneal_epochs": 0})
    warm = part("LinearLR", start_factor=0.1, total_iters=10)
    yield case("SequentialLR, warm-up and cosine", "SequentialLR", {"milestones": [10]}, parts=[warm, part("CosineAnnealingLR", T_max=50)])
    yield case("SequentialLR of three", "SequentialLR", {"milestones": [10, 35]}, parts=[part("ConstantLR", factor=0.2, total_iters=10), part("ExponentialLR", gamma=0.9), part("StepLR", step_size=5, gamma=0.5)])
    yield case("SequentialLR of others", "SequentialLR", {"milestones": [15, 40]}, parts=[part("CosineAnnealingWarmRestarts", T_0=6), part("PolynomialLR", total_iters=20), part("MultiStepLR", milestones=[3, 9])])
    yield case("ChainedScheduler", "ChainedScheduler", parts=[part("ConstantLR", factor=0.3, total_iters=12), part("ExponentialLR", gamma=0.95)])
    yield case("ChainedScheduler of three", "ChainedScheduler", parts=[warm, part("StepLR", step_size=20), part("MultiplicativeLR", **{"lambda": "0.95"})])


if __name__ == "__main__":
    warnings.simplefilter("ignore")  # about the order of calls, and SequentialLR's own call with an epoch
    write(list(cases()), Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity/schedulers.json")
