"""Writes resources/parity/func.json: what torch.func and torch.autograd.functional make of small functions.

    python func.py           # torch 2.13, CPU

All inputs are drawn from one generator of seed 8 in the order of `inputs`, networks directly after manual_seed(7).

    "values"  fingerprints of results, by the names that FuncParityTest has
    "random"  draws inside vmap after manual_seed(3), exact
    "errors"  the first sentence of what wrong functions raise
"""
from golden import RESOURCES, exact, fingerprint, write
import torch  # after golden, which chooses its instructions
import torch.nn.functional as F
from torch import nn
from torch.autograd import functional
from torch.func import (functional_call, grad, grad_and_value, hessian, jacfwd, jacrev, jvp, linearize, stack_module_state, vjp, vmap)

g = torch.Generator().manual_seed(8)
x = torch.randn(4, 3, generator=g, dtype=torch.float64)
y = torch.randn(4, 3, generator=g, dtype=torch.float64)
w = torch.randn(3, 3, generator=g, dtype=torch.float64)
images = torch.randn(6, 1, 12, 12, generator=g)
labels = torch.randint(5, (6,), generator=g)


def f(a):                       # [3] → [3]
    return torch.tanh(a @ w) * a


def s(a):                       # [3] → []
    return (f(a) ** 2).sum()


def net():
    torch.manual_seed(7)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(100, 5))


def mlp():
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))


def per_sample(loss_of):
    model = net()
    parameters = {k: v.detach() for k, v in model.named_parameters()}

    def loss(p, image, label):
        return loss_of(functional_call(model, p, (image.unsqueeze(0),)), label)

    return vmap(grad(loss), in_dims=(None, 0, 0))(parameters, images, labels)


def maml():
    torch.manual_seed(7)
    model = mlp()
    start = {k: v.detach() for k, v in model.named_parameters()}
    a, b = x.float(), y.float()[:, :2]

    def inner(p, a, b):
        return F.mse_loss(functional_call(model, p, (a,)), b)

    def outer(p, a, b):
        d = grad(inner)(p, a, b)
        return inner({k: p[k] - 0.1 * d[k] for k in p}, a, b)

    def tasks(p):
        return vmap(lambda a, b: outer(p, a, b))(torch.stack([a, -a]), torch.stack([b, b * b])).sum()

    return grad_and_value(tasks)(start)


def ensemble():
    torch.manual_seed(7)
    models = [mlp() for _ in range(3)]
    parameters, buffers = stack_module_state(models)
    return vmap(lambda p, b, a: functional_call(models[0], (p, b), (a,)), in_dims=(0, 0, None))(parameters, buffers, x.float())


def hessian_of_mlp():
    torch.manual_seed(7)
    model = mlp()
    parameters = {k: v.detach() for k, v in model.named_parameters()}
    h = hessian(lambda p: functional_call(model, p, (x.float(),)).square().sum())(parameters)
    return {f"hessian mlp {a} {b}": h[a][b] for a in h for b in h[a]}


