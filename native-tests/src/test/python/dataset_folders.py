"""Writes small folders in the layouts of published datasets, and what torchvision's readers make of them.

    python dataset_folders.py ../../../../datasets/src/test/resources/folders

needs torchvision 0.28; expected.json holds the classes and, for each item, the CRC-32 of its pixels and its target. torchvision compares
archives with the checksums of the originals, which is switched off.
"""
import gzip
import json
import random
import struct
import sys
import zlib
from pathlib import Path

try:
    import torchvision_cpu  # declares operators where torchvision was built for CUDA
except ImportError:
    pass
import numpy as np
import torchvision.datasets as tv
import torchvision.datasets.celeba
import torchvision.datasets.mnist
import torchvision.datasets.omniglot
from PIL import Image

for module in torchvision.datasets.celeba, torchvision.datasets.mnist, torchvision.datasets.omniglot:
    module.check_integrity = lambda path, md5=None: Path(path).exists() or str(path).endswith(".zip")

out = Path(sys.argv[1])
rng = random.Random(5)
expected = {}


def idx(path, kind, shape, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    content = struct.pack(f">HBB{len(shape)}I", 0, kind, len(shape), *shape) + values
    path.write_bytes(content)
    with open(str(path) + ".gz", "wb") as f, gzip.GzipFile(fileobj=f, mode="wb", mtime=0) as z:
        z.write(content)


def digits(folder, part, labels, images="-images-idx3-ubyte", targets="-labels-idx1-ubyte"):
    pixels = bytes(min(255, (i * 7 + p) % 300) for i in range(len(labels)) for p in range(784))
    idx(folder / (part + images), 8, (len(labels), 28, 28), pixels)
    if targets.endswith("int"):
        idx(folder / (part + targets), 12, (len(labels), 8), b"".join(struct.pack(">8i", n, *range(7)) for n in labels))
    else:
        idx(folder / (part + targets), 8, (len(labels),), bytes(labels))


def picture(path, seed, size=(12, 9)):
    path.parent.mkdir(parents=True, exist_ok=True)
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    Image.fromarray(np.stack([(x * 20 + seed * 31) % 256, (y * 25 + seed * 17) % 256, (x * y + seed * 53) % 256], 2).astype(np.uint8)).save(path)


def crc(image):
    a = np.asarray(image)
    return zlib.crc32(np.ascontiguousarray(a if a.ndim == 2 else a.transpose(2, 0, 1)).tobytes())


def record(name, dataset, target=lambda t: t, classes=None, prepare=lambda image: image):
    items = [dataset[i] for i in range(len(dataset))]
    expected[name] = {"classes": classes or [], "items": [[crc(prepare(image)), target(t)] for image, t in items]}


raw = lambda name: out / name / "raw"
digits(raw("KMNIST"), "train", [3, 0, 9])
digits(raw("KMNIST"), "t10k", [1])
record("kmnist-train", tv.KMNIST(out, train=True), int, tv.KMNIST.classes)
record("kmnist-test", tv.KMNIST(out, train=False), int, tv.KMNIST.classes)
for split, labels in {"byclass": [61, 10], "bymerge": [46], "balanced": [36, 46, 0], "letters": [1, 26], "digits": [7], "mnist": [2]}.items():
    for part in "train", "test":
        digits(raw("EMNIST"), f"emnist-{split}-{part}", labels)
    data = tv.EMNIST(out, split=split, train=False)
    record(f"emnist-{split}", data, int, data.classes)
digits(raw("QMNIST"), "qmnist-train", [5, 8], targets="-labels-idx2-int")
record("qmnist-train", tv.QMNIST(out, what="train"), int, tv.QMNIST.classes)

for a, alphabet in enumerate(["Balinese", "Futurama"]):
    for c in range(2):
        for i in range(2):
            path = out / "omniglot-py" / "images_background" / alphabet / f"character{c + 1:02}" / f"{a}{c}_{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.fromfunction(lambda y, x: (x * (a + 2) + y * (c + 1) + i) % 5 > 2, (15, 15))).save(path)
omniglot = tv.Omniglot(out, background=True)
order = sorted(range(len(omniglot._characters)), key=lambda n: omniglot._characters[n])  # torchvision has the order of the file system
items = sorted(((omniglot._characters[t], crc(image.convert("RGB"))) for image, t in (omniglot[i] for i in range(len(omniglot)))))
expected["omniglot"] = {"classes": [omniglot._characters[n] for n in order], "items": [[c, name] for name, c in items]}

food = out / "food-101"
lists = {"waffles": ["waffles/7", "waffles/3"], "apple_pie": ["apple_pie/1"]}
(food / "meta").mkdir(parents=True, exist_ok=True)
(food / "meta" / "train.json").write_text(json.dumps(lists))
(food / "meta" / "test.json").write_text(json.dumps({"waffles": [], "apple_pie": ["apple_pie/1"]}))
for n, name in enumerate(sum(lists.values(), [])):
    picture(food / "images" / f"{name}.jpg", n)
data = tv.Food101(out, split="train")
record("food-101", data, int, data.classes)

faces = out / "celeba"
names = [f"{n:06}.jpg" for n in range(1, 6)]
for n, name in enumerate(names):
    picture(faces / "img_align_celeba" / name, n + 10, (8, 10))
rows = lambda values: "\n".join(f"{name} {' '.join(f'{v:2}' for v in values(n))}" for n, name in enumerate(names)) + "\n"
(faces / "list_eval_partition.txt").write_text(rows(lambda n: [n % 3]))
(faces / "identity_CelebA.txt").write_text(rows(lambda n: [2880 + n]))
(faces / "list_attr_celeba.txt").write_text(f"{len(names)}\nBald Male Young\n" + rows(lambda n: [1 if (n >> b) % 2 else -1 for b in range(3)]))
(faces / "list_bbox_celeba.txt").write_text(f"{len(names)}\nimage_id x_1 y_1 width height\n" + rows(lambda n: [95 + n, 71, 226, 313]))
(faces / "list_landmarks_align_celeba.txt").write_text(f"{len(names)}\nlefteye_x lefteye_y\n" + rows(lambda n: [69 + n, 109]))
for split in "train", "valid", "all":
    data = tv.CelebA(out, split=split, target_type=["attr", "identity", "bbox", "landmarks"])
    record(f"celeba-{split}", data, lambda t: [[int(v) for v in part.reshape(-1)] for part in t], [n for n in data.attr_names if n])

voc = out / "VOCdevkit" / "VOC2012"
for folder in "ImageSets/Main", "Annotations":
    (voc / folder).mkdir(parents=True, exist_ok=True)
(voc / "ImageSets" / "Main" / "train.txt").write_text("2008_000008\n2008_000015\n")
for n, name in enumerate(["2008_000008", "2008_000015"]):
    picture(voc / "JPEGImages" / f"{name}.jpg", n + 20, (16, 11))
    objects = [("horse", 1, 2, 9, 10, 0), ("person", 3, 1, 7, 6, 1)][n:]
    (voc / "Annotations" / f"{name}.xml").write_text(
        f"<annotation>\n<folder>VOC2012</folder><filename>{name}.jpg</filename>\n<size><width>16</width><height>11</height><depth>3</depth></size>\n"
        + "".join(f"<object><name>{c}</name><pose>Left</pose><truncated>{d}</truncated><difficult>{1 - d}</difficult>"
                  f"<bndbox><xmin>{a}</xmin><ymin>{b}</ymin><xmax>{e}</xmax><ymax>{f}</ymax></bndbox>"
                  f"<part><name>head</name><bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part></object>\n"
                  for c, a, b, e, f, d in objects) + "</annotation>\n")
data = tv.wrap_dataset_for_transforms_v2(tv.VOCDetection(out, year="2012", image_set="train"), target_keys="all")
record("voc", data, lambda t: [t["boxes"].tolist(), t["labels"].tolist(), [int(o["difficult"]) for o in t["annotation"]["object"]]])

for path in out.rglob("*-ubyte"):
    path.unlink()
for path in out.rglob("*-int"):
    path.unlink()
(out / "expected.json").write_text(json.dumps(expected) + "\n")
