"""Makes the TorchScript files under resources/jit, and checks those that Java wrote.

    python scripts.py make [FOLDER]     # torch 2.13; default ../resources/jit
    python scripts.py check FOLDER      # the files that the tests of scripts wrote there
    python scripts.py traced FOLDER     # the modules that it traced

kinds.ts has a method for each type of argument, net.ts is a small convolutional net in training mode, lstm.ts returns tuples, traced.ts is a
trace, state.ts assigns to its buffers and ties its weights, quantized.ts has packed weights, missing.ts calls operators of other libraries.
expected.safetensors has what Python computes: "<file>.<what>". `check` exits with 1 and says why if Python does not read the same from
Java's files.
"""
import sys
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Tuple, Union

import torch
from safetensors.torch import load_file, save_file
from torch import nn

RESOURCES = Path(__file__).resolve().parent.parent / "resources" / "jit"


class Pair(NamedTuple):
    a: torch.Tensor
    b: int


class Kinds(nn.Module):
    factor: float
    label: str
    maybe: Optional[int]

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(3, 3)
        self.norm = nn.BatchNorm1d(3)
        self.drop = nn.Dropout(0.5)
        self.register_buffer("count", torch.zeros((), dtype=torch.long))
        self.factor = 2.0
        self.label = "kinds"
        self.limits = [1, 2, 3]
        self.table = {"a": [1], "b": [2, 3]}
        self.maybe = None

    def forward(self, x: torch.Tensor, more: Optional[torch.Tensor] = None, k: float = 1.0):
        y = self.drop(self.norm(self.linear(x))) * k
        if more is not None:
            y = y + more
        return y

    @torch.jit.export
    def numbers(self, i: int, f: float, b: bool, s: str, c: complex) -> Tuple[int, float, bool, str, complex]:
        return i + 1, f / 2, not b, s + "!", c * c

    @torch.jit.export
    def dicts(self, d: Dict[str, torch.Tensor]) -> Dict[str, torch.Tensor]:
        scaled: Dict[str, torch.Tensor] = {}
        for k, v in d.items():
            scaled[k] = v * self.factor
        return scaled

    @torch.jit.export
    def by_number(self, d: Dict[int, List[float]]) -> Dict[int, float]:
        return {k: sum(v) for k, v in d.items()}

    @torch.jit.export
    def lists(self, xs: List[torch.Tensor], ns: List[int], ss: List[str], fs: List[float], bs: List[bool]) -> Tuple[torch.Tensor, List[int], str, float, int]:
        n = 0
        for b in bs:
            n += int(b)
        ns.append(0)
        return torch.cat(xs), [i + 1 for i in ns], ",".join(ss), sum(fs), n

    @torch.jit.export
    def tuples(self, p: Tuple[torch.Tensor, Tuple[int, bool]]) -> Pair:
        return Pair(p[0] + p[1][0], p[1][0] if p[1][1] else -1)

    @torch.jit.export
    def pairs(self, p: Pair, all: List[Pair]) -> Tuple[torch.Tensor, List[Pair]]:
        return p.a * p.b, [Pair(q.a + 1, q.b + 1) for q in all]

    @torch.jit.export
    def nested(self, x: List[Dict[str, List[int]]], o: List[Optional[int]]) -> Tuple[Optional[int], List[Optional[int]]]:
        t = 0
        for q in x:
            for v in q.values():
                for i in v:
                    t += i
        return t if t > 0 else None, o

    @torch.jit.export
    def either(self, x: Union[int, str, List[int]]) -> str:
        if isinstance(x, int):
            return "int " + str(x)
        elif isinstance(x, str):
            return "str " + x
        else:
            return "list " + str(len(x))

    @torch.jit.export
    def anything(self, x: Any) -> Any:
        return x

    @torch.jit.export
    def device(self, x: torch.Tensor, d: torch.device, t: torch.dtype) -> Tuple[torch.device, torch.Tensor]:
        return x.device, x.to(d).to(t)

    @torch.jit.export
    def bad(self, n: int) -> int:
        if n < 0:
            raise ValueError("n is negative: " + str(n))
        return n

    @torch.jit.export
    def bad_shape(self, x: torch.Tensor):
        return x.view(7, 7)

    @torch.jit.export
    def bump(self):
        self.count += 1
        return self.count

    @torch.jit.export
    def long_loop(self, n: int) -> int:
        t = 0
        for i in range(n):
            t = (t + i * i) % 1000003
        return t


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.AdaptiveAvgPool2d(2))
        self.drop = nn.Dropout(0.2)
        self.classifier = nn.Linear(16, 3)

    def forward(self, x):
        return self.classifier(self.drop(self.features(x).flatten(1)))


class Shared(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))

    def forward(self, x):
        return x * self.weight


