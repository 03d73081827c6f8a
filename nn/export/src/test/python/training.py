"""Trains some of the programs of programs.py for a few steps in Python: losses, first gradients, parameters and buffers afterwards.

    python src/test/python/training.py

exports the same models again, as their weights are random by a seed, and writes training.json.
"""
import json

import programs  # first: it sets what vector instructions torch uses
import torch
import torch.nn.functional as F

STEPS = 5


def train(program, x, t):
    module = program.module()
    parameters = dict(module.named_parameters())
    optimizer = torch.optim.SGD(parameters.values(), lr=0.05, momentum=0.9)
    result = {"x": programs.value(x), "t": programs.value(t), "losses": []}
    torch.manual_seed(5)
    for _ in range(STEPS):
        optimizer.zero_grad()
        y = module(x)
        loss = F.cross_entropy(y[:, 0] if y.dim() == 3 else y, t)
        result["losses"].append(loss.item())
        loss.backward()
        if "gradients" not in result:
            result["gradients"] = {n: programs.value(p.grad) for n, p in parameters.items()}
        optimizer.step()
    result["state"] = {n: programs.value(v) for n, v in module.state_dict().items()}
    return result


def main():
    models, results = programs.models(), {}
    torch.manual_seed(9)
    data = {"conv_train": (torch.randn(2, 3, 6, 6), torch.tensor([0, 2])), "mlp": (torch.randn(4, 4), torch.tensor([0, 1, 2, 0])),
            "lstm": (torch.randn(2, 3, 3), torch.tensor([3, 1]))}
    for name, (x, t) in data.items():
        model, args, *rest = models[name]
        program = torch.export.export(model, args, dynamic_shapes=rest[0] if rest else None)
        core = program.run_decompositions() if name == "mlp" else None
        if core:
            import copy
            results["mlp.core"] = train(copy.deepcopy(core), x, t)
        results[name] = train(program, x, t)
    path = programs.RESOURCES / "training.json"
    path.write_text(json.dumps(results, separators=(",", ":"), allow_nan=False) + "\n")
    print(path.name, path.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
