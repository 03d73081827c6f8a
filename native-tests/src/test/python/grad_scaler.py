"""Writes resources/parity/grad_scaler.json: torch.amp.GradScaler step by step, on gradients of which some are not finite.

    python grad_scaler.py [OUT.json]          # torch 2.13, CPU; default ../resources/parity/grad_scaler.json

A list of cases, each of 40 steps with two optimisers, SGD(lr=0.1, momentum=0.9) of parameter 0 and Adam(lr=0.01) of parameter 1:

    "options"      init_scale, growth_factor, backoff_factor, growth_interval; "enabled" where it is false
    "fused"        whether both optimisers are
    "unscale"      whether unscale_ is called on the first before its step, and its gradient then clipped to +-0.5
    "set"          steps at which update(1000.0) takes the place of update()
    "scaled"       scale(tensor(1.5)) at each step; "scale", "tracker": scale and growth tracker after it
    "parameters"   [elements of 0, of 1] after each fourth step
    "state"        the scaler's state dict after step 20: another that loaded it goes on alike

Parameter k has 4 elements, (i - 1)/2 + k/4. Its gradient at step t is scale * ((7i + 13t + 5k) mod 19 - 9)/10, rounded; element 2 is inf for
k = 0 and t mod 9 = 4, nan for k = 1 and t mod 13 = 6, where the scaler is enabled. Scales are equal, parameters to 1e-6.
"""
import sys
from pathlib import Path

from golden import RESOURCES, exact, write
import torch

STEPS = 40


def case(name, options, fused=False, unscale=False, set_at=()):
    params = [torch.tensor([(i - 1) / 2 + k / 4 for i in range(4)], requires_grad=True) for k in range(2)]
    optimizers = [torch.optim.SGD(params[:1], lr=0.1, momentum=0.9, fused=fused), torch.optim.Adam(params[1:], lr=0.01, fused=fused)]
    scaler = torch.amp.GradScaler("cpu", **options)
    document = {"name": name, "options": options, "fused": fused, "unscale": unscale, "set": list(set_at), "scaled": [], "scale": [], "tracker": [], "parameters": []}
    for t in range(STEPS):
        document["scaled"].append(scaler.scale(torch.tensor(1.5)).item())
        for k, p in enumerate(params):
            g = [scaler.get_scale() * (((7 * i + 13 * t + 5 * k) % 19 - 9) / 10) for i in range(4)]
            if k == 0 and t % 9 == 4 and scaler.is_enabled():
                g[2] = float("inf")
            if k == 1 and t % 13 == 6 and scaler.is_enabled():
                g[2] = float("nan")
            p.grad = torch.tensor(g)
        if unscale:
            scaler.unscale_(optimizers[0])
            torch.nn.utils.clip_grad_value_(params[:1], 0.5)
        for o in optimizers:
            scaler.step(o)
        scaler.update(1000.0) if t in set_at else scaler.update()
        document["scale"].append(scaler.get_scale())
        document["tracker"].append(scaler._get_growth_tracker())
        if t % 4 == 3:
            document["parameters"].append([exact(p) for p in params])
        if t == 19:
            document["state"] = scaler.state_dict()
    return document


def cases():
    for fused in (False, True):
        f = ", fused" if fused else ""
        yield case("defaults" + f, {}, fused)
        yield case("fast growth" + f, {"init_scale": 4.0, "growth_interval": 3}, fused)
        yield case("unscaled before clipping" + f, {"init_scale": 1024.0, "growth_interval": 2, "growth_factor": 1.5, "backoff_factor": 0.25}, fused, unscale=True)
        yield case("not enabled" + f, {"enabled": False}, fused)
    yield case("set by hand", {"growth_interval": 4}, set_at=(5, 21))


if __name__ == "__main__":
    write(list(cases()), Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity/grad_scaler.json")
