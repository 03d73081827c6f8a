"""Prints the numbers of ProfilerTest and FlopCounterTest: calls of each operator, and floating-point operations.

    python profiler.py
"""
try:
    import torchvision_cpu  # declares operators where torchvision was built for CUDA
except ImportError:
    pass
import torch
import torch.nn.functional as F
import torchvision
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

x, w, b, v = torch.ones(8, 16), torch.ones(32, 16, requires_grad=True), torch.zeros(32, requires_grad=True), torch.ones(4, 32, requires_grad=True)


def step():
    F.mse_loss(F.linear(F.relu(F.linear(x, w, b)), v), torch.zeros(8, 4)).backward()


step()
w.grad = b.grad = v.grad = None
with profile(activities=[ProfilerActivity.CPU], record_shapes=True) as prof:
    step()
for e in sorted(prof.key_averages(), key=lambda e: e.key):
    print(e.key, e.count)
for e in prof.key_averages(group_by_input_shape=True):
    if e.key in ("aten::addmm", "aten::mm"):
        print(e.key, e.input_shapes, e.count)


def flops(name, f):
    with FlopCounterMode(display=False) as counter:
        f()
    print(name, counter.get_total_flops(), {str(k): v for k, v in counter.get_flop_counts()["Global"].items()})


net = torchvision.models.resnet18().eval()
flops("resnet18 forward", lambda: net(torch.ones(2, 3, 64, 64)))
flops("resnet18 forward and backward", lambda: net(torch.ones(2, 3, 64, 64)).sum().backward())
layer = torch.nn.TransformerEncoderLayer(64, 4, 128, batch_first=True)
flops("transformer", lambda: layer(torch.ones(2, 10, 64)).sum().backward())
q = torch.ones(2, 4, 10, 16, requires_grad=True)
with torch.nn.attention.sdpa_kernel(torch.nn.attention.SDPBackend.MATH):
    flops("attention of products", lambda: F.scaled_dot_product_attention(q, q, q).sum().backward())
flops("transposed", lambda: F.conv_transpose2d(torch.ones(2, 6, 5, 5, requires_grad=True), torch.ones(6, 2, 3, 3, requires_grad=True), groups=2, stride=2).sum().backward())
flops("baddbmm", lambda: torch.baddbmm(torch.ones(3, 4, 5), torch.ones(3, 4, 6), torch.ones(3, 6, 5)))
