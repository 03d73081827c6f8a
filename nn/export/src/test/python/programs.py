"""Exports the small programs that the tests of this module run, with what they return in Python.

    python src/test/python/programs.py [NAME …]

writes NAME.pt2 and NAME.core.pt2 (after run_decompositions) for each model below, and cases.json: inputs, outputs, and the code of
the graph. Tensors are nested lists with their type. Models are tiny and their weights random, so that all files are small.
"""
import os

os.environ |= {"ATEN_CPU_CAPABILITY": "avx2", "DNNL_MAX_CPU_ISA": "AVX2"}

import io
import json
import sys
import warnings
import zipfile
from collections import namedtuple
from pathlib import Path

import torch
import torch.nn.functional as F
import torch.utils._pytree as pytree
from functorch.experimental.control_flow import map as mapped
from torch import nn
from torch._higher_order_ops.associative_scan import associative_scan
from torch._higher_order_ops.scan import scan
from torch._higher_order_ops.while_loop import while_loop
from torch.export import Dim

warnings.filterwarnings("ignore")
RESOURCES = Path(__file__).resolve().parent.parent / "resources" / "panatorch" / "export"
Pair = namedtuple("Pair", ["left", "right"])
pytree._register_namedtuple(Pair, serialized_type_name="programs.Pair")


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 8), nn.Linear(8, 3)

    def forward(self, x):
        return self.b(self.a(x).relu())


class Conv(nn.Module):
    """Convolution, batch normalisation, dropout."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.drop, self.head = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4), nn.Dropout(0.3), nn.Linear(4, 3)

    def forward(self, x):
        return self.head(self.drop(F.max_pool2d(self.norm(self.conv(x)).relu_(), 2).mean((2, 3))))


class Attention(nn.Module):
    """Attention written out in three ways: with a mask, with the queries scaled before, and divided."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(8, 24)

    def forward(self, x, mask):
        q, k, v = self.qkv(x).view(x.shape[0], x.shape[1], 3, 2, 4).permute(2, 0, 3, 1, 4)
        a = F.dropout(torch.softmax(torch.matmul(q, k.transpose(-1, -2)) * 0.5 + mask, dim=-1), 0.1, False) @ v
        b = ((a * 0.25) @ k.transpose(2, 3)).softmax(3) @ v
        return F.softmax(b @ k.transpose(-2, -1) / 2.0, dim=-1).type_as(x) @ v


try:
    import transformers.integrations.moe  # noqa: F401, defines the operator
except ImportError:
    @torch.library.custom_op("transformers::grouped_mm_fallback", mutates_args=(), schema="(Tensor input, Tensor weight, Tensor offs) -> Tensor")
    def grouped(input, weight, offs):
        parts = torch.tensor_split(input, offs[:-1])
        return torch.cat([x @ w for x, w in zip(parts, weight)])

    @grouped.register_fake
    def _(input, weight, offs):
        return input.new_empty(input.size(0), weight.size(2))


