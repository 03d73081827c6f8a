"""Makes the weight files under resources/serialize, and checks those that Java wrote.

    python weight_files.py make [FOLDER]     # torch 2.13, safetensors, numpy; default ../resources/serialize
    python weight_files.py check FOLDER      # the files that WeightFilesTest wrote there

Every file holds the same tensors as far as its format has their types: "<dtype>" is arange(6) as that type, [2, 3], "values.<dtype>"
what only that type can hold, and the rest what its name says. `make` writes zip.pt (torch.save), protocol4.pt, parameters.pt (what
else torch.save puts into files), legacy.th (the format before 1.6), big_endian.pt, arrays.pt (NumPy's beside weights), arrays5.pt (the
same by protocol 5), texts.pt (arrays that tensors cannot hold beside weights), restored.ts (a script that computes its weights anew), plain.safetensors, sharded/ (two files and their index),
array.npy, fortran.npy, big.npy (big-endian), objects.npy, plain.npz and compressed.npz. `check` exits with 1 and says why if
torch.load(weights_only=True), safetensors or numpy do not read the same from Java's files.
"""
import json
import sys
import zipfile
from collections import Counter, OrderedDict
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file

RESOURCES = Path(__file__).resolve().parent.parent / "resources" / "serialize"
TYPES = [torch.float32, torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8, torch.uint8, torch.bool,
         torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2, torch.complex64, torch.complex128]
NUMPY = [t for t in TYPES if t not in (torch.bfloat16, torch.float8_e4m3fn, torch.float8_e5m2)]
SAFETENSORS = [t for t in TYPES if t != torch.complex128]


def name(t):
    return str(t).removeprefix("torch.")


def tensors(types):
    all = {name(t): torch.arange(6.).to(t).reshape(2, 3) for t in types}
    all |= {"values." + name(t): torch.tensor([-1.5, float("inf"), float("nan"), 0.0, -0.0]).to(t) for t in types if t.is_floating_point}
    all |= {"scalar": torch.tensor(3.0), "empty": torch.zeros(0, 4)}
    return all


def strided():
    base = torch.arange(12.)
    return {"shared.whole": base, "shared.view": base[2:8].reshape(2, 3), "shared.transposed": base.reshape(3, 4).t(), "expanded": torch.tensor([2.0]).expand(3, 2)}


def plain_values():
    return {"none": None, "text": "größer", "true": True, "small": 5, "negative": -70000, "large": 2 ** 40, "huge": 2 ** 70, "real": 0.1, "list": [1, [2.5, "a"], {}], "map": {0: {"lr": 0.1}}}


def big_endian(file):
    """Writes a file as torch.save does on a big-endian machine, and reads it again."""
    state = {k: t for k, t in tensors([t for t in TYPES if t not in (torch.uint16, torch.uint32, torch.uint64, torch.float8_e4m3fn, torch.float8_e5m2)]).items()}
    torch.save(state, file)
    with zipfile.ZipFile(file) as zip:
        entries = {i.filename: zip.read(i) for i in zip.infolist()}
    for key, t in enumerate(state.values()):
        width = t.element_size() // (2 if t.is_complex() else 1)
        entry = f"{file.stem}/data/{key}"
        entries[entry] = numpy.frombuffer(entries[entry], numpy.uint8).reshape(-1, width)[:, ::-1].tobytes()
    entries[f"{file.stem}/byteorder"] = b"big"
    with zipfile.ZipFile(file, "w") as zip:
        for name, content in entries.items():
            zip.writestr(zipfile.ZipInfo(name), content)
    same(file.name, torch.load(file), state)


