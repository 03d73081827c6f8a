"""One rank of the workloads of several processes, RankWork.java in Python.

    python rank_work.py calls|all-reduce|step|memory RANK RANKS FILE
    # rank 0 prints part=checksum,figure for each part, separated by blanks
"""
import datetime
import statistics
import sys
import time

import torch
import torch.distributed as dist
from torch import nn

torch.set_num_threads(1)
WORK, RANK, RANKS, FILE = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
BATCH, WIDTH, LAYERS = 64, 2560, 8


def calls():
    x, medians = torch.ones(1), []
    for _ in range(12):
        begun = time.perf_counter()
        for _ in range(5000):
            dist.all_reduce(x)
        medians.append((time.perf_counter() - begun) / 5000)
    return {"call": (x.item(), statistics.median(medians[3:]))}


def all_reduce():
    found = {}
    for megabytes in (40, 100):
        x, seconds = torch.full((megabytes * 250_000,), RANK + 1.0), []
        for i in range(13):
            dist.barrier()
            begun = time.perf_counter()
            dist.all_reduce(x, dist.ReduceOp.AVG)
            seconds.append(time.perf_counter() - begun)
            first = x[0].item() if i == 0 else first
        found[f"{megabytes}-MB"] = (first, statistics.median(seconds[3:]))
    return found


def steps(model, sgd, x, y, n):
    dist.barrier()
    begun = time.process_time()
    for _ in range(n):
        sgd.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        sgd.step()
        last = loss.item()
    return last, (time.process_time() - begun) / n


def step():
    from nets import resnet
    model = resnet((16, 32, 64), 3).train()
    torch.manual_seed(2 + RANK)
    x, y = torch.randn(BATCH, 3, 32, 32), torch.arange(BATCH) % 10
    sgd = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
    steps(model, sgd, x, y, 20)
    ddp = nn.parallel.DistributedDataParallel(model)
    steps(ddp, sgd, x, y, 15)
    alone, together = [], []
    for _ in range(5):
        with ddp.no_sync():
            alone.append(steps(model, sgd, x, y, 5)[1])
        loss, seconds = steps(ddp, sgd, x, y, 5)
        together.append(seconds)
    return {"alone": (1, statistics.median(alone)), "step": (1 if loss > 0 else 0, statistics.median(together))}


def resident():
    with open("/proc/self/status") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("VmRSS")) / 1024


def local(t):
    return t.to_local() if hasattr(t, "to_local") else t


def mebibytes(t):
    t = local(t)
    return t.numel() * t.element_size() / 1048576


def memory():
    import math
    before = resident()
    model = nn.Sequential(*[m for _ in range(LAYERS) for m in (nn.Linear(WIDTH, WIDTH), nn.ReLU())])
    torch.manual_seed(1)
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(torch.randn(p.shape) * math.sqrt(2 / p[0].numel())) if p.dim() > 1 else p.zero_()
    if RANKS > 1:
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard
        mesh = init_device_mesh("cpu", (RANKS,))
        for m in model:
            if isinstance(m, nn.Linear):
                fully_shard(m, mesh=mesh)
        fully_shard(model, mesh=mesh)
    adam = torch.optim.AdamW(model.parameters(), lr=1e-4)
    torch.manual_seed(2)
    x = torch.randn(8, WIDTH)
    for _ in range(3):
        adam.zero_grad()
        loss = model(x).square().mean()
        loss.backward()
        adam.step()
    own = sum(mebibytes(p) for p in model.parameters())
    own += sum(mebibytes(v) for s in adam.state.values() for v in s.values() if torch.is_tensor(v))
    return {"parameters-and-state": (loss.item(), own), "resident": (loss.item(), resident() - before)}


if __name__ == "__main__":
    dist.init_process_group("gloo", init_method="file://" + FILE, rank=RANK, world_size=RANKS, timeout=datetime.timedelta(minutes=3))
    found = {"calls": calls, "all-reduce": all_reduce, "step": step, "memory": memory}[WORK]()
    if RANK == 0:
        print(" ".join(f"{part}={values[0]},{values[1]}" for part, values in found.items()), flush=True)
    dist.destroy_process_group()
