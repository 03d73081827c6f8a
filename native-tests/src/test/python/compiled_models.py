"""Compiles models by AOTInductor for CompiledModelsTest: compiled_models.py FOLDER [NAME…]

NAME.pt2 has the compiled code, and also the graph if the name ends in _graph. NAME.safetensors has inputs and outputs of several calls:
CALL.inI and CALL.outI in their order. An output that is None has no tensor. Prints "compiled NAME" for each.
Ends with status 3 if a package or the compiler is missing.
"""
import os
import shutil
import sys
from collections import OrderedDict

FOLDER = sys.argv[1]
try:
    import torch
    from safetensors.torch import save_file
except ImportError as e:
    print(e)
    sys.exit(3)
if not shutil.which(os.environ.get("CXX", "g++")):
    print("there is no g++")
    sys.exit(3)

import torch.utils._pytree as pytree
from torch import nn
from torch.export import Dim
from torch.export.pt2_archive._package import package_pt2

BATCH, LENGTH = Dim("batch", min=1, max=64), Dim("length", min=2, max=32)


class Mlp(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(OrderedDict(a=nn.Linear(8, 16), r=nn.ReLU(), b=nn.Linear(16, 12)))

    def forward(self, x):
        return self.layers(x)


class Words(nn.Module):
    """Integers in; a dict with a tuple, None and an integer tensor out; a buffer; an argument that becomes a constant."""

    def __init__(self):
        super().__init__()
        self.embed, self.head = nn.Embedding(50, 16), nn.Linear(16, 4)
        self.register_buffer("scale", torch.full((4,), 0.5))

    def forward(self, ids, mask, *, k):
        h = (self.embed(ids) * mask.unsqueeze(-1)).sum(1)
        y = self.head(h) * self.scale * k
        return {"logits": y, "best": (y.argmax(-1), None)}


class Counter(nn.Module):
    """A buffer that changes (smaller ones become constants of the code); an input that changes; a parameter and a view of one returned."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.arange(6.).reshape(2, 3))
        self.register_buffer("calls", torch.zeros((3, 4), dtype=torch.int64))

    def forward(self, x):
        self.calls.add_(1)
        x.mul_(2)
        return x @ self.w, self.calls + 0, self.w, self.w.t()[1]


class Images(nn.Module):
    """Convolutions and batch normalisation on channels-last images of a symbolic height that is even."""

    def __init__(self):
        super().__init__()
        self.c, self.n, self.d = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Conv2d(8, 4, 3, stride=2)

    def forward(self, x):
        return self.d(torch.relu(self.n(self.c(x)))).mean((2, 3))


class Lookup(nn.Module):
    """Fails for indices out of range; sorts, which has no kernel of its own."""

    def forward(self, x, i):
        return x[i], tuple(torch.sort(x, dim=0, descending=True)), torch.linalg.vector_norm(x)


@torch.library.custom_op("panatorch_tests::halve", mutates_args=())
def halve(x: torch.Tensor) -> torch.Tensor:
    return x / 2


@halve.register_fake
def _(x):
    return torch.empty_like(x)


class Custom(nn.Module):
    def forward(self, x):
        return torch.ops.panatorch_tests.halve(x) + 1


class Block(nn.Module):
    def __init__(self, before, width, stride):
        super().__init__()
        self.a, self.n = nn.Conv2d(before, width, 3, stride, 1, bias=False), nn.BatchNorm2d(width)
        self.b, self.m = nn.Conv2d(width, width, 3, 1, 1, bias=False), nn.BatchNorm2d(width)
        same = stride == 1 and before == width
        self.skip = nn.Identity() if same else nn.Sequential(nn.Conv2d(before, width, 1, stride, bias=False), nn.BatchNorm2d(width))

    def forward(self, x):
        return torch.relu(self.m(self.b(torch.relu(self.n(self.a(x))))) + self.skip(x))


def resnet18():
    widths = [64, 64, 64, 128, 128, 256, 256, 512, 512]
    blocks = [Block(w, v, 2 if v > w else 1) for w, v in zip(widths, widths[1:])]
    return nn.Sequential(nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *blocks,
                         nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 10))


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads, self.qkv, self.out = heads, nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x, mask):
        n, t, width = x.shape
        q, k, v = self.qkv(x).view(n, t, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        y = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=mask[:, None, None, :].bool())
        return self.out(y.transpose(1, 2).reshape(n, t, width))


class Bert(nn.Module):
    """As BERT: embeddings of words and positions, layers of attention and GELU, and an output for the first token."""

    def __init__(self, width=32, layers=2):
        super().__init__()
        self.words, self.positions, self.norm = nn.Embedding(60, width), nn.Embedding(32, width), nn.LayerNorm(width)
        self.attention = nn.ModuleList(Attention(width, 4) for _ in range(layers))
        self.dense = nn.ModuleList(nn.Sequential(nn.Linear(width, 64), nn.GELU(), nn.Linear(64, width)) for _ in range(layers))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2 * layers))
        self.pooler = nn.Linear(width, width)

    def forward(self, input_ids, attention_mask):
        x = self.norm(self.words(input_ids) + self.positions(torch.arange(input_ids.shape[1], device=input_ids.device)))
        for i, (attention, dense) in enumerate(zip(self.attention, self.dense)):
            x = self.norms[2 * i](x + attention(x, attention_mask))
            x = self.norms[2 * i + 1](x + dense(x))
        return {"last_hidden_state": x, "pooler_output": torch.tanh(self.pooler(x[:, 0]))}


def ids(*shape):
    return torch.randint(0, 50, shape)


def images(*shape):
    return torch.randn(*shape).to(memory_format=torch.channels_last)


def cases():
    """name: (model, calls of (args, kwargs) the first of which is exported, dynamic shapes)"""
    rows = {0: BATCH, 1: LENGTH}
    yield "mlp", Mlp, [((torch.randn(n, 8),), {}) for n in (3, 1, 64)], {"x": {0: BATCH}}
    yield "mlp_graph", Mlp, [((torch.randn(n, 8),), {}) for n in (3, 1, 64)], {"x": {0: BATCH}}
    yield ("words", Words, [((ids(n, t), torch.ones(n, t)), {"k": 3}) for n, t in ((3, 7), (1, 2), (5, 32))],
           {"ids": rows, "mask": rows, "k": None})
    yield ("words_graph", Words, [((ids(n, t), torch.ones(n, t)), {"k": 3}) for n, t in ((3, 7), (1, 2), (5, 32))],
           {"ids": rows, "mask": rows, "k": None})
    yield "counter", Counter, [((torch.randn(4, 2),), {}) for _ in range(3)], None
    yield "images_graph", Images, [((images(n, 3, h, 10),), {}) for n, h in ((2, 12), (3, 16), (2, 8))], \
        {"x": {0: BATCH, 2: 2 * Dim("half", min=3, max=20)}}
    yield "lookup", Lookup, [((torch.randn(5, 3), torch.tensor([4, 0, 2, 2])), {})], None
    yield "gru", lambda: nn.GRU(6, 8, batch_first=True), [((torch.randn(2, 5, 6),), {})], None
    yield ("bert_graph", Bert, [((), {"input_ids": ids(n, t), "attention_mask": torch.ones(n, t, dtype=torch.int64)})
                                for n, t in ((3, 7), (2, 16))], {"input_ids": rows, "attention_mask": rows})
    yield "resnet18", resnet18, [((torch.randn(2, 3, 64, 64),), {})], None
    yield "custom", Custom, [((torch.randn(3),), {})], None


def tensors(value):
    return [t for t in pytree.tree_flatten(value)[0] if isinstance(t, torch.Tensor)]


def compile_case(name, model, calls, dynamic_shapes):
    args, kwargs = calls[0]
    with torch.no_grad():
        program = torch.export.export(model, pytree.tree_map(lambda t: t.clone() if isinstance(t, torch.Tensor) else t, args), kwargs,
                                      dynamic_shapes=dynamic_shapes)
        path = os.path.join(FOLDER, name + ".pt2")
        if name.endswith("_graph"):
            files = torch._inductor.aot_compile(program.module(check_guards=False), args, kwargs,
                                                options={"aot_inductor.package": True})
            package_pt2(path, exported_programs={"model": program}, aoti_files={"model": files})
        else:
            torch._inductor.aoti_compile_and_package(program, package_path=path)
        saved = {}
        for c, (a, k) in enumerate(calls):
            for i, t in enumerate(tensors((a, k))):
                saved[f"{c}.in{i}"] = t.clone(memory_format=torch.preserve_format)
            outputs = model(*a, **k)
            for i, t in enumerate(pytree.tree_flatten(outputs)[0]):
                if isinstance(t, torch.Tensor):
                    saved[f"{c}.out{i}"] = t.detach().clone(memory_format=torch.contiguous_format)
        save_file({n: t.contiguous() for n, t in saved.items()}, os.path.join(FOLDER, name + ".safetensors"))
    print("compiled", name, flush=True)


def main():
    torch.set_num_threads(1)  # which the code keeps
    for name, make, calls, dynamic_shapes in cases():
        if sys.argv[2:] and name not in sys.argv[2:]:
            continue
        torch.manual_seed(1)
        compile_case(name, make().eval(), calls, dynamic_shapes)


main()
