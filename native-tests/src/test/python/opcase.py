"""One operator case: binding Python arguments to a schema, calling, and deciding whether the answer is fit for a test.

Used by capture_cases.py, whose docstring has the file format. A value is the JSON object of that format; tensors are
kept aside in a list, `inputs`, and referred to by index.
"""
import torch

STORED = {getattr(torch, n) for n in "float32 float64 float16 bfloat16 complex64 bool uint8 int8 int32 int64".split()}
LARGEST = 128                                                    # elements a tensor
ERRORS = (RuntimeError, ValueError, TypeError, IndexError, NotImplementedError, AssertionError)


class Unfit(Exception):
    """The call does not fit the schema, or its answer would need an exemption in the test."""


def encode(v, kind, inputs, length=None):
    """The value of argument v for a schema type; tensors are appended to inputs as contiguous copies."""
    if kind.startswith("Optional["):
        return {"none": True} if v is None else encode(v, kind[9:-1], inputs, length)
    if kind.startswith("List["):
        if not isinstance(v, (list, tuple)):
            if length is None or isinstance(v, (torch.Tensor, str)):
                raise Unfit(kind)
            v = [v] * length                                     # a lone 1 for int[2] means [1, 1]
        return {"list": [encode(x, kind[5:-1], inputs) for x in v]}
    if kind == "Tensor" and isinstance(v, torch.Tensor):
        if v.layout != torch.strided or v.numel() > LARGEST or v.dtype not in STORED or v.numel() == 0:
            raise Unfit("tensor")
        plain = v.detach().resolve_conj().resolve_neg()
        inputs.append(plain.clone(memory_format=torch.contiguous_format))
        return {"tensor": len(inputs) - 1}
    if isinstance(v, bool) and kind in ("bool", "number"):
        return {"bool": v}
    if isinstance(v, int) and kind in ("int", "number"):
        return {"int": int(v)}
    if isinstance(v, (int, float)) and kind in ("float", "number"):
        v = float(v)
        return {"float": v if abs(v) < float("inf") else str(v)}   # JSON has no inf and nan
    if isinstance(v, str) and kind == "str":
        return {"str": v}
    if kind == "Device":
        return {"device": str(torch.device(v))}
    if kind == "ScalarType" and (isinstance(v, torch.dtype) or v == 4):      # 4: int64, as some schemas' default
        return {"dtype": str(v).removeprefix("torch.") if v != 4 else "int64"}
    if kind in ("Layout", "MemoryFormat") and isinstance(v, (torch.layout, torch.memory_format)):
        return {"layout" if kind == "Layout" else "memory_format": str(v).removeprefix("torch.")}
    raise Unfit(kind)


def decode(value, inputs):
    (kind, v), = value.items()
    if kind == "list":
        return [decode(x, inputs) for x in v]
    if kind in ("dtype", "layout", "memory_format"):
        return getattr(torch, v)
    return inputs[v] if kind == "tensor" else None if kind == "none" else float(v) if kind == "float" else v


def bind(func, args, kwargs):
    """(values in schema order, input tensors); arguments come by position or by name."""
    schema, inputs, values, named = func._schema, [], [], dict(kwargs)
    if len(args) > sum(not a.kwarg_only for a in schema.arguments):
        raise Unfit("too many arguments")
    for i, a in enumerate(schema.arguments):
        if i < len(args) and not a.kwarg_only:
            v = args[i]
        elif a.name in named:
            v = named.pop(a.name)
        elif a.has_default_value():
            v = a.default_value
        else:
            raise Unfit(a.name)
        values.append(encode(v, str(a.real_type), inputs, a.N))
    if named:
        raise Unfit(str(named))
    return values, inputs


def is_list(func):
    return [str(r.type) for r in func._schema.returns] == ["List[Tensor]"]


def call(func, values, inputs):
    """The outputs as a list; [None] if the operator returns nothing."""
    arguments = func._schema.arguments
    decoded = [decode(v, inputs) for v in values]
    result = func(*(v for a, v in zip(arguments, decoded) if not a.kwarg_only),
                  **{a.name: v for a, v in zip(arguments, decoded) if a.kwarg_only})
    if not func._schema.returns:
        return [None]
    return list(result) if is_list(func) or len(func._schema.returns) > 1 else [result]


