"""Writes resources/parity/modules.jsonl.gz and modules.safetensors: PyTorch's own samples of its modules (module_db), and ours of those it has none of.

    python modules.py           # torch 2.13, CPU

The first line is {"torch.nn": names of all its modules}; each other one is a case:

    "module", "case"   its class, and what tells it from the class's others
    "args"             the constructor's arguments by name, but for those that have their defaults. A tensor is {"tensor": n}, a module
                       {"module": class, "args": ...}, a function {"function": name}
    "training"         false: after eval()
    "inputs"           tensors, or null, in the order of forward's parameters, tuples flattened, flags left out
    "seeded"           whether the module was built directly after manual_seed(1), so that "state" begins as Java's does, to the bit
    "state"            the state dict before the call, by name
    "repr"             what the module prints
    "outputs"          {"shape", "print"}, tuples flattened; the call came directly after manual_seed(2)
    "gradients"        {"shape", "print"} by a parameter's name, or by "input 0" and so on: of the sum of float outputs o, each weighted
                       by cos(i) over its flat index i
    "after"            {"shape", "print"} of the buffers after the call

n is a tensor's name in modules.safetensors; the same values are there once. A print is a float32 tensor: the norm, the sum of elements
weighted by cos(i), and at most 14 evenly spaced elements, every ceil(size / 14)-th from the first. Booleans are uint8.
"""
import copy
import gzip
import hashlib
import inspect
import json
import math
import warnings

from golden import RESOURCES
import torch  # after golden, which chooses its instructions
from safetensors.torch import save_file
from torch import nn
from torch.testing._internal.common_modules import module_db

warnings.filterwarnings("ignore")
PRINTED = 14
#: What Java has no class for; ModulesParityTest says why.
WITHOUT = ("Lazy", "LinearCrossEntropyLoss")
TENSORS, NAMES = {}, {}


def store(t):
    t = t.detach().contiguous()
    t = (t.to(torch.uint8) if t.dtype == torch.bool else t).clone()
    key = (str(t.dtype), tuple(t.shape), hashlib.sha1(t.numpy().tobytes()).hexdigest())
    if key not in NAMES:
        NAMES[key] = str(len(NAMES))
        TENSORS[NAMES[key]] = t
    return NAMES[key]


def printed(t):
    flat = t.detach().flatten().double()
    stride = max(1, math.ceil(flat.numel() / PRINTED))
    dot = (flat * torch.arange(flat.numel(), dtype=torch.float64).cos()).sum()
    return {"shape": list(t.shape), "print": store(torch.cat([flat.norm()[None], dot[None], flat[::stride]]).float())}


def value(v):
    if torch.is_tensor(v):
        return {"tensor": store(v.float() if v.dtype == torch.float64 else v)}
    if isinstance(v, nn.TransformerEncoderLayer) or isinstance(v, nn.TransformerDecoderLayer):
        own = {"d_model": v.linear1.in_features, "nhead": v.self_attn.num_heads, "dim_feedforward": v.linear1.out_features, "dropout": v.dropout.p, "activation": v.activation.__name__,
               "batch_first": v.self_attn.batch_first, "norm_first": v.norm_first, "bias": v.linear1.bias is not None}
        return {"module": type(v).__name__, "args": own}
    if isinstance(v, nn.LayerNorm):
        return {"module": "LayerNorm", "args": {"normalized_shape": list(v.normalized_shape)}}
    if callable(v):
        return {"function": v.__name__}
    return [value(x) for x in v] if isinstance(v, (tuple, list)) else v


def arguments(cls, args, kwargs):
    """By name, floats as such, without defaults."""
    if issubclass(cls, nn.RNNBase):  # whose constructors take whatever comes
        return dict(zip(["input_size", "hidden_size"], args)) | kwargs
    signature = inspect.signature(cls.__init__)
    bound = signature.bind(None, *args, **kwargs).arguments
    out = {}
    for name, v in list(bound.items())[1:]:
        p = signature.parameters[name]
        if "float" in str(p.annotation) and isinstance(v, int) and not isinstance(v, bool):
            v = float(v)
        if p.default is inspect.Parameter.empty or torch.is_tensor(v) or v is not p.default and v != p.default:
            out[name] = v
    return out


