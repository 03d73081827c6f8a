"""Writes the schemas of all aten operators but the out= variants, one a line, as libtorch's dispatcher knows them. Two columns
follow where there is something to say: the overload that writes the same results to out= tensors, and the operator's name in
torch.linalg, torch.fft, torch.special or torch.nn (that is torch._C._nn, what torch.nn.functional is made of).

usage: python list_schemas.py > ../data/aten-schemas.txt      (torch 2.13.0; the list is checked in)
"""
import collections
import torch

NEW_TENSOR = ["dtype", "layout", "device", "pin_memory"]  # arguments of factories; where there is an out tensor, they are its own


def arguments(schema, without=()):
    return [(a.name, str(a.real_type), a.N) for a in schema.arguments if not a.is_out and a.name not in without]


def out_overload(schema, candidates):
    """The overload of the same arguments, whose outs are as many as the results: tensors, or one list of them."""
    factory = [a.name for a in schema.arguments if a.name in NEW_TENSOR] == NEW_TENSOR
    expected = arguments(schema, NEW_TENSOR if factory else ())
    results = [str(r.type) for r in schema.returns]
    found = [c for c in candidates if arguments(c) == expected and [str(a.type) for a in c.arguments if a.is_out] == results]
    if not found or (len(results) > 1 and "List[Tensor]" in results):
        return ""
    (out,) = found
    flags = [a.is_out for a in out.arguments]
    assert flags == sorted(flags), f"outs are last, but not of {out}"
    return out.overload_name


def public_names():
    """The names of operators in the modules: those a module's function says to be its own, under any name it is listed as there."""
    names = {}
    for module in ("linalg", "fft", "special"):
        for name, function in vars(getattr(torch, module)).items():
            own = getattr(function, "__name__", "")
            if not name.startswith("_") and own.startswith(module + "_"):
                names["aten::" + own] = f"{module}.{name}"
    for name in vars(torch._C._nn):
        if not name.startswith("_"):
            names["aten::" + name] = f"nn.{name}"
    return names


schemas = [torch._C._get_schema(*name.partition(".")[::2]) for name in sorted(torch._C._dispatch_get_all_op_names()) if name.startswith("aten::")]
outs = collections.defaultdict(list)
for s in schemas:
    if any(a.is_out for a in s.arguments):
        outs[s.name].append(s)
public = public_names()

print(f"# aten operators without out= variants, libtorch {torch.__version__.split('+')[0]}; written by list_schemas.py")
for s in schemas:
    if not any(a.is_out for a in s.arguments):
        print(f"{s}\t{out_overload(s, outs[s.name])}\t{public.get(s.name, '')}".rstrip())
