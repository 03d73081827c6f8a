"""Python's side of the benchmark data-loading: torchvision's sets and transforms, and a DataLoader with two workers that stay alive.

    PANATORCH_DATA=DIR python data_loading.py     # torch 2.13, torchvision; the driver talks to it as side.py says

CIFAR-10's binary files are read into one array, as torchvision's CIFAR10 has them in memory, and go through its way of an item: an image of
Pillow's, its transforms, a tensor.
"""
import os
from pathlib import Path
from time import perf_counter

import numpy as np
from PIL import Image
from side import checksum, serve
from torch.utils.data import DataLoader, Dataset

try:
    import torchvision_cpu  # noqa: F401, where torchvision's own operators are missing
except ImportError:
    pass
from torchvision.datasets import ImageFolder
from torchvision.transforms import Compose, Normalize, RandomCrop, RandomHorizontalFlip, Resize, ToTensor

DATA, BATCH, SIDE = Path(os.environ["PANATORCH_DATA"]), 128, 32
CIFAR_NUMBERS = Normalize((0.4914, 0.4822, 0.4465), (0.247, 0.2435, 0.2616))
FOLDER_NUMBERS = Normalize((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))


class Cifar10(Dataset):
    def __init__(self, transform):
        parts = [np.fromfile(DATA / "cifar-10-batches-bin" / f"data_batch_{n}.bin", dtype=np.uint8) for n in range(1, 6)]
        records = np.concatenate(parts).reshape(-1, 3073)
        self.labels = records[:, 0].astype(np.int64)
        self.images = records[:, 1:].reshape(-1, 3, SIDE, SIDE).transpose(0, 2, 3, 1)
        self.transform = transform

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        return self.transform(Image.fromarray(self.images[index])), self.labels[index]


def folder(transform):
    return ImageFolder(DATA / "cifar10-jpg-folder" / "train", transform)


def loader(data):
    return DataLoader(data, BATCH, shuffle=True, num_workers=2, persistent_workers=True)


CIFAR = loader(Cifar10(Compose([RandomCrop(SIDE, 4), RandomHorizontalFlip(), ToTensor(), CIFAR_NUMBERS])))
FOLDER = loader(folder(Compose([Resize((SIDE, SIDE)), ToTensor(), FOLDER_NUMBERS])))


def first(data):
    images, labels = next(iter(DataLoader(data, BATCH)))
    return checksum(images.square()) + checksum(labels)


def check():
    return {"cifar10": first(Cifar10(Compose([ToTensor(), CIFAR_NUMBERS]))), "jpeg-folder": first(folder(Compose([Resize((SIDE, SIDE)), ToTensor(), FOLDER_NUMBERS])))}


def seconds_per_image(batches):
    begun = perf_counter()
    for _ in batches:
        pass
    return (perf_counter() - begun) / len(batches.dataset)


def run():
    return {"cifar10": seconds_per_image(CIFAR), "jpeg-folder": seconds_per_image(FOLDER)}


if __name__ == "__main__":
    serve(check, run)
