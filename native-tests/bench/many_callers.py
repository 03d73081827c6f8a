"""Python's side of the workloads many-callers: seconds an answer, of all callers together, while many threads ask at once.

    python many_callers.py NAMES CALLERS..   # names of Asked.java with commas between them; the driver talks to it as side.py says
    python many_callers.py mlp 200 10000v    # 10000v stands for 10,000 virtual threads of Java, which 200 threads stand in for

Each part is measured as Python's operators are by themselves, and with one and all threads set by hand on every thread that asks.
"""
import os
import sys
import threading
from time import perf_counter

import torch
from nets import NETS, examples, model, numbers
from side import checksum, serve

SECONDS, BESIDE, SECONDS_BESIDE = 0.5, 16, 3
ALL = int(os.environ.get("OMP_NUM_THREADS", 1))
CALLERS = {word: 200 if word.endswith("v") else int(word) for word in sys.argv[2:]}


def of(name):
    """What answers, what it is given, and what makes a network to be trained meanwhile."""
    torch.manual_seed(1)
    if name in NETS:
        net = model(name, True).eval()
        return net, numbers(examples(name, 32 if name == "mlp" else 1), True), lambda: model(name, True)
    if name == "lstm":
        lstm = torch.nn.LSTM(64, 128).eval()
        torch.manual_seed(1)
        with torch.no_grad():
            for p in lstm.parameters():
                p.copy_(torch.randn(p.shape) * (2 / p[0].numel()) ** 0.5) if p.dim() > 1 else p.zero_()
        return lambda x: lstm(x)[0], torch.randn(16, 4, 64), None
    if name == "inv":
        return torch.linalg.inv, torch.eye(200) * 200 + torch.randn(200, 200), None
    return lambda x: torch.nn.functional.scaled_dot_product_attention(x, x, x), torch.randn(1, 4, 256, 64), None


ASKED = {name: of(name) for name in sys.argv[1].split(",")}
BY_HAND = {"": ALL, ", threads by hand: 1": 1}
if ALL > 1:
    BY_HAND[f", threads by hand: {ALL}"] = ALL


def answer(f, x):
    with torch.inference_mode():
        return f(x)


def crowd(f, x, callers, number, learner=None):
    """Seconds an answer and a step."""
    go, lock, counts, until, ended = threading.Event(), threading.Lock(), [0, 0], [0.0], [0.0, 0.0]

    def ask():
        torch.set_num_threads(number)
        go.wait()
        n = 0
        while n == 0 or perf_counter() < until[0]:
            answer(f, x)
            n += 1
        with lock:
            counts[0] += n
            ended[0] = perf_counter()

    def train():
        torch.set_num_threads(number)
        net = learner()
        optimizer = torch.optim.SGD(net.parameters(), 1e-4, foreach=False)
        go.wait()
        while counts[1] == 0 or perf_counter() < until[0]:
            optimizer.zero_grad()
            net(x).square().mean().backward()
            optimizer.step()
            counts[1] += 1
        ended[1] = perf_counter()

    threads = [threading.Thread(target=ask) for _ in range(callers)] + ([threading.Thread(target=train)] if learner else [])
    for t in threads:
        t.start()
    begin = perf_counter()
    until[0] = begin + (SECONDS_BESIDE if learner else SECONDS)
    go.set()
    for t in threads:
        t.join()
    return (ended[0] - begin) / counts[0], (ended[1] - begin) / max(counts[1], 1)


def check():
    sums = {}
    for by in BY_HAND:
        for name, (f, x, learner) in ASKED.items():
            s = checksum(answer(f, x).square())
            for n in CALLERS:
                sums[f"{name} from {n}{by}"] = s
            if learner:
                sums[f"{name} beside a step{by}"] = sums[f"{name} step beside {BESIDE}{by}"] = s
    return sums


def run():
    seconds = {}
    for by, number in BY_HAND.items():
        for name, (f, x, learner) in ASKED.items():
            for n, threads in CALLERS.items():
                seconds[f"{name} from {n}{by}"] = crowd(f, x, threads, number)[0]
            if learner:
                seconds[f"{name} beside a step{by}"], seconds[f"{name} step beside {BESIDE}{by}"] = crowd(f, x, BESIDE, number, learner)
    return seconds


if __name__ == "__main__":
    serve(check, run)