def flat(v):
    if isinstance(v, (tuple, list)):
        if v and all(isinstance(x, int) for x in v):
            return [torch.tensor(v)]
        return [x for item in v for x in flat(item)]
    return [v] if v is None or torch.is_tensor(v) else []


def inputs_of(module, args, kwargs):
    bound = inspect.signature(module.forward).bind(*args, **kwargs)
    bound.apply_defaults()
    out = [x for name, v in bound.arguments.items() for x in flat(v)]
    while out and out[-1] is None:
        out.pop()
    return out


def fresh(v):
    """Leaves of their own."""
    if torch.is_tensor(v):
        return v.detach().clone().requires_grad_(v.requires_grad)
    return type(v)(fresh(x) for x in v) if isinstance(v, (tuple, list)) else v


def case(cls, number, args, kwargs, forward_args, forward_kwargs, training, seeded=True):
    kwargs = arguments(cls, args, kwargs)
    kwargs = {k: v.float() if torch.is_tensor(v) and v.dtype == torch.float64 else v for k, v in kwargs.items()}
    torch.manual_seed(1)
    module = cls(**{k: copy.deepcopy(v) for k, v in kwargs.items()}).train(training)
    out = {"module": cls.__name__, "case": number, "training": training, "args": {k: value(v) for k, v in kwargs.items()}, "seeded": seeded, "repr": repr(module)}
    out["state"] = {k: store(v) for k, v in module.state_dict().items()}
    forward_args, forward_kwargs = [fresh(a) for a in forward_args], {k: fresh(v) for k, v in forward_kwargs.items()}
    given = inputs_of(module, forward_args, forward_kwargs)
    out["inputs"] = [None if t is None else store(t) for t in given]
    torch.manual_seed(2)
    results = [t for t in flat(module(*forward_args, **forward_kwargs)) if t is not None]
    out["outputs"] = [printed(t) for t in results]
    loss = sum((t * torch.arange(t.numel()).double().cos().float().reshape(t.shape)).sum() for t in results if t.requires_grad)
    if torch.is_tensor(loss):
        loss.backward()
    wanted = {f"input {i}": t for i, t in enumerate(given) if t is not None} | dict(module.named_parameters())
    out["gradients"] = {k: printed(t.grad) for k, t in wanted.items() if t.grad is not None}
    out["after"] = {k: printed(v) for k, v in module.named_buffers()}
    return out


def module_db_cases():
    for info in module_db:
        cls = info.module_cls
        if cls.__name__.startswith(WITHOUT):
            continue
        seen = set()
        for training in [True, False] if info.train_and_eval_differ else [True]:
            torch.manual_seed(0)
            for number, m in enumerate(info.module_inputs_func(info, device="cpu", dtype=torch.float32, requires_grad=True, training=training)):
                c, f = m.constructor_input, m.forward_input
                made = case(cls, number, c.args, c.kwargs, f.args, f.kwargs, training, seeded=cls is not nn.TransformerEncoder)
                key = json.dumps({k: v for k, v in made.items() if k != "case"}, sort_keys=True)
                if key not in seen:
                    seen.add(key)
                    yield made