class State(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("total", torch.zeros(2))
        self.first = Shared()
        self.second = self.first
        self.third = Shared()
        self.third.weight = self.first.weight
        self.frozen = nn.Parameter(torch.full((2,), 3.0), requires_grad=False)
        self.number = nn.Parameter(torch.tensor([1, 2]), requires_grad=False)

    def forward(self, x):
        self.total = self.total + self.first(x) + self.second(x) + self.third(x) * self.frozen
        return self.total * 1


class Lstm(nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = nn.LSTM(3, 4, batch_first=True)

    def forward(self, x, state: Optional[Tuple[torch.Tensor, torch.Tensor]] = None):
        return self.lstm(x, state)




def train(net, x, t):
    optimizer = torch.optim.SGD(net.parameters(), 0.1, momentum=0.9)
    losses = []
    torch.manual_seed(5)
    for _ in range(10):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), t)
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
    return torch.stack(losses)


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    out = {}

    torch.manual_seed(1)
    kinds = torch.jit.script(Kinds())
    torch.jit.save(kinds, folder / "kinds.ts", _extra_files={"labels.json": '["a", "b"]', "bytes.bin": b"\x00\x01\xff"})
    torch.manual_seed(2)
    x = torch.randn(4, 3)
    out["kinds.x"] = x
    kinds.eval()
    out["kinds.forward"] = kinds(x)
    out["kinds.scaled"] = kinds(x, x, 3)
    kinds.train()
    torch.manual_seed(3)
    out["kinds.trained"] = kinds(x)

    torch.manual_seed(4)
    net = torch.jit.script(Net())
    net.save(folder / "net.ts")
    x, t = torch.randn(6, 1, 8, 8), torch.randint(3, (6,))
    out["net.x"], out["net.t"] = x, t
    net.eval()
    out["net.forward"] = net(x)
    out["net.frozen"] = torch.jit.optimize_for_inference(torch.jit.freeze(net))(x)
    traced = torch.jit.trace(net, x)
    traced.save(folder / "traced.ts")
    out["traced.forward"] = traced(x[:2])
    net.train()
    out["net.losses"] = train(net, x, t)
    for name, value in net.state_dict().items():
        out["net.after." + name] = value.clone()

    torch.manual_seed(6)
    lstm = torch.jit.script(Lstm()).eval()
    lstm.save(folder / "lstm.ts")
    x = torch.randn(2, 5, 3)
    y, (h, c) = lstm(x)
    z, _ = lstm(x, (h, c))
    out |= {"lstm.x": x, "lstm.y": y, "lstm.h": h, "lstm.c": c, "lstm.again": z}

    state = torch.jit.script(State())
    state.save(folder / "state.ts")
    x = torch.tensor([1.0, 2.0])
    out["state.once"] = state(x).clone()
    out["state.twice"] = state(x).clone()

    torch.manual_seed(7)
    quantized = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 2)).eval(), {nn.Linear}, torch.qint8)
    script = torch.jit.script(quantized)
    script.save(folder / "quantized.ts")
    x = torch.randn(3, 4)
    out |= {"quantized.x": x, "quantized.forward": script(x)}

    library = torch.library.Library("torchvision", "FRAGMENT")
    library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    other = torch.library.Library("others", "FRAGMENT")
    other.define("crop(Tensor x) -> Tensor")

    class Missing(nn.Module):
        def forward(self, boxes, scores):
            return torch.ops.others.crop(torch.ops.torchvision.qnms(boxes, scores, 0.5))

    torch.jit.script(Missing()).save(folder / "missing.ts")
    save_file({k: v.detach().contiguous() for k, v in out.items()}, folder / "expected.safetensors")


def check(folder):
    expected = load_file(RESOURCES / "expected.safetensors")
    files = {"labels.json": "", "bytes.bin": ""}
    kinds = torch.jit.load(folder / "kinds.ts", _extra_files=files)
    assert files == {"labels.json": b"[1]", "bytes.bin": b"\x00\xfe"}, files
    assert not kinds.training and not kinds.linear.training and not kinds.drop.training, "modes"
    assert kinds.factor == 3.0 and kinds.label == "größer" and kinds.limits == [4] and kinds.table == {"z": [7]} and kinds.maybe == 5, "attributes"
    torch.testing.assert_close(kinds(expected["kinds.x"]), expected["kinds.forward"])
    net = torch.jit.load(folder / "net.ts")
    for name, value in net.state_dict().items():
        torch.testing.assert_close(value, expected["net.after." + name], rtol=1e-5, atol=1e-6)
    frozen = torch.jit.load(folder / "frozen.ts")
    torch.testing.assert_close(frozen(expected["net.x"]), expected["net.forward"], rtol=1e-5, atol=1e-6)
    state = torch.jit.load(folder / "state.ts")
    torch.testing.assert_close(state.total, expected["state.once"])
    torch.testing.assert_close(state(torch.tensor([1.0, 2.0])), expected["state.twice"])


def check_traced(folder):
    io = load_file(folder / "traced.safetensors")
    for name in "one", "resnet":
        module = torch.jit.load(folder / (name + ".ts"))
        torch.testing.assert_close(module(io[name + ".x"]), io[name + ".y"], rtol=1e-4, atol=1e-5)


if __name__ == "__main__":
    command = sys.argv[1]
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else RESOURCES
    {"make": make, "check": check, "traced": check_traced}[command](folder)