class Experts(nn.Module):
    """Tokens sorted by expert, of which one has none, as in transformers' mixtures of experts."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(4, 3, 2))

    def forward(self, x, offs):
        return torch.ops.transformers.grouped_mm_fallback(x, self.weight, offs).tanh()


class Heads(nn.Module):
    """Query, key and value of one input, used in views that need copies of them, and a sum after the last layer."""

    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(8, 8, bias=b) for b in (True, True, False, True))
        self.gate = nn.Linear(8, 8)

    def forward(self, x):
        b, t, _ = x.shape
        q, k, v = (l(x).view(b, t, 2, 4).transpose(1, 2) for l in (self.q, self.k, self.v))
        y = nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, t, 8)
        return (x + self.out(y)) * self.gate(x).sigmoid() + self.q(x).flatten(0, 1).view(b * t * 8).view(b, t, 8)


class Residual(nn.Module):
    """Sums of convolutions with tensors that are needed afterwards, or not, and with the input itself."""

    def __init__(self):
        super().__init__()
        self.a, self.b, self.c, self.d = (nn.Conv2d(4, 4, 3, padding=1) for _ in range(4))

    def forward(self, x):
        pooled = F.max_pool2d(x, 3, 1, 1)
        pooled = (self.b(F.relu(self.a(pooled))) + pooled).relu()
        x = nn.functional.relu6(self.a(x))
        y = nn.functional.leaky_relu(self.b(x), 0.2)
        y = (self.c(y) + x).relu()
        z = nn.functional.hardtanh(self.d(y) + y, -0.5, 0.75)
        return z, y + self.a(z), pooled


class StandardizedWeight(nn.Module):
    """A convolution whose weight is standardised by a batch normalisation without running statistics, beside one that has them."""

    def __init__(self):
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)
        self.norm.running_mean.uniform_()

    def forward(self, x):
        weight = F.batch_norm(self.conv.weight.reshape(1, 4, -1), None, None, training=True, momentum=0.0).reshape_as(self.conv.weight)
        return self.norm(F.conv2d(x, weight, self.conv.bias))


class LayerScale(nn.Module):
    """Layers with a scale for each channel, one after a permutation, and a convolution with GELU."""

    def __init__(self):
        super().__init__()
        self.conv, self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4, 8), nn.Linear(8, 4)
        self.gamma, self.delta = nn.Parameter(torch.randn(4, 1, 1)), nn.Parameter(torch.randn(8))

    def forward(self, x):
        x = F.gelu(self.conv(x))
        y = self.b(F.silu(self.a(x.permute(0, 2, 3, 1)) * self.delta)).permute(0, 3, 1, 2)
        return x + self.gamma * y


class Dynamic(nn.Module):
    """Arithmetic of sizes, with every symbolic operator."""

    def forward(self, x, y):
        b, t = x.shape[0], x.shape[1]
        n = torch.sym_max(b * 2 + 1, t - 1)
        m = torch.sym_min(t // 2, b) % 3 + b ** 2 - t
        z = x.new_zeros(n) + m
        w = x.reshape(b * t, -1)[: t * 2 // 2] * (b / t) + torch.sym_float(b)
        return z, w.mean(0), x.flatten(1).shape[1], y + t, x.new_full((2, b + 1), -t)


class Halves(nn.Module):
    """A dimension that has to be even."""

    def forward(self, x):
        return x.view(-1, 2, x.shape[1]).sum(1)


class Mask(nn.Module):
    def forward(self, input_ids, attention_mask):
        return (input_ids.float() * attention_mask).sum(1)


class Branch(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, x):
        return torch.cond(x.sum() > 0, lambda x: self.a(x).relu(), lambda x: self.b(x).tanh(), (x,))


class BranchBySize(nn.Module):
    def forward(self, x):
        return torch.cond(x.shape[0] > 4, lambda x: (x * 2, x.sum()), lambda x: (x - 1, x.mean()), (x,))


class Loop(nn.Module):
    def forward(self, x):
        return while_loop(lambda i, x: i < 5, lambda i, x: (i + 1, x * 1.5 + 1), (torch.tensor(0), x))


class Map(nn.Module):
    def forward(self, xs, y):
        return mapped(lambda x, y: (x + y).sin(), xs, y)


class Scan(nn.Module):
    def forward(self, xs):
        return scan(lambda c, x: (c + x, (c * x).clone()), torch.zeros(3), xs)


class AssociativeScan(nn.Module):
    def forward(self, xs):
        return associative_scan(lambda a, b: a + b, xs, 0, combine_mode="generic")


class NoGradRegion(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(4, 4)

    def forward(self, x):
        with torch.no_grad():
            y = self.l(x)
        return y * self.l(x)


class AutocastRegion(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.Linear(4, 4)

    def forward(self, x):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = self.l(x)
        return y.float() + x


class Counter(nn.Module):
    """Buffers that are changed, not saved, and a constant."""

    def __init__(self):
        super().__init__()
        self.register_buffer("n", torch.zeros(()))
        self.register_buffer("tmp", torch.ones(3), persistent=False)
        self.c = torch.tensor([1.0, 2.0, 3.0])

    def forward(self, x):
        self.n.add_(1)
        return x * self.n + self.tmp + self.c


class Accumulates(nn.Module):
    """A parameter that is changed."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.ones(3))

    def forward(self, x):
        with torch.no_grad():
            self.w.add_(x)
        return self.w * x


