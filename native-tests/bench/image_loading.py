"""Python's side of the benchmark image-loading: torchvision's ImageFolder with Resize and ToTensor, and a DataLoader with two workers that stay alive.

    python image_loading.py FOLDER     # torch 2.13, torchvision; FOLDER has tiny and photos; the driver talks to it as side.py says
"""
import sys
from pathlib import Path
from time import perf_counter

from side import checksum, serve
from torch.utils.data import DataLoader

try:
    import torchvision_cpu  # noqa: F401, where torchvision's own operators are missing
except ImportError:
    pass
from torchvision.datasets import ImageFolder
from torchvision.transforms import Compose, Resize, ToTensor

BATCH = 32
SETS = {name: ImageFolder(Path(sys.argv[1]) / name, Compose([Resize((side, side)), ToTensor()])) for name, side in (("tiny", 32), ("photos", 224))}
LOADERS = {name: DataLoader(images, BATCH, shuffle=True, num_workers=2, persistent_workers=True) for name, images in SETS.items()}


def check():
    return {name: checksum(next(iter(DataLoader(images, BATCH)))[0]) for name, images in SETS.items()}


def seconds_per_image(batches):
    begun = perf_counter()
    for _ in batches:
        pass
    return (perf_counter() - begun) / len(batches.dataset)


def run():
    return {name: seconds_per_image(loader) for name, loader in LOADERS.items()}


if __name__ == "__main__":
    serve(check, run)
