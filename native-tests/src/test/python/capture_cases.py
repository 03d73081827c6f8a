"""Writes resources/opcases/cases.jsonl and tensors.safetensors: operator calls with what Python PyTorch answered.

    PYTHONPATH=FOLDER_OF_EXPECTTEST python capture_cases.py [OUT_FOLDER]     # torch 2.13, CPU; default ../resources/opcases

Calls come from own_cases.py, from every sample of PyTorch's OpInfo database that fits an overload of that operator itself
(composite ones too), and from the operators below autograd that those samples call. Of each overload the smallest case
is kept, and a second one if its arguments are of other kinds or dtypes. Left out are operators that draw random numbers or
have no unique answer (eigenvectors, QR signs), and, so that the test needs no exemptions, every case that is not dense,
finite and equal when run twice, or whose float32 answer or gradient differs from the one in float64 by more than 2e-5 of the
largest element.

cases.jsonl: one object a line; line N (from 0) has
    "op", "overload"    aten::name and its overload ("" is the default one)
    "args"              every argument in schema order, defaults written out. A value is an object with one key: tensor (index
                        into inputs), list (of values), int, float (a number, or "inf", "-inf", "nan"), bool, str, dtype, layout,
                        memory_format, device, none (true)
    "outputs"           values; {"tensor": j} is output_tensors[j]. An operator that returns nothing has [{"none": true}]
    "structure"         "list" if the outputs are the elements of the one Tensor[] that is returned, else "flat"
    "mutated"           indices into inputs of the tensors that the call changed; mutated_tensors has their values afterwards
    "grads"             null, or [[i, k], ..]: grad_tensors[k] is the gradient of the sum of the float outputs with respect to
                        inputs[i], when exactly the inputs listed require one
    "inputs", "output_tensors", "mutated_tensors", "grad_tensors"     names in tensors.safetensors: N.in.0, N.out.0, N.mut.0, N.grad.0
A name that ends in "#c" is a complex64 tensor as view_as_real. Inputs are contiguous and share no memory. Lists of floats
and lists of tensors that are changed in place occur, and non-finite inputs (to isnan and its like).

The Java test calls the operator by name and compares outputs, changed inputs and gradients: float32 and complex64 within
1e-5 + 1e-4 of the largest element, float16 and bfloat16 within 2e-2 of it, float64 1e-6 (some are widened float32), the rest
exactly.
"""
import collections
import json
import os
import sys
import warnings
from pathlib import Path

os.environ["MKL_CBWR"] = "COMPATIBLE"       # before torch loads: else MKL's sums depend on how the memory is aligned
import torch
from safetensors.torch import save_file
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from golden import RESOURCES
from opcase import ERRORS, LARGEST, Unfit, bind, examine, is_list, same
from own_cases import samples

SECOND = 12                         # elements of the inputs of an overload's second case
DISPATCHER = set(torch._C._dispatch_get_all_op_names())
NOT_UNIQUE = "eig svd ::qr linalg_qr geqrf lstsq ldl householder ormqr orgqr lobpcg pinv".split()
UNFIT = ("rand empty bernoulli multinomial normal_ resize nested sparse quant mkldnn onednn cudnn miopen cufft storage cuda lift "
         "record_stream _assert _print sym_ pin_memory names fbgemm _test _make_ flash _efficient set_ requires_grad version").split()