class InPlace(nn.Module):
    def forward(self, x):
        x.add_(1)
        return x * 2


class Item(nn.Module):
    def forward(self, x):
        n = x.sum().to(torch.int64).item()
        torch._check(n >= 0)
        torch._check(n <= 20, lambda: "too many")
        return torch.arange(n) * 2


class Nonzero(nn.Module):
    def forward(self, x):
        return x[x > 0], torch.nonzero(x)


class Split(nn.Module):
    def forward(self, x):
        a, b = x.chunk(2, 1)
        v, i = x.topk(2)
        q = torch.split(x, [1, 3], dim=1)
        return a + b, v, i, q[0], torch.cat(q, 1), x.max(dim=0)[0], torch.stack([a, b])


class PythonArguments(nn.Module):
    def forward(self, x, k, flag, name, d):
        y = x * k
        if flag:
            y = y + 1
        return {"y": y, "z": [d["a"], d["b"][0] * 2], "k": k, "name": name, "n": None}


class Named(nn.Module):
    def forward(self, x, p):
        return Pair(x + p.left, (x * p.right, {"deep": x - 1}))


class Numbers(nn.Module):
    """An integer that may differ from call to call."""

    def forward(self, x, k):
        return x * k, k + 1


class Types(nn.Module):
    """Promotion of Python numbers, types as arguments, numbers that JSON does not have."""

    def forward(self, x, i):
        return (x.half() * 0.5, i * 0.5, i / 2, i.float().double() * 3, x.to(torch.bfloat16) + i, (x > 0) | (i > 0), torch.where(x > 0, x, 0.0),
                torch.full_like(i, 7), x ** 2, 2 ** x, torch.clamp(x, min=0), x.new_zeros(2), torch.view_as_real(torch.complex(x, x)), i % 3,
                i // 2, x.mean(-1, keepdim=True), torch.where(i > 1, 1.0, float("-inf")), x.masked_fill(x > 0, float("nan")),
                x.contiguous(memory_format=torch.contiguous_format), torch.zeros(2, dtype=torch.int32, device="cpu"), i + True)


class Shapes(nn.Module):
    def forward(self, a, b):
        return (torch.einsum("bij,bjk->bik", a, b), F.interpolate(a[None], scale_factor=2.0, mode="nearest"),
                F.pad(a, (1, 2, 0, 1), value=3.0), F.interpolate(a[None], size=(5, 7), mode="bilinear", antialias=True),
                F.avg_pool2d(a, 2), a[:, [0, 1]], a[..., None, 1:])


class Random(nn.Module):
    def forward(self, x):
        return x + torch.randn(3)


class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.g, self.m = nn.GRU(4, 8, 2, batch_first=True), nn.MultiheadAttention(8, 2, batch_first=True)
        self.t, self.e = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), nn.EmbeddingBag(10, 4)

    def forward(self, x, i):
        y, h = self.g(x)
        z, w = self.m(y, y, y)
        return self.t(z), h, w, self.e(i)


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.l = nn.LSTM(3, 4, 2, batch_first=True, bidirectional=True)

    def forward(self, x):
        return self.l(x)[0]


class Tied(nn.Module):
    """One weight under two names."""

    def __init__(self):
        super().__init__()
        self.embed, self.out = nn.Embedding(7, 4), nn.Linear(4, 7, bias=False)
        self.out.weight = self.embed.weight

    def forward(self, ids):
        return self.out(self.embed(ids))


