"""Makes the small model files that ModelFilesTest runs, and what they return in Python.

    python src/test/python/model_files.py      # torch 2.13, safetensors, tokenizers, Pillow, numpy

image.pt2 and image.ts classify images of 16 x 16 pixels, text.pt2 texts, words.pt2 predicts the next word; values.ts returns a dict; twice.pt2
needs an operator that is not there; weightless.pt2 is image.pt2 without its weights, which are in image.safetensors. expected.json has the
probabilities for picture.png and for two texts. in.npz and out.safetensors are inputs and outputs of text.pt2.
"""
import json
import os
from pathlib import Path

os.environ |= {"ATEN_CPU_CAPABILITY": "avx2", "DNNL_MAX_CPU_ISA": "AVX2"}

import numpy as np
import torch
from PIL import Image
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.export import Dim

FOLDER = Path(__file__).resolve().parent.parent / "resources/panatorch/apps/models"
LABELS = ["airplane", "bird\u001b[2J", "cat"]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "good", "bad", "film", "the", "end"]
TEXTS = ["a good film", "Bad!"]
PREPROCESSING = {"input_size": [3, 16, 16], "interpolation": "bilinear", "crop_pct": 1.0, "mean": [0.5] * 3, "std": [0.5] * 3}


class ImageClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv, self.norm, self.head = nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Linear(8, 3)
        self.register_buffer("temperature", torch.tensor(0.1), persistent=False)

    def forward(self, x):
        return self.head(self.norm(self.conv(x)).relu().mean((2, 3))) / self.temperature


class TextClassifier(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(len(WORDS), 6), nn.Linear(6, 2)

    def forward(self, input_ids, attention_mask):
        mask = attention_mask.unsqueeze(-1).float()
        mean = (self.embedding(input_ids) * mask).sum(1) / mask.sum(1)
        return {"logits": self.head(mean) * 4, "mean": mean}


class NextWord(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding, self.head = nn.Embedding(len(WORDS), 6), nn.Linear(6, len(WORDS))

    def forward(self, input_ids):
        return self.head(self.embedding(input_ids))


class Values(nn.Module):
    def forward(self, x: torch.Tensor, factor: float = 2.0):
        return {"scaled": x * factor, "sum": x.sum()}


@torch.library.custom_op("panatorch_demo::twice", mutates_args=())
def twice(x: torch.Tensor) -> torch.Tensor:
    return x * 2


@twice.register_fake
def _(x):
    return torch.empty_like(x)


class Twice(nn.Module):
    def forward(self, x):
        return torch.ops.panatorch_demo.twice(x)


def tokenizer():
    t = Tokenizer(models.WordLevel({w: i for i, w in enumerate(WORDS)}, unk_token="[UNK]"))
    t.normalizer, t.pre_tokenizer = normalizers.Lowercase(), pre_tokenizers.Whitespace()
    t.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    t.add_special_tokens(WORDS[:4])
    return t


def save(model, name, inputs, dims, extra=None, weights=True):
    program = torch.export.export(model.eval(), (), inputs, dynamic_shapes=dims, strict=False)
    if not weights:
        fake = FakeTensorMode()
        program._state_dict = {k: nn.Parameter(fake.from_tensor(v)) if isinstance(v, nn.Parameter) else fake.from_tensor(v)
                               for k, v in program.state_dict.items()}
    for node in [n for module in program.graph_module.modules() if hasattr(module, "graph") for n in module.graph.nodes]:
        node.meta.pop("nn_module_stack", None)
        node.meta["stack_trace"] = ""
    torch.export.save(program, FOLDER / name, extra_files=extra or {})


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    y, x = np.mgrid[:20, :30]
    picture = np.stack([(x * 8) % 256, (y * 12) % 256, (x * y) % 256], -1).astype(np.uint8)
    Image.fromarray(picture).save(FOLDER / "picture.png")

    batch, length = Dim("batch", min=1), Dim("length", min=1, max=8)
    image = ImageClassifier()
    extra = {"labels.json": json.dumps(LABELS), "preprocessing.json": json.dumps(PREPROCESSING)}
    save(image, "image.pt2", {"x": torch.randn(2, 3, 16, 16)}, {"x": {0: batch}}, extra)
    save(image, "weightless.pt2", {"x": torch.randn(2, 3, 16, 16)}, {"x": {0: batch}}, extra, weights=False)
    save(image, "static.pt2", {"x": torch.randn(2, 3, 16, 16)}, None, extra)
    save_file({k: v.contiguous() for k, v in image.state_dict().items()}, FOLDER / "image.safetensors")
    torch.jit.save(torch.jit.trace(image, torch.randn(1, 3, 16, 16)), FOLDER / "image.ts", _extra_files={k: v.encode() for k, v in extra.items()})
    torch.jit.save(torch.jit.script(Values()), FOLDER / "values.ts")
    save(Twice(), "twice.pt2", {"x": torch.randn(2)}, None)

    text, words = TextClassifier(), tokenizer()
    ids = torch.randint(4, 10, (2, 5))
    facts = {"panatorch.json": json.dumps({"pad_token_id": 0, "max_length": 8}), "tokenizer.json": words.to_str()}
    save(text, "text.pt2", {"input_ids": ids, "attention_mask": torch.ones_like(ids)}, {n: {0: batch, 1: length} for n in ("input_ids", "attention_mask")},
         facts | {"labels.txt": "negative\npositive\n"})
    save(NextWord(), "words.pt2", {"input_ids": ids}, {"input_ids": {0: batch, 1: length}}, facts)

    with torch.no_grad():
        side = Image.open(FOLDER / "picture.png").resize((24, 16), Image.Resampling.BILINEAR).crop((4, 0, 20, 16))
        pixels = torch.from_numpy(np.array(side)).permute(2, 0, 1).float().div(255).sub(0.5).div(0.5)
        expected = {"picture.png": image(pixels[None]).softmax(1)[0].tolist()}
        for t in TEXTS:
            ids = torch.tensor([words.encode(t).ids])
            expected[t] = text(ids, torch.ones_like(ids))["logits"].softmax(1)[0].tolist()
        given = {"input_ids": torch.tensor([[2, 4, 5, 7, 3], [2, 6, 3, 0, 0]]), "attention_mask": torch.tensor([[1] * 5, [1, 1, 1, 0, 0]])}
        np.savez(FOLDER / "in.npz", **{k: v.numpy() for k, v in given.items()})
        save_file({k: v.contiguous() for k, v in text(**given).items()}, FOLDER / "out.safetensors")
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main()