class Recorder(TorchDispatchMode):
    """Remembers every small operator call below autograd, as it was before the call."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        tensors = [t for t in tree_leaves((args, kwargs)) if isinstance(t, torch.Tensor)]
        if all(t.layout == torch.strided and t.numel() <= LARGEST for t in tensors):
            copy = lambda x: x.clone() if isinstance(x, torch.Tensor) else x
            self.calls.append((func, tree_map(copy, args), tree_map(copy, kwargs)))
        return func(*args, **kwargs)


class Cases:
    """The best case so far of each overload and kind of arguments."""

    def __init__(self):
        self.kept = collections.defaultdict(dict)
        self.pinned = collections.defaultdict(list)

    def offer(self, func, args, kwargs, pin=False):
        name = func.name()
        if (name not in DISPATCHER or not name.startswith("aten::") or torch.Tag.nondeterministic_seeded in func.tags and not pin
                or any(a.is_out for a in func._schema.arguments) or any(w in name for w in UNFIT + NOT_UNIQUE)):
            return
        try:
            values, inputs = bind(func, args, kwargs)
            kinds = json.dumps(values).translate(str.maketrans("", "", "0123456789.-")), *(t.dtype for t in inputs)
            size = sum(t.numel() for t in inputs)
            rank = size < 4, size                                # a single element says little
            if pin:
                self.pinned[name].append((func, values, inputs, examine(func, values, inputs)))
            elif kinds not in self.kept[name] or rank < self.kept[name][kinds][0]:
                self.kept[name][kinds] = rank, func, values, inputs, examine(func, values, inputs)
        except (Unfit, *ERRORS):
            if pin:
                raise RuntimeError(name)

    def chosen(self):
        for name in sorted(self.kept | self.pinned):
            yield from self.pinned[name]
            if self.pinned[name]:
                continue
            floats = lambda case: any(t.dtype == torch.float32 for t in case[3])
            ranked = sorted(self.kept[name].values(), key=lambda case: (not floats(case), case[0]))
            others = [case for case in ranked[1:] if case[0][1] <= SECOND]
            for case in ranked[:1] + sorted(others, key=lambda case: (floats(case), case[0]))[:1]:
                yield case[1:]


def collect():
    from torch.testing._internal.common_methods_invocations import UnaryUfuncInfo, op_db
    cases = Cases()
    for func, args, kwargs in samples():
        cases.offer(func, args, kwargs, pin=True)
    for op in op_db:
        overloads = [getattr(packet, overload) for name in (op.aten_name, op.aten_name + "_")
                     for packet in [getattr(torch.ops.aten, name, None)] if packet is not None for overload in packet.overloads()]
        for dtype, most in {torch.float32: 20, torch.int64: 4, torch.bool: 2, torch.complex64: 4, torch.bfloat16: 2}.items():
            if dtype not in op.dtypes:
                continue
            torch.manual_seed(0)
            try:
                drawn = [s for s, _ in zip(op.sample_inputs("cpu", dtype), range(most))]
            except ERRORS:
                continue
            for s in drawn:
                if isinstance(op, UnaryUfuncInfo) and s.input.dim() == 2:
                    s.input = s.input[:3, :3]                    # 20 x 20 otherwise
                for func in overloads:
                    cases.offer(func, (s.input, *s.args), s.kwargs)
                with Recorder() as recorder:
                    try:
                        op(s.input, *s.args, **s.kwargs)
                    except ERRORS:
                        pass
                for func, args, kwargs in recorder.calls:
                    cases.offer(func, args, kwargs)
    return cases.chosen()


def describe(n, func, values, inputs, answer, tensors):
    def store(name, t):
        if t.is_complex():
            name, t = name + "#c", torch.view_as_real(t)
        tensors[name] = t.clone(memory_format=torch.contiguous_format)      # equal gradients may share memory
        return name

    outputs, after, grads = answer
    stored, listed = [], []
    for o in outputs:
        if isinstance(o, torch.Tensor):
            listed.append({"tensor": len(stored)})
            stored.append(store(f"{n}.out.{len(stored)}", o))
        else:
            listed.append({"none": True} if o is None else {type(o).__name__: o})
    changed = [i for i, (a, b) in enumerate(zip(inputs, after)) if not same(a, b)]
    op, _, overload = func.name().partition(".")
    return {"op": op, "overload": overload, "args": values, "outputs": listed, "structure": "list" if is_list(func) else "flat",
            "mutated": changed, "grads": [[i, k] for k, i in enumerate(grads)] or None,
            "inputs": [store(f"{n}.in.{i}", t) for i, t in enumerate(inputs)], "output_tensors": stored,
            "grad_tensors": [store(f"{n}.grad.{k}", g) for k, g in enumerate(grads.values())],
            "mutated_tensors": [store(f"{n}.mut.{k}", after[i]) for k, i in enumerate(changed)]}


def main():
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "opcases"
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    tensors = {}
    lines = [describe(n, *case, tensors) for n, case in enumerate(collect())]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cases.jsonl").write_text("".join(json.dumps(line, allow_nan=False) + "\n" for line in lines))
    save_file(tensors, folder / "tensors.safetensors")
    (folder / "tensors.safetensors").chmod(0o644)              # save_file leaves it to its owner alone
    names = {line["op"] for line in lines}
    print(len(lines), "cases,", len({(line["op"], line["overload"]) for line in lines}), "overloads of", len(names), "operators,",
          sum(line["grads"] is not None for line in lines), "with gradients,", sum(f.stat().st_size for f in folder.iterdir()), "bytes")


if __name__ == "__main__":
    main()
