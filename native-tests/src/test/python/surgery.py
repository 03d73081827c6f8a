"""Writes resources/parity/surgery.json: what torch.nn.utils makes of small layers.

    python surgery.py           # torch 2.13, CPU

Every case builds its layer directly after manual_seed(7), changes it, and calls it `calls` times on the same input, which is drawn from a generator
of its own (seed 8). The loss is the sum of the last output times a ramp.

    "parametrizations"  "state": fingerprints of the state dict in its order, after the calls; "gradients" of its entries that have one;
                        "output"; "removed": the weight after remove_parametrizations
    "prune"             the same, where "removed" is the weight after prune.remove. Masks are exact
    "fusion"            weight and bias of the fused layer, whose normalisation has the statistics and weights of `statistics`
    "maml"              two inner steps by functional_call with second derivatives, as in MAML: the outer loss and the gradients of the weights
"""
from golden import RESOURCES, fingerprint, write
import torch  # after golden, which chooses its instructions
from torch import nn
from torch.func import functional_call
from torch.nn.utils import fusion, parametrizations, parametrize, prune

ORTHOGONAL = {f"orthogonal {m} {o}x{i}{'' if t else ' without trivialization'}": (m, o, i, t)
              for m, o, i, t in [("matrix_exp", 4, 4, True), ("matrix_exp", 5, 3, True), ("cayley", 4, 4, True), ("cayley", 3, 5, True),
                                 ("householder", 5, 3, True), ("householder", 3, 5, True), ("householder", 5, 3, False),
                                 ("matrix_exp", 3, 5, False)]}

# name: (layer, change, shape of the input, calls)
PARAMETRIZATIONS = {
    "weight_norm": (lambda: nn.Conv2d(3, 4, 3), lambda m: parametrizations.weight_norm(m), (2, 3, 5, 5), 1),
    "weight_norm dim 1": (lambda: nn.Linear(5, 4), lambda m: parametrizations.weight_norm(m, dim=1), (2, 5), 1),
    "weight_norm of all": (lambda: nn.Linear(5, 4), lambda m: parametrizations.weight_norm(m, dim=None), (2, 5), 1),
    "spectral_norm": (lambda: nn.Conv2d(3, 4, 3), lambda m: parametrizations.spectral_norm(m), (2, 3, 5, 5), 2),
    "spectral_norm transposed": (lambda: nn.ConvTranspose2d(3, 4, 3), lambda m: parametrizations.spectral_norm(m, n_power_iterations=3), (2, 3, 5, 5), 2),
    "spectral_norm of a vector": (lambda: nn.Linear(5, 4), lambda m: parametrizations.spectral_norm(m, "bias"), (2, 5), 1),
    "both": (lambda: nn.Linear(5, 4), lambda m: parametrizations.spectral_norm(parametrizations.weight_norm(m)), (2, 5), 2),
} | {name: (lambda o=o, i=i: nn.Linear(i, o),
            lambda m, map=map, t=t: parametrizations.orthogonal(m, orthogonal_map=map, use_trivialization=t), (2, i), 1)
     for name, (map, o, i, t) in ORTHOGONAL.items()}


def twice(first, second):
    return lambda m: second(first(m))


PRUNE = {
    "random_unstructured": lambda m: prune.random_unstructured(m, "weight", 0.3),
    "l1_unstructured": lambda m: prune.l1_unstructured(m, "weight", 0.3),
    "l1_unstructured of a number": lambda m: prune.l1_unstructured(m, "weight", 7),
    "random_structured": lambda m: prune.random_structured(m, "weight", 0.4, 1),
    "ln_structured": lambda m: prune.ln_structured(m, "weight", 0.5, 2, 0),
    "ln_structured by the maximum": lambda m: prune.ln_structured(m, "weight", 1, float("inf"), -1),
    "l1 after random": twice(lambda m: prune.random_unstructured(m, "weight", 0.3), lambda m: prune.l1_unstructured(m, "weight", 0.5)),
    "channels after channels": twice(lambda m: prune.ln_structured(m, "weight", 1, 1, 0), lambda m: prune.random_structured(m, "weight", 0.5, 0)),
    "channels after elements": twice(lambda m: prune.random_unstructured(m, "weight", 0.5), lambda m: prune.ln_structured(m, "weight", 2, 2, 1)),
}


def run(make, change, shape, calls, remove):
    torch.manual_seed(7)
    m = change(make())
    x = torch.randn(shape, generator=torch.Generator().manual_seed(8))
    for _ in range(calls):
        y = m(x)
    (y * torch.linspace(-1, 2, y.numel()).view_as(y)).sum().backward()
    own = dict(m.named_parameters())
    case = {"shape": list(shape), "calls": calls, "output": fingerprint(y), "state": {k: fingerprint(v) for k, v in m.state_dict().items()},
            "gradients": {k: fingerprint(p.grad) for k, p in own.items() if p.grad is not None}}
    name = "bias" if any(".bias." in k for k in own) else "weight"
    remove(m, name)
    return case | {"removed": fingerprint(getattr(m, name))}


def statistics(norm):
    g = torch.Generator().manual_seed(9)
    with torch.no_grad():
        norm.running_mean.normal_(generator=g)
        norm.running_var.uniform_(0.5, 2, generator=g)
        norm.weight.normal_(generator=g)
        norm.bias.normal_(generator=g)
    return norm.eval()


def fused(make, fuse, channels):
    torch.manual_seed(7)
    layer = fuse(make().eval(), statistics(nn.BatchNorm2d(channels, eps=0.01)))
    return {"weight": fingerprint(layer.weight), "bias": fingerprint(layer.bias)}


def maml():
    torch.manual_seed(7)
    net = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
    g = torch.Generator().manual_seed(8)
    x, y, x2, y2 = (torch.randn(6, k, generator=g) for k in (3, 1, 3, 1))
    fast = dict(net.named_parameters())
    for _ in range(2):
        loss = (functional_call(net, fast, x) - y).pow(2).mean()
        gradients = torch.autograd.grad(loss, list(fast.values()), create_graph=True)
        fast = {k: p - 0.1 * d for (k, p), d in zip(fast.items(), gradients)}
    outer = (functional_call(net, fast, x2) - y2).pow(2).mean()
    outer.backward()
    return {"loss": outer.item(), "gradients": {k: fingerprint(p.grad) for k, p in net.named_parameters()}}


def main():
    write({
        "parametrizations": {k: run(*case, parametrize.remove_parametrizations) for k, case in PARAMETRIZATIONS.items()},
        "prune": {k: run(lambda: nn.Conv2d(4, 6, 3), change, (2, 4, 5, 5), 1, prune.remove) for k, change in PRUNE.items()},
        "fusion": {"conv": fused(lambda: nn.Conv2d(3, 4, 3, bias=False), fusion.fuse_conv_bn_eval, 4),
                   "conv with bias": fused(lambda: nn.Conv2d(3, 4, 3), fusion.fuse_conv_bn_eval, 4),
                   "transposed": fused(lambda: nn.ConvTranspose2d(3, 4, 3), lambda c, n: fusion.fuse_conv_bn_eval(c, n, transpose=True), 4),
                   "linear": fused(lambda: nn.Linear(3, 4), fusion.fuse_linear_bn_eval, 4)},
        "maml": maml(),
    }, RESOURCES / "parity" / "surgery.json")


if __name__ == "__main__":
    main()
