"""What the benchmarks of files share, Weights.java in Python."""
from side import checksum

FLOATS_A_PAGE = 1024


def touch(tensors):
    """Reads a number of every page of memory, or what was only mapped would count as loaded."""
    return sum(t.view(-1)[::FLOATS_A_PAGE].sum().item() for t in tensors.values())


def sum_of(tensors):
    return checksum([tensors[name] for name in sorted(tensors)])
