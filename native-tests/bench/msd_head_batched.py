"""Python's side of the benchmark msd-head-batched: the same work as msd_head.py, in one batch of all samples.

    python msd_head_batched.py          # torch 2.13, CPU, one thread; the driver talks to it as side.py says
"""
import torch.nn.functional as F
from msd_head import HEAD, LABELS, ROWS, SAMPLES, X, serve_form


def batched():
    dropped = F.dropout(X.unsqueeze(0).expand(SAMPLES, -1, -1), 0.5)
    logits = HEAD(dropped.flatten(0, 1))
    return F.cross_entropy(logits, LABELS.repeat(SAMPLES)), logits.detach().view(SAMPLES, ROWS, -1).mean(0)


if __name__ == "__main__":
    serve_form(batched)
