"""Writes resources/transforms/torchvision.txt: what torchvision's v2 kernels make of three small images.

    python transforms.py          # torch 2.13, torchvision 0.28, CPU

A line is `name dtype shape values`. Each kernel is called once per image with that image's numbers, for uint8 images (u8.) and
the same ones as float32 (f32.). Image 0 is noise, 1 is a dull gradient, 2 has a channel of one value. The Java test,
ReferenceTest, makes all three images at once and allows bytes to differ by one where a rounding decides.
"""
from pathlib import Path

import torch

try:
    import torchvision_cpu  # noqa: F401, where torchvision's own operators are missing
except ImportError:
    pass
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F, InterpolationMode

LINES = []
OUT = Path(__file__).resolve().parent.parent / "resources/transforms/torchvision.txt"
NEAREST, BILINEAR = InterpolationMode.NEAREST, InterpolationMode.BILINEAR


def write(name, t):
    values = (f"{v:.7g}" for v in t.flatten().tolist())
    LINES.append(f"{name} {str(t.dtype)[6:]} {','.join(map(str, t.shape))} {' '.join(values)}\n")


def images():
    torch.manual_seed(0)
    x = torch.randint(0, 256, (3, 3, 6, 7), dtype=torch.uint8)
    x[1] = (90 + 2 * torch.arange(42).view(6, 7) + torch.tensor([0, 11, 30]).view(3, 1, 1)).to(torch.uint8)
    x[2, 1] = 77
    return x


KERNELS = {
    "brightness": (F.adjust_brightness, [(0.3,), (1.0,), (1.7,)]),
    "contrast": (F.adjust_contrast, [(0.3,), (1.9,), (0.8,)]),
    "saturation": (F.adjust_saturation, [(0.0,), (1.9,), (0.6,)]),
    "hue": (F.adjust_hue, [(-0.4,), (0.25,), (0.5,)]),
    "grey": (lambda x: F.rgb_to_grayscale(x, 3), [()] * 3),
    "invert": (F.invert, [()] * 3),
    "posterize": (F.posterize, [(1,), (4,), (7,)]),
    "autocontrast": (F.autocontrast, [()] * 3),
    "equalize": (F.equalize, [()] * 3),
    "sharpness": (F.adjust_sharpness, [(0.0,), (1.9,), (0.4,)]),
    "blur": (lambda x, s: F.gaussian_blur(x, [5, 5], [s, s]), [(0.3,), (1.0,), (2.0,)]),
    "rotate": (lambda x, a: F.rotate(x, a, BILINEAR), [(30.0,), (-77.0,), (180.5,)]),
    "rotate_nearest": (lambda x, a: F.rotate(x, a, NEAREST, fill=[0.5 if x.is_floating_point() else 99]), [(31.0,), (-77.0,), (4.0,)]),
    "affine": (lambda x, a, t, s, h: F.affine(x, a, t, s, h, BILINEAR), [(10.0, [1, -2], 0.8, [5.0, 3.0]), (0.0, [0, 0], 1.3, [0.0, -20.0]), (-100.0, [2, 1], 1.0, [0.0, 0.0])]),
    "shear_corner": (lambda x, s: F.affine(x, 0.0, [0, 0], 1.0, [s, 0.0], BILINEAR, center=[0, 0]), [(20.0,), (-35.0,), (3.0,)]),
    # Antialiased, larger and smaller: top, left, height, width of the box, size of the result.
    "resized_crop": (lambda x, *box: F.resized_crop(x, *box, size=[5, 4], interpolation=BILINEAR, antialias=True), [(0, 0, 6, 7), (1, 3, 2, 3), (2, 1, 4, 6)]),
    "resize": (lambda x: F.resize(x, [3, 9], antialias=True), [()] * 3),
    "center_crop": (lambda x: F.center_crop(x, [3, 4]), [()] * 3),
    "center_crop_larger": (lambda x: F.center_crop(x, [4, 10]), [()] * 3),
    "to_float": (lambda x: F.to_dtype(x, torch.float32, scale=True), [()] * 3),
}

x = images()
for prefix, batch in {"u8": x, "f32": x.float() / 255}.items():
    write(f"{prefix}.images", batch)
    for name, (kernel, arguments) in KERNELS.items():
        write(f"{prefix}.{name}", torch.stack([kernel(image, *a) for image, a in zip(batch, arguments)]))
    white = 1.0 if batch.is_floating_point() else 255
    write(f"{prefix}.solarize", torch.stack([F.solarize(image, t * white) for image, t in zip(batch, [0.0, 0.5, 1.0])]))

