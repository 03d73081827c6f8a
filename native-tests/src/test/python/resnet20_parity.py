"""Writes resources/parity/resnet20.json: ResNet-20 for CIFAR in Python, from the seed to five training steps.

    python resnet20_parity.py [OUT.json]        # torch 2.13, CPU; default ../resources/parity/resnet20.json

The model has the names of akamaster/pytorch_resnet_cifar10 (option A: zero-padded shortcut, option B: 1x1 convolution),
but PyTorch's default initialisation. The Java test builds the same modules in the same order after the same seed and
compares, for each of the two variants under "A" and "B":

    initial     every parameter (name -> fingerprint)             after manual_seed(0), before any step
    logits      [8][10], train mode; loss: its cross-entropy      of x = randn(8,3,32,32), y = randint(0,10,(8,)), seed 1
    gradients   every parameter (name -> fingerprint)             of that loss
    losses      [5]: SGD steps on the same batch, losses[0] = loss (lr 0.1, momentum 0.9, weight decay 1e-4, Nesterov, fused)
    final       every parameter and buffer (name -> fingerprint)  after the five steps
    eval_logits [8][10], eval mode, after the five steps
    double      {losses, final, eval_logits}: the same five steps with the same initial numbers and x widened to float64
    gentle      {losses, final, eval_logits}: the same five steps in float32 with lr 0.001

The shared "x" is a fingerprint, "y" the labels of ten classes. A fingerprint of a tensor t, flattened, is
{"shape", "norm": sqrt(sum t_i^2), "dot": sum t_i*cos(i), "stride": s, "values": [t[0], t[s], t[2s], ...]}: sums in double,
i from 0, s = ceil(numel/48), so that every element is listed where there are at most 48 (in "double" and "gentle": at most 12).
"values", logits and losses are the shortest decimals that give back the same float32.

Tolerances. Initial numbers: equal to the bit. Logits, loss and gradients of the first step: 3e-5 of the largest element.
The float32 steps at lr 0.1 are chaotic (a ReLU flips): two threads instead of one move losses[2] by 1e-4, losses[3] by 0.03 and
losses[4] by 0.6; hold Java to losses[0..1] at 1e-5 and losses[2] at 1e-3. "gentle" and "double" check all five steps: there two
threads instead of one move nothing by more than a few 1e-6 and 1e-9, so 1e-5 and 1e-7 relative separate rounding from mistakes.
"""
import sys
from pathlib import Path

from golden import RESOURCES, exact, fingerprint, write
import torch  # after golden, which chooses its instructions
import torch.nn.functional as F
from torch import nn


class OptionA(nn.Module):
    """Identity at half the resolution, with new channels of zeros on both sides; no parameters, hence no state-dict keys."""

    def __init__(self, planes):
        super().__init__()
        self.side = planes // 4

    def forward(self, x):
        return F.pad(x[:, :, ::2, ::2], (0, 0, 0, 0, self.side, self.side))


class BasicBlock(nn.Module):
    def __init__(self, in_planes, planes, stride, option):
        super().__init__()
        self.conv1 = nn.Conv2d(in_planes, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.shortcut = nn.Sequential()
        if stride != 1 or in_planes != planes:
            self.shortcut = OptionA(planes) if option == "A" else nn.Sequential(
                nn.Conv2d(in_planes, planes, 1, stride=stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        return F.relu(self.bn2(self.conv2(out)) + self.shortcut(x))


class ResNet20(nn.Module):
    def __init__(self, option, classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.layer1 = self._stage(16, 16, 1, option)
        self.layer2 = self._stage(16, 32, 2, option)
        self.layer3 = self._stage(32, 64, 2, option)
        self.linear = nn.Linear(64, classes)

    @staticmethod
    def _stage(in_planes, planes, stride, option):
        return nn.Sequential(BasicBlock(in_planes, planes, stride, option),
                             BasicBlock(planes, planes, 1, option), BasicBlock(planes, planes, 1, option))

    def forward(self, x):
        out = F.relu(self.bn1(self.conv1(x)))
        out = self.layer3(self.layer2(self.layer1(out)))
        return self.linear(F.adaptive_avg_pool2d(out, 1).flatten(1))


def rows(t):
    return [exact(row) for row in t.detach()]


def build(option):
    torch.manual_seed(0)                        # directly before the first parameter is drawn
    return ResNet20(option)


def train(net, x, y, most, first_step=None, lr=0.1):
    sgd = torch.optim.SGD(net.parameters(), lr=lr, momentum=0.9, weight_decay=1e-4, nesterov=True, fused=True)
    losses = []
    for _ in range(5):
        sgd.zero_grad()
        logits = net(x)
        loss = F.cross_entropy(logits, y)
        loss.backward()
        if first_step is not None and not losses:
            first_step |= {"logits": rows(logits), "loss": exact(loss)[0],
                           "gradients": {n: fingerprint(p.grad) for n, p in net.named_parameters()}}
        losses += exact(loss)
        sgd.step()
    net.eval()
    with torch.no_grad():
        return {"losses": losses, "final": {n: fingerprint(t, most) for n, t in net.state_dict().items()},
                "eval_logits": rows(net(x))}


def record(option, x, y):
    net = build(option)
    result = {"initial": {n: fingerprint(p) for n, p in net.named_parameters()}}
    result |= train(net, x, y, 48, first_step=result)
    return result | {"double": train(build(option).double(), x.double(), y, 12), "gentle": train(build(option), x, y, 12, lr=0.001)}


def main():
    out = Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity" / "resnet20.json"
    torch.set_num_threads(1)                    # the order of float sums depends on the number of threads
    torch.manual_seed(1)
    x, y = torch.randn(8, 3, 32, 32), torch.randint(0, 10, (8,))
    document = {"torch": torch.__version__, "capability": torch.backends.cpu.get_cpu_capability(), "x": fingerprint(x), "y": y.tolist(),
                "A": record("A", x, y), "B": record("B", x, y)}
    write(document, out)
    print("losses A", document["A"]["losses"], "B", document["B"]["losses"])


if __name__ == "__main__":
    main()
