"""The smallest program; start_up.py times it."""
import torch

print(torch.ones(2, 2).add(1).sum().item(), flush=True)