class Fails(nn.Module):
    """Fails in a node for sizes that the signature allows."""

    def forward(self, x, i):
        return x.sin()[i].cos()


def i(*values):
    return torch.tensor(values)


def models():
    torch.manual_seed(0)
    r = torch.randn
    b, t = Dim("b", min=1, max=64), Dim("t", min=2, max=512)
    nested = {"a": torch.ones(1), "b": [torch.ones(2)]}
    return {
        "mlp": (Mlp(), (r(2, 4),), {"x": {0: Dim("b", min=1, max=8)}}), "conv": (Conv().eval(), (r(2, 3, 6, 6),)), "conv_train": (Conv(), (r(2, 3, 6, 6),)),
        "dynamic": (Dynamic(), (r(3, 4, 2), i(1, 2)), {"x": {0: b, 1: t}, "y": {}}),
        "halves": (Halves(), (r(4, 3),), {"x": {0: 2 * Dim("half", min=1, max=50), 1: Dim.AUTO}}),
        "mask": (Mask(), (), None, {"input_ids": torch.randint(0, 9, (2, 5)), "attention_mask": torch.ones(2, 5)}, {"input_ids": {0: b, 1: t}, "attention_mask": {0: b, 1: t}}),
        "branch": (Branch(), (torch.ones(2, 4),)), "branch_by_size": (BranchBySize(), (r(3, 2),), {"x": {0: Dim("b", min=2, max=9)}}),
        "loop": (Loop(), (torch.ones(3),)), "map": (Map(), (r(4, 3), r(3))), "scan": (Scan(), (r(4, 3),)), "ascan": (AssociativeScan(), (r(4, 3),)),
        "no_grad": (NoGradRegion(), (r(2, 4),)), "autocast": (AutocastRegion(), (r(2, 4),)), "counter": (Counter(), (r(3),)), "in_place": (InPlace(), (r(3),)),
        "accumulates": (Accumulates(), (i(1.0, 2.0, 3.0),)),
        "item": (Item(), (i(1.0, 2.0, 3.0),)), "nonzero": (Nonzero(), (i(1.0, -2.0, 3.0),)), "split": (Split(), (r(3, 4),)),
        "python_arguments": (PythonArguments(), (r(2), 3, True, "nm", nested)), "named": (Named(), (r(2), Pair(r(2), r(2)))),
        "numbers": (Numbers(), (r(2), 3), {"x": {}, "k": Dim.DYNAMIC}),
        "types": (Types(), (i(-1.5, 0.5, 2.0), i(0, 1, 5))), "shapes": (Shapes(), (r(2, 3, 4), r(2, 4, 3))), "random": (Random(), (r(3),)),
        "recurrent": (Recurrent().eval(), (r(2, 5, 4), torch.randint(0, 10, (2, 3)))), "lstm": (Lstm(), (r(2, 3, 3),)),
        "tied": (Tied(), (i(1, 2, 6),)), "fails": (Fails(), (r(3), i(0, 2))),
        "one_row": (Mlp(), (r(1, 4),)),
        "attention": (Attention(), (r(2, 5, 8), torch.zeros(2, 1, 5, 5).masked_fill(torch.ones(5, 5).triu(1) > 0, -1e9)), {"x": {0: b, 1: t}, "mask": {0: b, 2: t, 3: t}}),
        "experts": (Experts(), (r(6, 3), torch.tensor([2, 2, 5, 6]))),
        "heads": (Heads(), (r(2, 5, 8),), {"x": {0: b, 1: t}}), "residual": (Residual(), (r(2, 4, 6, 6),)),
        "standardized": (StandardizedWeight().eval(), (r(2, 3, 6, 6),)),
        "layer_scale": (LayerScale(), (r(2, 3, 6, 6),)),
    }


