"""Writes resources/parity/optimizers.json: what torch.optim's optimisers do to fixed gradients.

    python optimizers.py [OUT.json]          # torch 2.13, CPU; default ../resources/parity/optimizers.json

A list of cases, each in float32 and float64:

    "name", "optimizer", "options" (under Python's names; those that differ from the defaults, and always lr), "dtype"
    "second"      options of the second group in place of those, or absent: one group
    "shapes"      of the parameters; with two groups, the second half is the second group's
    "trajectory"  the parameters' elements, all in one list, after steps 5, 10, .. 50; LBFGS, which converges, after 2, 4, .. 12
    "state"       the optimiser's state dict after step 25 (LBFGS 6): tensors are {"dtype", "shape", "values"}
    "resumed"     the parameters after the last step of another optimiser that loaded this state (Python converts some of it when it loads)

Element i of parameter k begins as ((5i + 3k) mod 11 - 5) / 7. Its gradient at step t (from 0) is ((7i + 13t + 5k) mod 19 - 9) / 10, in float64
and then rounded; parameter 1 has no gradient at steps t with t mod 5 = 3. SparseAdam's
gradients are sparse in their rows: those r with (r + t) mod 2 = 1 are missing. LBFGS minimises sum((p - g)^2 (1 + i mod 3) / 2 + p^4 / 10), g being
the gradient above for t = 0.

Equal: parameters and states to 1e-6 (float32) or 1e-12 (float64), relative to the largest element if that is above 1. The exception is LBFGS
in float32, to 1e-4: its history is of differences of nearly equal gradients, which keep few digits.
"""
import copy
import sys
from pathlib import Path

from golden import RESOURCES, write
import torch  # after golden, which chooses its instructions

SHAPES = [[3, 2], [4], [2, 2, 2], []]
MATRICES = [[3, 2], [2, 4]]


def elements(shape, k, value):
    n = torch.Size(shape).numel()
    return torch.tensor([value(i, k) for i in range(n)], dtype=torch.float64).reshape(shape)


def start(shapes, dtype):
    return [elements(s, k, lambda i, k: ((5 * i + 3 * k) % 11 - 5) / 7).to(dtype).requires_grad_() for k, s in enumerate(shapes)]


def gradient(shape, k, t, dtype):
    return elements(shape, k, lambda i, k: ((7 * i + 13 * t + 5 * k) % 19 - 9) / 10).to(dtype)


def rounded(t, digits):
    return [float(f"{v:.{digits}g}") for v in t.detach().double().flatten().tolist()]


def plain(value):
    if isinstance(value, torch.Tensor):
        digits = 16 if value.dtype == torch.float64 else 9
        return {"dtype": str(value.dtype).removeprefix("torch."), "shape": list(value.shape), "values": rounded(value, digits)}
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    return value


def build(name, params, options, second):
    cls = getattr(torch.optim, name)
    if second is None:
        return cls(params, **options)
    half = len(params) // 2
    o = cls(params[:half], **options)
    o.add_param_group({"params": params[half:]} | second)
    return o


def step(optimizer, params, t):
    if isinstance(optimizer, torch.optim.LBFGS):
        def closure():
            optimizer.zero_grad()
            loss = 0
            for k, p in enumerate(params):
                w = (torch.arange(p.numel()) % 3 + 1).to(p.dtype).reshape(p.shape)
                loss = loss + ((p - gradient(p.shape, k, 0, p.dtype)) ** 2 * w).sum() / 2 + (p ** 4).sum() / 10
            loss.backward()
            return loss
        optimizer.step(closure)
        return
    for k, p in enumerate(params):
        g = gradient(p.shape, k, t, p.dtype)
        if isinstance(optimizer, torch.optim.SparseAdam):
            g[(t + 1) % 2::2] = 0
            g = g.to_sparse(1)
        p.grad = None if k == 1 and t % 5 == 3 else g
    optimizer.step()


def case(name, title, second=None, **options):
    for dtype in (torch.float32, torch.float64):
        shapes = MATRICES if name in ("Muon", "SparseAdam") else SHAPES
        params = start(shapes, dtype)
        optimizer = build(name, params, options, second)
        lbfgs = name == "LBFGS"
        last, every, middle = (12, 2, 6) if lbfgs else (50, 5, 25)
        digits = 15 if dtype == torch.float64 else 9
        flat = lambda ps: rounded(torch.cat([p.detach().flatten() for p in ps]), digits)
        trajectory = []
        for t in range(last):
            step(optimizer, params, t)
            if (t + 1) % every == 0:
                trajectory.append(flat(params))
            if t + 1 == middle:
                state = plain(optimizer.state_dict())
                others = [p.detach().clone().requires_grad_() for p in params]
                other = build(name, others, options, second)
                other.load_state_dict(copy.deepcopy(optimizer.state_dict()))
        for t in range(middle, last):
            step(other, others, t)
        document = {"name": f"{title}, {str(dtype).removeprefix('torch.')}", "optimizer": name, "options": options}
        if second is not None:
            document["second"] = options | second
        yield document | {"dtype": str(dtype).removeprefix("torch."), "shapes": shapes, "trajectory": trajectory, "state": state, "resumed": flat(others)}


