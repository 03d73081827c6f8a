"""One rank of a process group, whose other rank is the Java test DistributedRanksTest: `rank.py collectives|hang`.
RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT say where. It checks its own values and exits with 1 if one is wrong."""
import datetime, sys, time
import torch
import torch.distributed as dist

dist.init_process_group("gloo", timeout=datetime.timedelta(seconds=60))
rank, ranks = dist.get_rank(), dist.get_world_size()


def same(actual, expected):
    assert actual.tolist() == expected, (actual, expected)


x = torch.full((3,), rank + 1.0, dtype=torch.float64)
dist.all_reduce(x)
same(x, [3, 3, 3])
if sys.argv[1] == "hang":
    time.sleep(600)
x = torch.full((3,), rank + 1.0)
dist.all_reduce(x, op=dist.ReduceOp.AVG)
same(x, [1.5, 1.5, 1.5])
x = torch.full((3,), rank + 1.0)
dist.broadcast(x, 1)
same(x, [2, 2, 2])
y = torch.zeros(4)
dist.all_gather_into_tensor(y, torch.full((2,), rank + 1.0))
same(y, [1, 1, 2, 2])
y = torch.zeros(2)
dist.reduce_scatter_tensor(y, torch.arange(4.0) + rank)
same(y, [1, 3] if rank == 0 else [5, 7])
y = torch.zeros(2)
dist.all_to_all_single(y, torch.arange(2.0) + 10 * rank)
same(y, [0, 10] if rank == 0 else [1, 11])
x = torch.full((2,), rank + 1.0)
dist.reduce(x, 0)
if rank == 0:
    same(x, [3, 3])
y = torch.zeros(3)
if rank == 0:
    dist.send(torch.full((3,), 7.0), 1, tag=5)
    dist.recv(y, 1, tag=6)
    same(y, [14, 14, 14])
else:
    dist.recv(y, 0, tag=5)
    same(y, [7, 7, 7])
    dist.send(y * 2, 0, tag=6)
x = torch.zeros(1)
dist.all_reduce(x)
dist.destroy_process_group()
