"""Python's side of the export workloads: processor seconds of one thread for an answer to one example, and to load the model.

    python exported.py --make NET FOLDER   # exports the network, and compiles it by AOTInductor, frozen as well; needs g++
    python exported.py NET FOLDER          # the driver talks to it as side.py says

Java's side runs the same exported and compiled files. Python's are the network itself in inference mode, and compiled code by loader.run.
"""
import sys
from time import thread_time

import torch
from nets import Block, bert
from torch import nn

SECONDS = 0.4


def resnet18():
    layers, inputs = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(True), nn.MaxPool2d(3, 2, 1)], 64
    for outputs in (64, 64, 128, 128, 256, 256, 512, 512):
        layers.append(Block(inputs, outputs, 1 if inputs == outputs else 2))
        inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(512, 1000))


def mlp():
    return nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 10))


NETS = {"mlp": (mlp, (1, 64)), "bert": (bert, (1, 64)), "resnet18": (resnet18, (1, 3, 224, 224))}


def network(name):
    torch.manual_seed(0)
    return NETS[name][0]().eval()


def example(name):
    """Numbers that Java computes, too."""
    shape = NETS[name][1]
    numbers = torch.arange(torch.Size(shape).numel())
    return (numbers * 7 % 1000).reshape(shape) if name == "bert" else ((numbers % 17 - 8) / 8).reshape(shape)


def make(name, folder):
    import torch._inductor.config as config

    torch.set_num_threads(1)
    with torch.no_grad():
        model = network(name).requires_grad_(False)
        program = torch.export.export(model, (example(name),))
        torch.export.save(program, f"{folder}/{name}.pt2")
        torch._inductor.aoti_compile_and_package(program, package_path=f"{folder}/{name}.compiled.pt2")
        with config.patch(freezing=True):
            torch._inductor.aoti_compile_and_package(program, package_path=f"{folder}/{name}.frozen.pt2")


def main():
    if sys.argv[1] == "--make":
        make(*sys.argv[2:])
        print("made", flush=True)
        return
    from side import checksum, serve
    name, folder = sys.argv[1:]
    x, model, path = example(name), network(name), f"{folder}/{name}"
    compiled, frozen = (torch._inductor.aoti_load_package(f"{path}.{kind}.pt2").loader for kind in ("compiled", "frozen"))

    def eager():
        with torch.inference_mode():
            return model(x)

    def run(loader):
        with torch.no_grad():
            return loader.run([x])[0]

    parts = {"plain": eager, "optimised": eager, "compiled": lambda: run(compiled), "optimised, frozen in Python": lambda: run(frozen),
             "load": lambda: torch.export.load(f"{path}.pt2")}

    def seconds(part):
        part()
        start, calls = thread_time(), 0
        while thread_time() - start < SECONDS:
            part()
            calls += 1
        return (thread_time() - start) / calls

    serve(lambda: {n: 1.0 if n == "load" else checksum(part().square()) for n, part in parts.items()},
          lambda: {n: seconds(part) for n, part in parts.items()})


if __name__ == "__main__":
    main()