# Every change of RandAugment and TrivialAugmentWide at bins 3, 9 and 30 of 31, the second one in the other direction.
for method in (v2.RandAugment(), v2.TrivialAugmentWide()):
    for operation, (magnitudes, signed) in method._AUGMENTATION_SPACE.items():
        bins = magnitudes(31, *x.shape[-2:])
        strengths = [0.0 if bins is None else float(bins[b]) * (-1 if signed and b == 9 else 1) for b in (3, 9, 30)]
        changed = [method._apply_image_or_video_transform(image, operation, m, NEAREST, {torch.Tensor: None}) for image, m in zip(x, strengths)]
        write(f"{type(method).__name__}.{operation}", torch.stack(changed))
# Images 0, 1 and 2 whose corners move, and pixels that move.
START, ENDS = [[0, 0], [6, 0], [6, 5], [0, 5]], [[[1, 0], [6, 1], [5, 5], [0, 4]], [[0, 2], [5, 0], [6, 3], [2, 5]], [[0, 0], [6, 0], [6, 5], [0, 5]]]
DISPLACEMENT = torch.randn(3, 6, 7, 2) / 4
write("displacement", DISPLACEMENT)
for prefix, batch in {"u8": x, "f32": x.float() / 255}.items():
    colour = 0.5 if batch.is_floating_point() else 99
    write(f"{prefix}.perspective", torch.stack([F.perspective(image, START, e, BILINEAR) for image, e in zip(batch, ENDS)]))
    write(f"{prefix}.perspective_nearest", torch.stack([F.perspective(image, START, e, NEAREST, fill=[colour]) for image, e in zip(batch, ENDS)]))
    write(f"{prefix}.elastic", torch.stack([F.elastic(image, d[None], BILINEAR) for image, d in zip(batch, DISPLACEMENT)]))
    for mode in "constant", "edge", "reflect", "symmetric":
        write(f"{prefix}.pad_{mode}", F.pad(batch, [1, 2, 3, 4], fill=colour, padding_mode=mode))
    for interpolation in NEAREST, BILINEAR, InterpolationMode.BICUBIC:
        for antialias in True, False:
            for size in [3, 9], [13, 4]:
                write(f"{prefix}.resize_{interpolation.value}_{antialias}_{size[0]}", F.resize(batch, size, interpolation, antialias=antialias))

# Every change of AugMix at bins 1, 3 and 9 of 10, the second one in the other direction.
method = v2.AugMix()
for operation, (magnitudes, signed) in method._AUGMENTATION_SPACE.items():
    bins = magnitudes(10, *x.shape[-2:])
    strengths = [0.0 if bins is None else float(bins[b]) * (-1 if signed and b == 3 else 1) for b in (1, 3, 9)]
    changed = [method._apply_image_or_video_transform(image, operation, m, NEAREST, {torch.Tensor: None}) for image, m in zip(x, strengths)]
    write(f"AugMix.{operation}", torch.stack(changed))

# AutoAugment: operation, probability and strength (of 9) of both changes, and the changes of some policies, made in any case.
OPERATIONS = [*v2.RandAugment._AUGMENTATION_SPACE, "Invert"]
for policy in v2.AutoAugmentPolicy:
    method = v2.AutoAugment(policy)
    table = [[(float(OPERATIONS.index(n)), p, float(m or 0)) for n, p, m in changes] for changes in method._policies]
    write(f"AutoAugment.{policy.name}", torch.tensor(table))
    for k in 0, 5:
        changed = x
        for step in 0, 1:
            now = []
            for image, changes in zip(changed, method._policies[k::8]):
                name, _, index = changes[step]
                bins = method._AUGMENTATION_SPACE[name][0](10, *x.shape[-2:])
                now.append(method._apply_image_or_video_transform(image, name, 0.0 if bins is None else float(bins[index]), NEAREST, {torch.Tensor: None}))
            changed = torch.stack(now)
            write(f"AutoAugment.{policy.name}.{k}.{step}", changed)
OUT.parent.mkdir(parents=True, exist_ok=True)
OUT.write_text("".join(LINES))
print(OUT.name, OUT.stat().st_size, "bytes")