class Restored(torch.nn.Module):
    """A module whose archive holds something else than its weights."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(2))

    def forward(self, x):
        return x * self.weight

    @torch.jit.export
    def __getstate__(self):
        return self.weight * 2, self.training

    @torch.jit.export
    def __setstate__(self, state: tuple[torch.Tensor, bool]):
        self.weight = state[0] / 2
        self.training = state[1]


def make(folder):
    folder.mkdir(parents=True, exist_ok=True)
    state = OrderedDict(tensors(TYPES) | strided())
    torch.save({"state_dict": state, "values": plain_values()}, folder / "zip.pt")
    torch.save({"state_dict": state, "values": plain_values()}, folder / "protocol4.pt", pickle_protocol=4)
    torch.save({"state_dict": OrderedDict((k, t) for k, t in state.items() if t.dtype not in (torch.uint16, torch.uint32, torch.uint64)), "values": plain_values()},
               folder / "legacy.th", _use_new_zipfile_serialization=False)
    net = torch.nn.Linear(3, 2)
    torch.nn.init.ones_(net.weight)
    torch.save({"module": net.state_dict(), "parameter": net.weight, "conj": torch.tensor([1 + 2j]).conj(), "size": torch.Size([2, 3]), "dtype": torch.bfloat16,
                "device": torch.device("cuda:1"), "tuple": (1, "a"), "set": {3}, "bytes": b"\x00\xff", "complex": 1 - 2j, "milestones": Counter([30, 60])}, folder / "parameters.pt")
    big_endian(folder / "big_endian.pt")
    torch.jit.script(torch.nn.Sequential(torch.nn.Linear(2, 2), Restored())).save(folder / "restored.ts")
    matrix = numpy.arange(6.).reshape(2, 3)
    beside = {"state_dict": {"weight": torch.ones(2)}, "rng": numpy.random.RandomState(0).get_state(), "fortran": numpy.asfortranarray(matrix),
              "big": matrix.astype(">f4"), "complex": (matrix + 1j).astype(">c8"), "scalar": numpy.array(7, dtype=numpy.int16), "empty": numpy.zeros((0, 2))}
    torch.save(beside, folder / "arrays.pt")
    torch.save(beside, folder / "arrays5.pt", pickle_protocol=5)
    torch.save({"state_dict": {"weight": torch.ones(2)}, "texts": numpy.array(["a", "b"]), "objects": numpy.array([{}, None])}, folder / "texts.pt")
    save_file(tensors(SAFETENSORS), folder / "plain.safetensors", metadata={"format": "pt"})
    shards = folder / "sharded"
    shards.mkdir(exist_ok=True)
    save_file({"a": torch.ones(2)}, shards / "model-00001-of-00002.safetensors")
    save_file({"b": torch.zeros(3)}, shards / "model-00002-of-00002.safetensors")
    (shards / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": 20}, "weight_map": {
        "a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}}) + "\n")
    arrays = {k: t.numpy() for k, t in tensors(NUMPY).items()}
    numpy.savez(folder / "plain.npz", **arrays)
    numpy.savez_compressed(folder / "compressed.npz", **arrays)
    numpy.save(folder / "array.npy", arrays["float32"])
    numpy.save(folder / "fortran.npy", numpy.asfortranarray(arrays["float64"]))
    numpy.save(folder / "big.npy", arrays["float32"].astype(">f4"))
    numpy.save(folder / "objects.npy", numpy.array([{}, None]), allow_pickle=True)
    print(sum(f.stat().st_size for f in folder.rglob("*") if f.is_file()), "bytes")


def same(file, actual, expected):
    assert list(actual) == list(expected) or set(actual) == set(expected), f"{file}: {sorted(set(actual) ^ set(expected))}"
    for key, t in expected.items():
        a = torch.from_numpy(actual[key]) if isinstance(actual[key], numpy.ndarray) else actual[key]
        assert a.dtype == t.dtype and a.shape == t.shape, f"{file}: {key} is {a.dtype} {tuple(a.shape)}"
        raw = [x.contiguous().reshape(-1).view(torch.uint8) for x in (a, t)]
        assert torch.equal(*raw), f"{file}: {key} is {a}, and should be {t}"


def check(folder):
    read = torch.load(folder / "java.pt", weights_only=True)
    same("java.pt", read["state_dict"], tensors(TYPES) | strided())
    assert read["values"] == plain_values(), read["values"]
    shared = read["state_dict"]
    assert shared["shared.view"].untyped_storage().data_ptr() == shared["shared.whole"].untyped_storage().data_ptr()
    assert shared["shared.transposed"].stride() == (1, 4) and shared["expanded"].stride() == (0, 0)
    assert shared["float32"].requires_grad is False
    same("java.pt, mapped", torch.load(folder / "java.pt", mmap=True)["state_dict"], tensors(TYPES) | strided())
    assert torch.load(folder / "java.checkpoint", weights_only=True)["sections"]["sampler"] == {"epoch": 3}
    same("java.safetensors", load_file(folder / "java.safetensors"), tensors(SAFETENSORS))
    with numpy.load(folder / "java.npz") as arrays:
        same("java.npz", dict(arrays), tensors(NUMPY))
    same("java.npy", {"a": numpy.load(folder / "java.npy")}, {"a": torch.arange(6.).reshape(2, 3)})
    print("all as they should be")


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in ("make", "check") or sys.argv[1] == "check" and len(sys.argv) != 3:
        raise SystemExit(__doc__)
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else RESOURCES
    make(folder) if sys.argv[1] == "make" else check(folder)
