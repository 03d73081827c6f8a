"""One rank of DistributedDataParallel for the Java test DataParallelRanksTest: `data_parallel.py plain|unused|fp16|hang FILE`.
RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT say where. Trains five steps in float64 and writes the state dict's numbers to FILE,
one a line; `hang` sleeps after two steps. All values are formulas, which the Java rank has too."""
import contextlib, datetime, math, pathlib, sys, time
import torch
import torch.distributed as dist
from torch import nn
from torch.distributed.algorithms.ddp_comm_hooks.default_hooks import fp16_compress_hook

mode, file = sys.argv[1:]
torch.set_num_threads(1)
dist.init_process_group("gloo", timeout=datetime.timedelta(seconds=60))
rank = dist.get_rank()


def numbers(first, *shape):
    return ((torch.arange(math.prod(shape), dtype=torch.float64) + first) * 1.3).sin().reshape(shape)


class Heads(nn.Module):
    """A body and two heads, of which each rank uses one."""

    def __init__(self):
        super().__init__()
        self.body = nn.Linear(72, 6)
        self.left = nn.Linear(6, 5)
        self.right = nn.Linear(6, 5)

    def forward(self, x):
        return (self.right if rank == 1 else self.left)(self.body(x.flatten(1)))


if mode == "unused":
    model = Heads()
else:
    model = nn.Sequential(nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(64, 5))
model = model.double()
with torch.no_grad():
    for i, p in enumerate(model.parameters()):
        p.copy_(numbers(i + 50 * rank, *p.shape) / 4)  # rank 0's count
ddp = nn.parallel.DistributedDataParallel(model, find_unused_parameters=mode == "unused")
if mode == "fp16":
    ddp.register_comm_hook(None, fp16_compress_hook)
optimizer = torch.optim.SGD(model.parameters(), lr=0.05, momentum=0.9)
target = torch.arange(4) % 5
for step in range(5):
    optimizer.zero_grad()
    for part in range(2 if step == 2 else 1):  # the third step accumulates over two batches
        last = step != 2 or part == 1
        with contextlib.nullcontext() if last else ddp.no_sync():
            x = numbers(1000 * step + 100 * part + 10 * rank, 4, 2, 6, 6)
            nn.functional.cross_entropy(ddp(x), target).backward()
    optimizer.step()
    if mode == "hang" and step == 1:
        pathlib.Path(file).touch()
        time.sleep(600)
state = [v for t in model.state_dict().values() for v in t.double().flatten().tolist()]
pathlib.Path(file).write_text("\n".join(map(repr, state)))
dist.destroy_process_group()
