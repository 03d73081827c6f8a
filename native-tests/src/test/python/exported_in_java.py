"""Loads the programs that ExportToPythonTest has exported in Java and compares what they compute here with Java's outputs.

    python exported_in_java.py FOLDER

For NAME.pt2 there is NAME.safetensors with the inputs in0, in1 … and Java's outputs out0, out1 …, and for training grad.NAME: the gradients of the
sum of the squares of out0, by parameters. Each program is also decomposed, which computes all its shapes again. Prints "same NAME" or what differs.
"""
import pathlib
import sys

try:
    import torch
    from safetensors.torch import load_file
except ImportError as e:
    print(e)
    sys.exit(3)

torch.set_num_threads(1)


def difference(what, ours, java):
    if ours.shape != java.shape or ours.dtype != java.dtype:
        return f"{what} is {ours.dtype} {tuple(ours.shape)}, in Java {java.dtype} {tuple(java.shape)}"
    if ours.numel() == 0:
        return ""
    a, b = ours.detach().to(torch.complex128 if ours.is_complex() else torch.float64), java.to(torch.complex128 if java.is_complex() else torch.float64)
    if not torch.allclose(a, b, rtol=1e-4, atol=1e-5 * max(1.0, float(b.abs().nan_to_num().max())), equal_nan=True):
        return f"{what} differs by {float((a - b).abs().max())}"
    return ""


def compare(file):
    program = torch.export.load(file)
    given = load_file(file.with_suffix(".safetensors"))
    inputs = [given[f"in{i}"] for i in range(sum(k.startswith("in") for k in given))]
    gradients = {k[5:]: v for k, v in given.items() if k.startswith("grad.")}
    module = program.module()
    module.requires_grad_(bool(gradients))
    torch.manual_seed(2)
    outputs = module(*[x.clone() for x in inputs])
    outputs = list(outputs) if isinstance(outputs, (tuple, list)) else [outputs]
    found = [difference(f"output {i}", o, given[f"out{i}"]) for i, o in enumerate(outputs)]
    if len(outputs) != sum(k.startswith("out") for k in given):
        found.append(f"{len(outputs)} outputs")
    if gradients:
        outputs[0].square().sum().backward()
        found += [difference(f"gradient of {n}", p.grad, gradients[n]) for n, p in module.named_parameters() if n in gradients]
    try:
        program.run_decompositions()
    except torch._subclasses.fake_tensor.DynamicOutputShapeException:
        pass  # CTC's own: its buffers depend on the lengths
    return "; ".join(f for f in found if f)


for file in sorted(pathlib.Path(sys.argv[1]).glob("*.pt2")):
    try:
        wrong = compare(file)
    except Exception as e:
        wrong = f"{type(e).__name__}: {e}"
    print(f"same {file.stem}" if not wrong else f"wrong {file.stem}: {wrong}".replace("\n", " ")[:600], flush=True)
