"""Writes resources/parity/vision_images.json: torchvision's grids and drawings, and JPEG files of Pillow.

    python vision_images.py [OUT.json]    # torch 2.13, torchvision 0.28, Pillow 12; default ../resources/parity/vision_images.json

Where torchvision lacks its operators, a folder with a module torchvision_cpu in PYTHONPATH helps, as for dropout.py. A list of cases:

    "name"             function
    "options"          what is no tensor, as the Java test reads it
    "inputs"           tensors {"shape", "dtype", "values"} by their names; bytes and truth values in hexadecimal
    "output"           a tensor
    "bytes"            of jpeg: the content of the file, in hexadecimal
"""
import io
import sys
from pathlib import Path

from golden import RESOURCES, exact, write
import torch
from PIL import Image

try:
    import torchvision_cpu  # noqa: F401
except ImportError:
    pass
from torchvision import utils

CASES = []


def tensor(t):
    values = t.to(torch.uint8).numpy().tobytes().hex() if t.dtype in (torch.bool, torch.uint8) else exact(t)
    return {"shape": list(t.shape), "dtype": str(t.dtype).split(".")[1], "values": values}


def case(name, output, inputs, **options):
    CASES.append({"name": name, "options": options, "inputs": {k: tensor(v) for k, v in inputs.items()}, "output": tensor(output)})


def image(h, w, channels=3):
    """Smooth, with some noise, so that JPEG has coefficients of all sizes."""
    y, x = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
    waves = torch.stack([(x * (c + 1) / 3).sin() * 60 + (y * (c + 2) / 5).cos() * 50 for c in range(channels)])
    return (waves + 128 + torch.randn(channels, h, w) * 9).clamp(0, 255).to(torch.uint8)


def grids():
    x = torch.randn(5, 3, 4, 6)
    for options in {}, {"nrow": 2, "padding": 1, "pad_value": 0.5}, {"normalize": True, "nrow": 3}, {"normalize": True, "scale_each": True}, \
            {"normalize": True, "value_range": (-0.5, 1.0), "padding": 0}:
        case("make_grid", utils.make_grid(x, **options), {"images": x}, **options)
    case("make_grid", utils.make_grid(x[:2, :1]), {"images": x[:2, :1]})
    case("make_grid", utils.make_grid(x[0, 0]), {"images": x[0, 0]})
    case("make_grid", utils.make_grid(x[:1]), {"images": x[:1]})


def drawings():
    x = image(20, 24)
    boxes = torch.tensor([[2.0, 3, 12, 9], [5.7, 5.2, 30, 12], [-4, -3, 6, 15], [20, 18, 20, 18], [1, 15, 3, 17]])
    for options in {"width": 1}, {"width": 3}, {"width": 2, "fill": True}, {"width": 1, "colors": ["red", "#0F8", "navy", "#102030", "white"]}, {"width": 0, "fill": True}:
        case("draw_bounding_boxes", utils.draw_bounding_boxes(x, boxes, **options), {"image": x, "boxes": boxes}, **options)
    grey = torch.rand(1, 12, 10)
    case("draw_bounding_boxes", utils.draw_bounding_boxes(grey, boxes[:2] / 2, colors="orange"), {"image": grey, "boxes": boxes[:2] / 2}, width=1, colors=["orange"])
    masks = torch.zeros(3, 20, 24, dtype=torch.bool)
    masks[0, 2:9, 3:14] = True
    masks[1, 6:16, 10:20] = True
    masks[2, 18:] = True
    for picture in x, torch.rand(3, 20, 24):
        for alpha in 0.8, 0.3:
            case("draw_segmentation_masks", utils.draw_segmentation_masks(picture, masks, alpha), {"image": picture, "masks": masks}, alpha=alpha)
    case("draw_segmentation_masks", utils.draw_segmentation_masks(x, masks[0], 1.0, "teal"), {"image": x, "masks": masks[0]}, alpha=1.0, colors=["teal"])
    points = torch.tensor([[[4.0, 5], [15, 6.9], [20, 17]], [[2, 18], [11, 11], [30, 2]]])
    visible = torch.tensor([[True, True, False], [True, True, True]])
    pairs = [(0, 1), (1, 2), (2, 0)]
    for radius in range(7):
        case("draw_keypoints", utils.draw_keypoints(x, points, colors="lime", radius=radius), {"image": x, "keypoints": points}, radius=radius, width=3, color="lime")
    for width in range(6):
        case("draw_keypoints", utils.draw_keypoints(x, points, pairs, "red", 1, width), {"image": x, "keypoints": points}, radius=1, width=width, color="red", pairs=pairs)
    case("draw_keypoints", utils.draw_keypoints(x, points, pairs, "blue", 2, 3, visible), {"image": x, "keypoints": points, "visible": visible}, radius=2, width=3, color="blue", pairs=pairs)
    large = torch.zeros(3, 40, 50, dtype=torch.uint8)
    for width in 2, 3, 4:  # lines in all directions
        ends = (torch.rand(6, 2, 2) * torch.tensor([50.0, 40.0])).floor()
        case("draw_keypoints", utils.draw_keypoints(large, ends, [(0, 1)], "black", 0, width), {"image": large, "keypoints": ends}, radius=0, width=width, color="black", pairs=[(0, 1)])


def jpeg():
    for h, w, quality in (16, 16, 75), (17, 33, 75), (9, 7, 90), (24, 15, 30), (1, 1, 75), (31, 40, 100), (8, 25, 5):
        for channels in 3, 1:
            x = image(h, w, channels)
            file = io.BytesIO()
            Image.fromarray(x.permute(1, 2, 0).squeeze(2).numpy() if channels == 1 else x.permute(1, 2, 0).numpy()).save(file, "JPEG", quality=quality)
            CASES.append({"name": "jpeg", "options": {"quality": quality}, "inputs": {"image": tensor(x)}, "bytes": file.getvalue().hex()})


def main(out):
    torch.manual_seed(0)
    grids()
    drawings()
    jpeg()
    write(CASES, out)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity" / "vision_images.json")