def number(n):
    """JSON has no infinities."""
    return n if isinstance(n, (bool, int)) or abs(n) < float("inf") else str(n).replace("inf", "Infinity").replace("nan", "NaN")


def value(v):
    if not isinstance(v, torch.Tensor):
        return {"value": v}
    plain = torch.view_as_real(v) if v.is_complex() else v
    plain = plain.to(torch.float64) if plain.is_floating_point() else plain
    return {"dtype": str(v.dtype).split(".")[1], "shape": list(v.shape), "values": [number(n) for n in plain.detach().flatten().tolist()]}


def save(name, program, args, kwargs):
    buffer = io.BytesIO()
    torch.export.save(program, buffer, extra_files={"labels.txt": "cat\ndog"} if name == "mlp" else None)
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(RESOURCES / f"{name}.pt2", "w") as new:
        for n in old.namelist():  # without what nobody reads, and with short folder names
            if "/.data/" in n or "/data/sample_inputs/" in n or n.endswith("/version"):
                continue
            text = old.read(n)
            if n.endswith("models/model.json"):
                text = lean(text)
            info = zipfile.ZipInfo("p/" + n.split("/", 1)[1])
            info.compress_type = zipfile.ZIP_DEFLATED if n.endswith(".json") else zipfile.ZIP_STORED
            new.writestr(info, text)
    try:
        buffer.seek(0)
        loaded = torch.export.load(buffer)  # with lists where there were tuples, as the file does not tell them apart
    except RuntimeError:  # Python cannot read some of its own files
        loaded = program
    inputs = [v.clone() if isinstance(v, torch.Tensor) else v for v in pytree.tree_flatten((args, kwargs))[0]]
    copies = pytree.tree_map(lambda v: v.clone() if isinstance(v, torch.Tensor) else v, (args, kwargs))
    case = {"inputs": [value(v) for v in inputs], "code": loaded.graph_module.code}
    with torch.no_grad():
        torch.manual_seed(3)
        module = program.module()
        result = module(*copies[0], **copies[1])
    case["outputs"] = [value(v) for v in pytree.tree_flatten(result, is_leaf=lambda v: v is None)[0]]
    case["after"] = [value(v) for v in pytree.tree_flatten(copies)[0]]
    case["state"] = {n: value(v) for n, v in program.module().state_dict().items()} if name.startswith(("counter", "accumulates", "conv_train", "tied")) else {}
    return case


def lean(text):
    """The program without the metadata that is of no use here, and with short names of files."""
    program = json.loads(text)

    def visit(graph):
        for node in graph["nodes"]:
            trace = node["metadata"].get("stack_trace", "")
            at = trace.rfind('File "')
            node["metadata"] = {"stack_trace": 'File "programs.py"' + trace[trace.index('"', at + 6) + 1:]} if at >= 0 else {}
            for a in node["inputs"]:
                if "as_graph" in a["arg"]:
                    visit(a["arg"]["as_graph"]["graph"])

    visit(program["graph_module"]["graph"])
    program["graph_module"]["module_call_graph"] = program["graph_module"]["module_call_graph"][:1]
    return json.dumps(program, separators=(",", ":"))


def main():
    RESOURCES.mkdir(parents=True, exist_ok=True)
    cases = {}
    for name, (model, args, *rest) in models().items():
        if sys.argv[1:] and name not in sys.argv[1:]:
            continue
        dynamic = rest[2] if len(rest) > 2 else rest[0] if rest else None
        kwargs = rest[1] if len(rest) > 1 else {}
        program = torch.export.export(model, args, kwargs, dynamic_shapes=dynamic)
        cases[name] = save(name, program, args, kwargs)
        cases[name + ".core"] = save(name + ".core", program.run_decompositions(), args, kwargs)
        print(name, sum(len(c["code"]) for c in cases.values()))
    path = RESOURCES / "cases.json"
    before = json.loads(path.read_text()) if sys.argv[1:] else {}
    path.write_text(json.dumps(before | cases, separators=(",", ":"), allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