def gradients(func, values, inputs, wanted):
    """{index: gradient} of the sum of the float outputs, for those wanted inputs that have one."""
    copies = [t.clone() for t in inputs]
    for i in wanted:
        copies[i].requires_grad_()
    outputs = [o for o in call(func, values, copies) if isinstance(o, torch.Tensor) and o.is_floating_point() and o.requires_grad]
    if not outputs:
        return {}
    found = torch.autograd.grad(sum(o.sum() for o in outputs), [copies[i] for i in wanted], allow_unused=True)
    return {i: g.detach() for i, g in zip(wanted, found) if g is not None}


def run(func, values, inputs):
    """(outputs, inputs afterwards, {index: gradient})"""
    copies = [t.clone() for t in inputs]
    outputs = [o.detach().resolve_conj().resolve_neg().clone() if isinstance(o, torch.Tensor) else o
               for o in call(func, values, copies)]
    averages = [v.get("tensor") for a, v in zip(func._schema.arguments, values) if a.name.startswith("running_")]
    wanted = [i for i, t in enumerate(inputs) if t.is_floating_point() and i not in averages]
    real = not any(t.is_complex() or t.dtype in (torch.float16, torch.bfloat16) for t in inputs)
    grads = {}
    if wanted and real and not func._schema.is_mutable:
        try:
            grads = gradients(func, values, inputs, wanted)
            if len(grads) < len(wanted):                         # a test asks for the listed ones only
                grads = gradients(func, values, inputs, list(grads)) if grads else {}
        except (RuntimeError, NotImplementedError):              # no derivative
            grads = {}
    return outputs, copies, grads


def same(a, b):
    if isinstance(a, torch.Tensor):
        return a.dtype == b.dtype and a.shape == b.shape and bool(((a == b) | (a != a) & (b != b)).all())   # nan is nan
    return type(a) is type(b) and a == b


def close(a, wide):
    if not isinstance(a, torch.Tensor):
        return a == wide or isinstance(a, float) and abs(a - wide) <= 2e-5 * abs(wide)
    if a.shape != wide.shape or not a.numel() or not torch.isfinite(wide).all():
        return same(a.to(wide.dtype), wide)
    double = torch.complex128 if wide.is_complex() else torch.float64
    return (a.to(double) - wide.to(double)).abs().max() <= 1e-6 + 2e-5 * wide.to(double).abs().max()


def examine(func, values, inputs):
    """run's answer, if it is one that any correct build of PyTorch gives."""
    outputs, after, grads = run(func, values, inputs)
    if any(not isinstance(o, (torch.Tensor, bool, int, float)) for o in outputs if func._schema.returns):
        raise Unfit("output kind")
    flat = [t for t in outputs + list(grads.values()) if isinstance(t, torch.Tensor)]
    for t in flat + after:
        if t.layout != torch.strided or t.is_quantized or t.dtype not in STORED or t.numel() > LARGEST:
            raise Unfit("tensor")
    if not all(torch.isfinite(t).all() for t in flat):
        raise Unfit("not finite")
    again = run(func, values, inputs)
    if not all(map(same, outputs, again[0])) or not all(map(same, after, again[1])) \
            or grads.keys() != again[2].keys() or not all(same(grads[i], again[2][i]) for i in grads):
        raise Unfit("not reproducible")
    widen = {torch.float32: torch.float64, torch.complex64: torch.complex128}
    if any(t.dtype in widen for t in inputs):
        try:
            wide = run(func, values, [t.to(widen.get(t.dtype, t.dtype)) for t in inputs])
        except ERRORS:                                           # for float32 only
            return outputs, after, grads
        if not all(map(close, outputs, wide[0])) or not all(map(close, after, wide[1])) \
                or not all(close(grads[i], wide[2][i]) for i in grads if i in wide[2]):
            raise Unfit("ill-conditioned")
    return outputs, after, grads