def cases():
    def two(name, title, lr, **options):
        return case(name, f"{name} {title}", second={"lr": lr / 2}, lr=lr, **options)

    for fused in ({}, {"fused": True}):
        f = " fused" if fused else ""
        yield from two("SGD", "plain" + f, 0.1, **fused)
        yield from two("SGD", "with momentum" + f, 0.1, momentum=0.9, **fused)
        yield from two("SGD", "with dampening and weight decay" + f, 0.1, momentum=0.9, dampening=0.3, weight_decay=0.01, **fused)
        yield from two("SGD", "with Nesterov's momentum, maximising" + f, 0.1, momentum=0.9, nesterov=True, maximize=True, **fused)
        yield from two("Adam", "plain" + f, 0.01, **fused)
        yield from two("Adam", "with AMSGrad and weight decay" + f, 0.01, betas=(0.8, 0.95), eps=1e-6, amsgrad=True, weight_decay=0.1, **fused)
        yield from two("Adam", "maximising" + f, 0.01, maximize=True, **fused)
        yield from two("AdamW", "plain" + f, 0.01, **fused)
        yield from two("AdamW", "with AMSGrad and weight decay, maximising" + f, 0.01, amsgrad=True, weight_decay=0.3, maximize=True, **fused)
        yield from two("Adagrad", "plain" + f, 0.1, **fused)
        yield from two("Adagrad", "with all options" + f, 0.1, lr_decay=0.1, weight_decay=0.1, initial_accumulator_value=0.5, eps=1e-6, maximize=True, **fused)
    yield from two("RMSprop", "plain", 0.01)
    yield from two("RMSprop", "centred with momentum", 0.01, alpha=0.9, centered=True, momentum=0.9)
    yield from two("RMSprop", "centred, maximising", 0.01, centered=True, maximize=True, eps=1e-5)
    yield from two("RMSprop", "with momentum and weight decay", 0.01, momentum=0.5, weight_decay=0.1)
    yield from two("Adadelta", "plain", 1.0)
    yield from two("Adadelta", "with all options", 0.5, rho=0.8, eps=1e-5, weight_decay=0.1, maximize=True)
    yield from two("Adamax", "plain", 0.01)
    yield from two("Adamax", "with all options", 0.01, betas=(0.8, 0.95), eps=1e-5, weight_decay=0.1, maximize=True)
    yield from two("NAdam", "plain", 0.01)
    yield from two("NAdam", "with weight decay and momentum decay", 0.01, betas=(0.8, 0.95), weight_decay=0.1, momentum_decay=0.1, maximize=True)
    yield from two("NAdam", "with decoupled weight decay", 0.01, weight_decay=0.1, decoupled_weight_decay=True)
    yield from two("RAdam", "plain", 0.01)
    yield from two("RAdam", "with weight decay, maximising", 0.01, betas=(0.8, 0.95), weight_decay=0.1, maximize=True)
    yield from two("RAdam", "with decoupled weight decay", 0.01, weight_decay=0.1, decoupled_weight_decay=True)
    yield from two("ASGD", "plain", 0.01)
    yield from two("ASGD", "averaging from step 10, with all options", 0.1, lambd=0.01, alpha=0.6, t0=10, weight_decay=0.1, maximize=True)
    yield from two("Rprop", "plain", 0.01)
    yield from two("Rprop", "with all options", 0.01, etas=(0.6, 1.3), step_sizes=(1e-3, 0.1), maximize=True)
    yield from two("Adafactor", "plain", 0.01)
    yield from two("Adafactor", "with all options", 0.05, beta2_decay=-0.5, eps=(1e-4, 1e-2), d=2.0, weight_decay=0.1, maximize=True)
    yield from two("SparseAdam", "plain", 0.01)
    yield from two("SparseAdam", "with all options", 0.01, betas=(0.8, 0.95), eps=1e-5, maximize=True)
    yield from case("Muon", "Muon plain", lr=0.01)
    yield from case("Muon", "Muon with all options", lr=0.01, weight_decay=0.01, momentum=0.8, nesterov=False, adjust_lr_fn="match_rms_adamw", ns_steps=3)
    yield from case("LBFGS", "LBFGS with fixed steps", lr=0.3, max_iter=3)
    yield from case("LBFGS", "LBFGS with a short history", lr=0.3, max_iter=4, history_size=3)
    yield from case("LBFGS", "LBFGS with the strong Wolfe conditions", lr=1, max_iter=2, line_search_fn="strong_wolfe")


if __name__ == "__main__":
    write(list(cases()), Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity/optimizers.json")