def values():
    a, v = x[0], y[0]
    out, pull = vjp(f, a)
    jv = jvp(f, (a,), (v,))
    lin_out, push = linearize(f, a)
    gradients, value = maml()
    leaf = x.clone().requires_grad_()
    fy = (leaf.sin() @ w)
    all = {
        "vmap": vmap(f)(x),
        "vmap columns": vmap(lambda c: c.cumsum(0), in_dims=1, out_dims=1)(x),
        "vmap two": vmap(torch.dot)(x, y),
        "vmap one fixed": vmap(torch.mv, in_dims=(None, 0))(w, x),
        "vmap nested": vmap(vmap(torch.mul, in_dims=(None, 0)), in_dims=(0, None))(x[:, 0], y[:, 0]),
        "vmap nested dims": vmap(vmap(torch.outer, in_dims=(0, None), out_dims=2), in_dims=(1, None), out_dims=1)(torch.stack([x, y], 2), v),
        "vmap chunks": vmap(f, chunk_size=3)(x),
        "vmap constant": vmap(lambda a: w)(x),
        "grad": grad(s)(a),
        "grad grad": grad(lambda a: grad(s)(a).sum())(a),
        "grad of the second": grad(lambda a, b: (f(a) * b.exp()).sum(), argnums=1)(a, v),
        "vmap grad": vmap(grad(s))(x),
        "grad vmap": grad(lambda a: vmap(s)(a).sum())(x),
        "vmap grad grad": vmap(grad(lambda a: grad(s)(a).pow(2).sum()))(x),
        "vjp output": out, "vjp": pull(v)[0],
        "vmap vjp": vmap(lambda v: pull(v)[0])(y),
        "jvp output": jv[0], "jvp": jv[1],
        "vmap jvp": vmap(lambda a, v: jvp(f, (a,), (v,))[1])(x, y),
        "jvp jvp": jvp(lambda a: jvp(f, (a,), (v,))[1], (a,), (v,))[1],
        "jvp vmap": jvp(vmap(f), (x,), (y,))[1],
        "linearize output": lin_out, "linearize": push(v),
        "jacrev": jacrev(f)(a), "jacfwd": jacfwd(f)(a), "jacrev chunks": jacrev(f, chunk_size=2)(a), "jacrev one by one": jacrev(f, chunk_size=1)(a),
        "jacrev of the second": jacrev(lambda a, b: f(a) * b.exp(), argnums=1)(a, v),
        "jacfwd of the second": jacfwd(lambda a, b: f(a) * b.exp(), argnums=1)(a, v),
        "vmap jacrev": vmap(jacrev(f))(x), "vmap jacfwd": vmap(jacfwd(f))(x),
        "hessian": hessian(s)(a), "jacrev jacrev": jacrev(jacrev(s))(a), "jacfwd jacfwd": jacfwd(jacfwd(f))(a), "jacrev jacfwd": jacrev(jacfwd(f))(a),
        "vmap hessian": vmap(hessian(s))(x),
        "hvp": jvp(grad(s), (a,), (v,))[1],
        "hvp reverse": vjp(grad(s), a)[1](v)[0],
        "functional jacobian": functional.jacobian(lambda a: vmap(f)(a), x, vectorize=True),
        "functional hessian": functional.hessian(s, a),
        "functional vhp": functional.vhp(s, a, v)[1], "functional hvp": functional.hvp(s, a, v)[1],
        "batched gradients": torch.autograd.grad(fy, leaf, torch.stack([x, y]), is_grads_batched=True)[0],
        "ensemble": ensemble(),
        "maml value": value,
    }
    for reduction in ("mean", "sum"):
        for k, t in per_sample(lambda z, t: F.cross_entropy(z, t.unsqueeze(0), reduction=reduction)).items():
            all[f"per sample {reduction} {k}"] = t
    for k, t in per_sample(lambda z, t: F.cross_entropy(z, t.unsqueeze(0), weight=torch.linspace(1, 2, 5), label_smoothing=0.1)).items():
        all[f"per sample weighted {k}"] = t
    for name, loss in {"mse": F.mse_loss, "smooth": F.smooth_l1_loss, "huber": F.huber_loss, "l1": F.l1_loss,
                       "bce": F.binary_cross_entropy_with_logits, "kl": F.kl_div}.items():
        all[f"loss {name}"] = vmap(grad(lambda a, b: loss(a, b)))(x, y.sigmoid())
    all["loss nll"] = vmap(grad(lambda a: F.nll_loss(a.log_softmax(1), torch.tensor([2, 0, -100, 1]))))(torch.stack([x, y]))
    all |= {f"maml {k}": t for k, t in gradients.items()}
    return all | hessian_of_mlp()


def random():
    def draws(mode):
        torch.manual_seed(3)
        return vmap(lambda a: a + torch.randn(3), randomness=mode)(torch.zeros(4, 3))

    def dropped(mode):
        torch.manual_seed(3)
        return vmap(lambda a: F.dropout(a, 0.5), randomness=mode)(torch.ones(4, 3))

    return {f"{name} {mode}": exact(make(mode)) for name, make in (("randn", draws), ("dropout", dropped)) for mode in ("same", "different")}


def errors():
    wrong = {
        "item": lambda: vmap(lambda a: a.sum().item())(x),
        "branch": lambda: vmap(lambda a: a if a.sum() > 0 else -a)(x),
        "random": lambda: vmap(lambda a: a + torch.rand(3))(x),
        "in place": lambda: vmap(lambda a: torch.zeros(3, dtype=torch.float64).add_(a))(x),
        "nonzero": lambda: vmap(lambda a: a.nonzero())(x),
    }
    raised = {}
    for name, call in wrong.items():
        try:
            call()
        except RuntimeError as e:
            raised[name] = str(e).split(". ")[0].split("\n")[0]
    assert raised.keys() == wrong.keys()
    return raised


if __name__ == "__main__":
    write({"values": {k: fingerprint(t, 24) for k, t in values().items()}, "random": random(), "errors": errors()}, RESOURCES / "parity" / "func.json")