def own_cases():
    """Class, constructor's arguments, shapes or tensors of inputs."""
    torch.manual_seed(0)
    ids = torch.randint(0, 6, (3, 4))
    for training in [True, False]:
        for cls, shape in [(nn.Dropout, (3, 4)), (nn.Dropout1d, (2, 3, 4)), (nn.Dropout1d, (3, 4)), (nn.Dropout2d, (2, 3, 4, 5)), (nn.Dropout3d, (2, 3, 2, 2, 2)), (nn.Dropout3d, (3, 2, 2, 2)),
                           (nn.AlphaDropout, (3, 4)), (nn.FeatureAlphaDropout, (2, 3, 4)), (nn.RReLU, (3, 4))]:
            yield cls, {}, [shape], training
        yield nn.Dropout, {"p": 0.2}, [(3, 4)], training
        yield nn.RReLU, {"lower": 0.2, "upper": 0.4}, [(3, 4)], training
        yield nn.InstanceNorm2d, {"num_features": 3, "affine": True, "track_running_stats": True}, [(2, 3, 4, 4)], training
        yield nn.BatchNorm2d, {"num_features": 3, "momentum": None, "affine": False}, [(2, 3, 4, 4)], training
        yield nn.LSTM, {"input_size": 3, "hidden_size": 4, "num_layers": 2, "dropout": 0.5, "bidirectional": True}, [(5, 2, 3)], training
    pairs = [(nn.Identity, {}, [(2, 3)]), (nn.Hardsigmoid, {}, [(3, 4)]), (nn.GELU, {"approximate": "tanh"}, [(3, 4)]), (nn.PReLU, {"num_parameters": 3, "init": 0.1}, [(2, 3, 4)]),
             (nn.CosineSimilarity, {}, [(3, 4), (3, 4)]), (nn.CosineSimilarity, {"dim": 0, "eps": 0.1}, [(3, 4), (3, 4)]),
             (nn.PairwiseDistance, {}, [(3, 4), (3, 4)]), (nn.PairwiseDistance, {"p": 1.0, "keepdim": True}, [(3, 4), (3, 4)]),
             (nn.Flatten, {}, [(2, 3, 4)]), (nn.Flatten, {"start_dim": 0, "end_dim": 1}, [(2, 3, 4)]), (nn.Unflatten, {"dim": 1, "unflattened_size": (2, 3)}, [(2, 6)]),
             (nn.PixelShuffle, {"upscale_factor": 2}, [(1, 8, 2, 3)]), (nn.PixelUnshuffle, {"downscale_factor": 2}, [(1, 2, 4, 6)]), (nn.ChannelShuffle, {"groups": 2}, [(1, 4, 2, 2)]),
             (nn.Unfold, {"kernel_size": 2}, [(2, 3, 4, 5)]), (nn.Unfold, {"kernel_size": (2, 3), "dilation": (1, 2), "padding": 1, "stride": (2, 1)}, [(3, 6, 7)]),
             (nn.Fold, {"output_size": (4, 5), "kernel_size": 2}, [(2, 12, 12)]), (nn.Fold, {"output_size": (4, 5), "kernel_size": (2, 2), "padding": 1, "stride": 2}, [(2, 12, 9)]),
             (nn.TripletMarginLoss, {}, [(3, 4)] * 3), (nn.TripletMarginLoss, {"margin": 2.0, "p": 1.0, "swap": True, "reduction": "none"}, [(3, 4)] * 3),
             (nn.TripletMarginWithDistanceLoss, {}, [(3, 4)] * 3), (nn.TripletMarginWithDistanceLoss, {"margin": 2.0, "swap": True, "reduction": "sum"}, [(3, 4)] * 3),
             (nn.BCEWithLogitsLoss, {"pos_weight": torch.tensor([1.0, 2, 3, 4])}, [(3, 4), torch.rand(3, 4)]), (nn.SmoothL1Loss, {"beta": 0.5}, [(3, 4), (3, 4)]), (nn.HuberLoss, {"delta": 0.5}, [(3, 4), (3, 4)]),
             (nn.GaussianNLLLoss, {"full": True}, [(3, 4), (3, 4), torch.rand(3)]), (nn.KLDivLoss, {"reduction": "batchmean"}, [(3, 4), torch.rand(3, 4)]),
             (nn.Embedding, {"num_embeddings": 6, "embedding_dim": 4, "padding_idx": -2}, [ids]), (nn.Embedding, {"num_embeddings": 6, "embedding_dim": 4, "max_norm": 1.0, "norm_type": 1.0, "scale_grad_by_freq": True}, [ids]),
             (nn.EmbeddingBag, {"num_embeddings": 6, "embedding_dim": 4}, [ids]), (nn.EmbeddingBag, {"num_embeddings": 6, "embedding_dim": 4, "mode": "max", "padding_idx": 1}, [ids]),
             (nn.EmbeddingBag, {"num_embeddings": 6, "embedding_dim": 4, "mode": "sum", "include_last_offset": True}, [ids.flatten(), torch.tensor([0, 4, 12])]),
             (nn.EmbeddingBag, {"num_embeddings": 6, "embedding_dim": 4, "mode": "sum"}, [ids.flatten(), torch.tensor([0, 4]), torch.rand(12)]),
             (nn.MultiheadAttention, {"embed_dim": 4, "num_heads": 2, "kdim": 3, "vdim": 5}, [(3, 2, 4), (5, 2, 3), (5, 2, 5)]), (nn.MultiheadAttention, {"embed_dim": 4, "num_heads": 2, "batch_first": True}, [(3, 2, 4), (3, 5, 4), (3, 5, 4)]),
             (nn.TransformerDecoder, {"decoder_layer": nn.TransformerDecoderLayer(4, 2, 8, 0.0), "num_layers": 2, "norm": nn.LayerNorm(4)}, [(3, 2, 4), (5, 2, 4)]),
             (nn.AdaptiveLogSoftmaxWithLoss, {"in_features": 16, "n_classes": 10, "cutoffs": [2, 4, 7]}, [(6, 16), torch.tensor([0, 3, 9, 6, 1, 8])]),
             (nn.AdaptiveLogSoftmaxWithLoss, {"in_features": 16, "n_classes": 10, "cutoffs": [5], "div_value": 2.0, "head_bias": True}, [(16,), torch.tensor(7)]),
             (nn.LocalResponseNorm, {"size": 3, "alpha": 0.1}, [(2, 5, 3, 3)]), (nn.RMSNorm, {"normalized_shape": (3, 4), "eps": 1e-6, "elementwise_affine": False}, [(2, 3, 4)])]
    for n, (conv, transpose) in enumerate([(nn.Conv1d, nn.ConvTranspose1d), (nn.Conv2d, nn.ConvTranspose2d), (nn.Conv3d, nn.ConvTranspose3d)], 1):
        shape = (2, 4) + (5, 4, 6)[:n]
        for mode in ["zeros", "reflect", "replicate", "circular"]:
            pairs.append((conv, {"in_channels": 4, "out_channels": 2, "kernel_size": (3, 2, 3)[:n] if n > 1 else 3, "padding": 1, "padding_mode": mode, "groups": 2}, [shape]))
        pairs.append((conv, {"in_channels": 4, "out_channels": 2, "kernel_size": 4, "padding": "same", "padding_mode": "circular", "bias": False}, [shape]))
        pairs.append((conv, {"in_channels": 4, "out_channels": 2, "kernel_size": 2, "stride": 2, "dilation": 2}, [shape]))
        pairs.append((transpose, {"in_channels": 4, "out_channels": 2, "kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1, "groups": 2, "bias": False, "dilation": 2}, [shape]))
        pool, unpool = [(nn.MaxPool1d, nn.MaxUnpool1d), (nn.MaxPool2d, nn.MaxUnpool2d), (nn.MaxPool3d, nn.MaxUnpool3d)][n - 1]
        pairs.append((unpool, {"kernel_size": 2}, list(pool(2, return_indices=True)(torch.randn((2, 3) + (6, 4, 4)[:n])))))
        for mode in ["nearest", "nearest-exact", "area"] + [["linear"], ["bilinear", "bicubic"], ["trilinear"]][n - 1]:
            interpolating = {"align_corners": True} if mode.endswith("linear") or mode == "bicubic" else {}
            pairs.append((nn.Upsample, {"scale_factor": 1.5, "mode": mode}, [shape]))
            pairs.append((nn.Upsample, {"size": (7, 3, 5)[:n] if n > 1 else 7, "mode": mode} | interpolating, [shape]))
    for cls, kwargs, shapes in pairs:
        yield cls, kwargs, shapes, True


def main():
    cases = list(module_db_cases())
    torch.manual_seed(3)
    for number, (cls, kwargs, shapes, training) in enumerate(list(own_cases())):
        given = [torch.randn(s, requires_grad=True) if isinstance(s, tuple) else s for s in shapes]
        cases.append(case(cls, 1000 + number, (), kwargs, given, {}, training, seeded=cls is not nn.TransformerDecoder))
    lines, tensors = RESOURCES / "parity" / "modules.jsonl.gz", RESOURCES / "parity" / "modules.safetensors"
    names = {"torch.nn": sorted(n for n in nn.modules.__all__ if issubclass(getattr(nn, n), nn.Module))}
    lines.write_bytes(gzip.compress("".join(json.dumps(c, separators=(",", ":"), allow_nan=False) + "\n" for c in [names] + cases).encode(), mtime=0))
    save_file(TENSORS, tensors)
    print(len(cases), "cases of", len({c["module"] for c in cases}), "modules,", lines.stat().st_size + tensors.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
