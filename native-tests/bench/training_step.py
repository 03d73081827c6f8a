"""Python's side of the training steps: seconds of a step, from bytes to the new weights.

    python training_step.py NET [bfloat16]     # resnet18, resnet56, vgg16, lenet, mlp or bert; the driver talks to it as side.py says

"same settings": channels last for convolutions, one fused call of SGD, as Java does it. "out of the box": as PyTorch's tutorials have it, with the memory
format that is there and torch.optim.SGD(parameters, lr, momentum). With bfloat16 there are the same settings only, by autocast.
"""
import gc
import sys
from time import perf_counter

import torch
import torch.nn.functional as F
from nets import NETS, examples, model, numbers
from side import checksum, serve

SECONDS = 1.5
SETTINGS = "same settings", "out of the box"


class Training:
    def __init__(self, name, settings, half=False):
        self.half = half
        self.last = settings == "same settings"
        self.model = model(name, self.last)
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=1e-4, momentum=0.9, **({"fused": True} if self.last else {}))
        batch = NETS[name][1]
        self.examples = examples(name, batch)
        self.labels = torch.arange(batch) % (2 if name == "bert" else 10)

    def step(self):
        x = numbers(self.examples, self.last)
        self.optimizer.zero_grad()
        with torch.autocast("cpu", torch.bfloat16, enabled=self.half):
            loss = F.cross_entropy(self.model(x), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss


if __name__ == "__main__":
    HALF = "bfloat16" in sys.argv[2:]
    SIDES = {settings: Training(sys.argv[1], settings, HALF) for settings in (SETTINGS[:1] if HALF else SETTINGS)}

    def check():
        return {part: checksum(side.step()) for part, side in SIDES.items()}

    def run():
        gc.disable()
        seconds, rounds = dict.fromkeys(SIDES, 0.0), 0
        while sum(seconds.values()) < SECONDS:
            for part, side in SIDES.items():
                start = perf_counter()
                side.step()
                seconds[part] += perf_counter() - start
            rounds += 1
        gc.enable()
        return {part: s / rounds for part, s in seconds.items()}

    serve(check, run)
