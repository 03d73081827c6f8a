"""Writes what the pipelines of timm, transformers (on Pillow) and torchvision make of three images, for PreprocessingTest.

    python src/test/python/preprocessing.py      # torch 2.13, timm 1.0, transformers 5.18, torchvision 0.28, Pillow 12

Images are small and so are the models' inputs; the configurations have the fields of real ones. cases.json has each configuration, and where in
tensors.bin (float32, little-endian) the results for image0.png, image1.png and image2.png begin. Prints how far transformers' and torchvision's
pipelines on tensors, whose resizing rounds in another way than Pillow's, are from those on Pillow's images.
"""
import importlib
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

library = torch.library.Library("torchvision", "DEF")  # a torchvision for CUDA beside a torch for CPUs cannot load its own
library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")

import timm.data
from torchvision.transforms import InterpolationMode
from torchvision.transforms._presets import ImageClassification
from torchvision.transforms.functional import pil_to_tensor

FOLDER = Path(__file__).resolve().parent.parent / "resources/panatorch/datasets/pretrained"
MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
SIZES = [(61, 40), (33, 58), (24, 24)]


def image(i, width, height):
    r = np.random.RandomState(i)
    y, x = np.mgrid[:height, :width]
    waves = np.stack([np.sin(x / 3 + c) * np.cos(y / (4 + c)) for c in range(3)], -1) * 90 + 128
    picture = np.clip(waves + r.randint(-60, 60, waves.shape), 0, 255).astype(np.uint8)
    file = FOLDER / f"image{i}.png"
    Image.fromarray(picture).save(file)
    return Image.open(file)


def timm_case(**more):
    config = dict(input_size=[3, 24, 24], interpolation="bicubic", crop_pct=0.875, crop_mode="center", mean=MEAN, std=STD) | more
    arguments = {k: tuple(v) if isinstance(v, list) else v for k, v in config.items()}
    return {"architecture": "x", "pretrained_cfg": config}, timm.data.create_transform(**arguments)


def huggingface_case(kind, **config):
    model = {"ConvNext": "convnext", "ViT": "vit", "CLIP": "clip", "DeiT": "deit", "Levit": "levit", "MobileViT": "mobilevit", "Siglip": "siglip", "Bit": "bit",
             "MobileNetV1": "mobilenet_v1"}[kind]
    processor = getattr(importlib.import_module(f"transformers.models.{model}.image_processing_pil_{model}"), f"{kind}ImageProcessorPil")(**config)
    fast = getattr(importlib.import_module(f"transformers.models.{model}.image_processing_{model}"), f"{kind}ImageProcessor")(**config)
    compare = lambda picture: fast(picture, return_tensors="pt")["pixel_values"][0]
    return json.loads(processor.to_json_string()), lambda picture: processor(picture, return_tensors="pt")["pixel_values"][0], compare


def torchvision_case(interpolation, **config):
    pipeline = ImageClassification(interpolation=InterpolationMode(interpolation), **config)
    fields = {k: getattr(pipeline, k) for k in ("resize_size", "crop_size", "mean", "std", "antialias")} | {"interpolation": interpolation}
    return fields, pipeline, lambda picture: pipeline(pil_to_tensor(picture))


def cases():
    yield "timm bicubic", *timm_case()
    yield "timm bilinear", *timm_case(interpolation="bilinear", crop_pct=0.95)
    yield "timm lanczos whole", *timm_case(interpolation="lanczos", crop_pct=1.0)
    yield "timm nearest", *timm_case(interpolation="nearest", crop_pct=1.0)
    yield "timm squash", *timm_case(crop_mode="squash", crop_pct=0.9, mean=[0.5] * 3, std=[0.5] * 3)
    yield "timm wide", *timm_case(input_size=[3, 16, 30])
    yield "transformers ViT", *huggingface_case("ViT", size={"height": 24, "width": 24})
    yield "transformers ViT of a side", *huggingface_case("ViT", size=24, resample=3, image_mean=MEAN, image_std=STD)
    yield "transformers CLIP", *huggingface_case("CLIP", size={"shortest_edge": 24}, crop_size={"height": 24, "width": 24})
    yield "transformers CLIP smaller crop", *huggingface_case("CLIP", size={"shortest_edge": 27}, crop_size={"height": 24, "width": 21})
    yield "transformers DeiT", *huggingface_case("DeiT", size={"height": 27, "width": 27}, crop_size={"height": 24, "width": 24})
    yield "transformers ConvNext", *huggingface_case("ConvNext", size={"shortest_edge": 24}, crop_pct=0.875)
    yield "transformers Levit", *huggingface_case("Levit", size={"shortest_edge": 21}, crop_size={"height": 21, "width": 21})
    yield "transformers MobileViT", *huggingface_case("MobileViT", size={"shortest_edge": 28}, crop_size={"height": 24, "width": 24})
    yield "transformers MobileNet", *huggingface_case("MobileNetV1", size={"shortest_edge": 28}, crop_size={"height": 24, "width": 24})
    yield "transformers Siglip", *huggingface_case("Siglip", size={"height": 20, "width": 24}, rescale_factor=0.0078)
    yield "transformers without normalising", *huggingface_case("Bit", size={"shortest_edge": 24}, crop_size=24, do_normalize=False, resample=1)
    yield "torchvision bilinear", *torchvision_case("bilinear", crop_size=24, resize_size=28)
    yield "torchvision bicubic", *torchvision_case("bicubic", crop_size=24, resize_size=27, mean=(0.5,) * 3, std=(0.5,) * 3)


def main():
    FOLDER.mkdir(parents=True, exist_ok=True)
    pictures = [image(i, *size) for i, size in enumerate(SIZES)]
    written, tensors, offset = [], [], 0
    for name, config, pipeline, *on_tensors in cases():
        results = [pipeline(p) for p in pictures]
        shape = list(results[0].shape)
        assert all(list(r.shape) == shape and r.dtype == torch.float32 for r in results), name
        written.append({"name": name, "config": config, "shape": shape, "offset": offset})
        tensors += [r.contiguous().numpy().astype("<f4").tobytes() for r in results]
        offset += sum(r.numel() for r in results)
        if on_tensors:
            std = max((b - a).abs().max().item() for a, b in zip(results, map(on_tensors[0], pictures)))
            print(f"{name}: on tensors differs by {std:.4f}")
    (FOLDER / "cases.json").write_text("[\n" + ",\n".join(json.dumps(w) for w in written) + "\n]\n")
    (FOLDER / "tensors.bin").write_bytes(b"".join(tensors))


if __name__ == "__main__":
    sys.exit(main())
