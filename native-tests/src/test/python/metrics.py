"""Writes resources/parity/metrics.json: what torchmetrics and scikit-learn say of the same predictions.

    python metrics.py [OUT.json]          # torch 2.13, torchmetrics 1.9, scikit-learn 1.9; default ../resources/parity/metrics.json

    "calibration"   cases of "probabilities" [N, C] or "logits", "labels", "bins"; ece, mce, rmsce and, of each class, the ECE of "the label is c"
                    are torchmetrics'; nll and brier scikit-learn's; the adaptive ECE and the bins NumPy's
    "temperature"   logits and labels of the case "logits", and the temperature that SciPy's bounded scalar minimiser finds for the NLL in float64
    "detection"     "uncertainty", "wrong": areas of scikit-learn; the area under the risk-coverage curve by its definition, the mean over
                    1000 random orders of equal scores, and by hand where none are equal
    "confusion"     scores and labels with a class that is never predicted and one that does not occur; scikit-learn's matrix, precision, recall,
                    F1 and support, both averages, and top-k accuracies of torchmetrics

Equal to 1e-6, relative, where float32 probabilities are summed in float32 in Python, and to 1e-12 otherwise.
"""
import math
import sys
from pathlib import Path

from golden import RESOURCES, exact, write
import numpy
import torch
from scipy.optimize import minimize_scalar
from sklearn import metrics
from torchmetrics.functional.classification import binary_calibration_error, multiclass_accuracy, multiclass_calibration_error


def tensor(t):
    document = {"shape": list(t.shape), "values": exact(t)}
    return document | ({} if t.dtype == torch.float32 else {"dtype": str(t.dtype).removeprefix("torch.")})


def predictions(n, c, seed, sharpness, dtype=torch.float32):
    g = torch.Generator().manual_seed(seed)
    logits = sharpness * torch.randn(n, c, generator=g, dtype=dtype)
    labels = torch.where(torch.rand(n, generator=g) < 0.6, logits.argmax(1), torch.randint(c, (n,), generator=g))
    return logits, labels


def adaptive(confidence, right, bins):
    order = numpy.argsort(confidence, kind="stable")
    bin_of = numpy.arange(len(order)) * bins // len(order)
    return sum(abs((confidence - right)[order][bin_of == b].sum()) for b in range(bins)) / len(order)


def calibration(name, p, labels, bins, **given):
    n, c = p.shape
    confidence, right = p.max(1).values.double().numpy(), (p.argmax(1) == labels).double().numpy()
    bin_of = numpy.digitize(p.max(1).values.numpy(), torch.linspace(0, 1, bins + 1, dtype=p.dtype).numpy()) - 1
    rows = [[int((bin_of == b).sum()), confidence[bin_of == b].mean() if (bin_of == b).any() else 0, right[bin_of == b].mean() if (bin_of == b).any() else 0] for b in range(bins)]
    errors = {k: multiclass_calibration_error(p, labels, num_classes=c, n_bins=bins, norm=norm).item() for k, norm in (("ece", "l1"), ("mce", "max"), ("rmsce", "l2"))}
    d = p.double().numpy()
    return {"name": name, **(given or {"probabilities": tensor(p)}), "labels": tensor(labels), "bins": bins, **errors,
            "classwise": [binary_calibration_error(p[:, k].contiguous(), (labels == k).long(), n_bins=bins).item() for k in range(c)],
            "nll": metrics.log_loss(labels.numpy(), d / d.sum(1, keepdims=True), labels=range(c)),
            "brier": metrics.brier_score_loss(numpy.eye(c)[labels.numpy()], d / d.sum(1, keepdims=True), scale_by_half=False) if c > 2 else
                     2 * metrics.brier_score_loss(labels.numpy(), (d / d.sum(1, keepdims=True))[:, 1], scale_by_half=True),
            "adaptive": adaptive(confidence, right, bins), "rows": rows, "accuracy": right.mean(), "confidence": confidence.mean()}


def risks(scores, wrong, rng):
    areas = []
    for _ in range(1000 if len(set(scores)) < len(scores) else 1):
        order = rng.permutation(len(scores))
        order = order[numpy.argsort(scores[order], kind="stable")]
        areas.append((numpy.cumsum(wrong[order]) / numpy.arange(1, len(scores) + 1)).mean())
    return areas


def detection(name, scores, wrong):
    s, w = scores.double().numpy(), wrong.numpy()
    areas = risks(s, w, numpy.random.default_rng(5))
    return {"name": name, "uncertainty": tensor(scores), "wrong": tensor(wrong.long()), "auroc": metrics.roc_auc_score(w, s), "aupr": metrics.average_precision_score(w, s),
            "aurc": numpy.mean(areas), "aurc_tolerance": 1e-12 if len(areas) == 1 else 5 * numpy.std(areas) / math.sqrt(len(areas)),
            "points": [[t, (s <= t).mean(), w[s <= t].mean()] for t in numpy.unique(s)]}


def confusion(scores, labels):
    y, p, classes = labels.numpy(), scores.argmax(1).numpy(), range(scores.shape[1])
    report = {a or "classes": [numpy.asarray(v if v is not None else 0).tolist() for v in metrics.precision_recall_fscore_support(y, p, labels=classes, average=a, zero_division=0)] for a in (None, "macro", "weighted")}
    top = {str(k): multiclass_accuracy(scores, labels, num_classes=len(classes), top_k=k, average="micro").item() for k in (1, 2, 5)}
    return {"scores": tensor(scores), "labels": tensor(labels), "matrix": metrics.confusion_matrix(y, p, labels=classes).tolist(), "accuracy": metrics.accuracy_score(y, p), "report": report, "top": top}


def document():
    logits, labels = predictions(120, 6, 1, 2.0)
    cases = [calibration("logits", logits.softmax(1), labels, 15, logits=tensor(logits)), calibration("ten bins, hardly any confidence", predictions(80, 5, 2, 0.3)[0].softmax(1), predictions(80, 5, 2, 0.3)[1], 10)]
    edges = torch.tensor([k / 15 for k in range(8, 15)]).repeat(3)
    cases.append(calibration("two classes, at edges", torch.stack([edges, 1 - edges], 1), torch.arange(21) % 2, 15))
    cases.append(calibration("fewer examples than bins, in double precision", predictions(4, 3, 3, 1.0, torch.float64)[0].softmax(1), predictions(4, 3, 3, 1.0, torch.float64)[1], 15))

    z, y = logits.double().numpy(), labels.numpy()
    def nll(t):
        s = z / math.exp(t)
        return (numpy.log(numpy.exp(s).sum(1)) - s[numpy.arange(len(y)), y]).mean()
    best = minimize_scalar(nll, bounds=(-3, 3), method="bounded", options={"xatol": 1e-10})

    entropy = torch.distributions.Categorical(logits=logits).entropy()
    wrong = logits.argmax(1) != labels
    few = torch.arange(7) % 6  # the last class does not occur, class 4 is never predicted
    scores = torch.randn(60, 7, generator=torch.Generator().manual_seed(4))
    scores[:, 4] -= 100
    return {"calibration": cases, "temperature": {"value": math.exp(best.x), "nll": best.fun}, "detection": [detection("distinct", entropy, wrong), detection("ties", (entropy * 4).round() / 4, wrong)],
            "confusion": confusion(scores, few.repeat(9)[:60])}


if __name__ == "__main__":
    write(document(), Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity/metrics.json")
