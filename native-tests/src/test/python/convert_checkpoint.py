"""Converts a checkpoint of torch.save to safetensors with plain PyTorch keys.

    python convert_checkpoint.py IN.th OUT.safetensors [CIFAR10_TEST_BATCH.bin]

IN: a state dict, or a dict that holds one as "state_dict"; a prefix "module." (of DataParallel) is taken off the keys. Old
and zip formats both; weights_only, so that no code in the file runs. With a third argument the tensors are loaded into the
option-A ResNet-20 of resnet20_parity.py, strictly, and the right answers among the test images are counted: 9,173 of 10,000
for resnet20-12fca82f (images /255, ImageNet mean and standard deviation).
The Java tests load OUT where it is given, and compare that count and the logits of the first 16 images.
"""
import sys
from pathlib import Path

import numpy
import torch
from safetensors.torch import load_file, save_file


def convert(source, target):
    checkpoint = torch.load(source, map_location="cpu", weights_only=True)
    state = checkpoint.get("state_dict", checkpoint)
    tensors = {key.removeprefix("module."): t.detach().clone(memory_format=torch.contiguous_format) for key, t in state.items()}
    if len(tensors) != len(state):
        raise SystemExit(f"{source}: two keys differ only by the prefix module.")
    save_file(tensors, target, metadata={"format": "pt"})      # the metadata that transformers insists on
    Path(target).chmod(0o644)
    print(Path(target).name, len(tensors), "tensors,", Path(target).stat().st_size, "bytes")


def logits(weights, batch):
    from resnet20_parity import ResNet20
    records = torch.from_numpy(numpy.fromfile(batch, dtype=numpy.uint8).reshape(-1, 3073))
    images = records[:, 1:].reshape(-1, 3, 32, 32).float() / 255
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)))
    net = ResNet20("A")
    net.load_state_dict(load_file(weights))
    net.eval()
    with torch.inference_mode():
        return torch.cat([net((part - mean) / std) for part in images.split(500)]), records[:, 0].long()


def main():
    if len(sys.argv) not in (3, 4):
        raise SystemExit(__doc__)
    convert(sys.argv[1], sys.argv[2])
    if len(sys.argv) == 4:
        out, labels = logits(sys.argv[2], sys.argv[3])
        print((out.argmax(1) == labels).sum().item(), "of", len(labels), "right; logits of the first image",
              [round(v, 5) for v in out[0].tolist()])


if __name__ == "__main__":
    main()
