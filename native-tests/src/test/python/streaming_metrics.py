"""Writes resources/parity/streaming_metrics.json: what torchmetrics, scikit-learn, SciPy and pycocotools say of the same predictions.

    python streaming_metrics.py [OUT.json]     # torch 2.13, torchmetrics 1.9, scikit-learn 1.9, pycocotools 2; default ../resources/parity/streaming_metrics.json

    "reports"      "predictions" (classes, or scores [N, C, H, W]), "labels", "classes" and perhaps "ignore": torchmetrics' precision, recall,
                   specificity, F2 and Jaccard index of each average, Jaccard index and specificity of each class, kappas and Matthews' coefficient
    "curves"       "scores", "targets", "classes": scikit-learn's areas of each average and class, and the curves of class 0 as rows of threshold,
                   rates; the first row, at an infinite threshold, is left out
    "regression"   "predictions", "targets": scikit-learn's and torchmetrics' errors, each averaged over the outputs
    "spearman", "cosine", "hamming", "perplexity"     one or more cases each
    "images"       images are (sin(0.07i) + 1) / 2 in the order of their pixels i, and the same plus noise·sin(1.7i), of float64
    "texts"        predictions and references, BLEU, ROUGE-L, word and character error rates
    "boxes"        boxes of twelve images; pycocotools' twelve statistics and the precision of each class, null without true boxes
    "retrieval"    scores, relevance and queries; torchmetrics', and scikit-learn's nDCG where scores are equal

Equal to 1e-10, relative, or to 1e-6 where torchmetrics computes in float32.
"""
import sys
from pathlib import Path

from golden import RESOURCES, write
from metrics import tensor
import numpy
import scipy.stats
import torch
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from sklearn import metrics as sk
from torchmetrics import retrieval
from torchmetrics.functional import classification as tm
from torchmetrics.functional import image, regression, text
from torchmetrics.functional.text import perplexity

AVERAGES = ["micro", "macro", "weighted"]


def random(seed):
    return torch.Generator().manual_seed(seed)


def report(name, predictions, labels, classes, ignore=None):
    o = dict(num_classes=classes, ignore_index=ignore)
    inside = ignore is not None and ignore < classes     # torchmetrics leaves such a class out of Jaccard's averages only
    document = {"name": name, "predictions": tensor(predictions), "labels": tensor(labels), "classes": classes, "ignore": ignore,
                "jaccard": [tm.multiclass_jaccard_index(predictions, labels, average=a, **o).item() for a in AVERAGES[:2 if inside else 3]]}
    if inside:
        return document
    for key, function in (("precision", tm.multiclass_precision), ("recall", tm.multiclass_recall), ("specificity", tm.multiclass_specificity),
                          ("f2", lambda *a, **k: tm.multiclass_fbeta_score(*a, beta=2.0, **k))):
        document[key] = [function(predictions, labels, average=a, **o).item() for a in AVERAGES]
    document["jaccards"] = tm.multiclass_jaccard_index(predictions, labels, average=None, **o).tolist()
    document["specificities"] = tm.multiclass_specificity(predictions, labels, average=None, **o).tolist()
    document["kappas"] = [tm.multiclass_cohen_kappa(predictions, labels, weights=w, **o).item() for w in (None, "linear", "quadratic")]
    document["matthews"] = tm.multiclass_matthews_corrcoef(predictions, labels, **o).item()
    return document


def curves(name, scores, targets, classes):
    s = scores.double().numpy().reshape(len(scores), -1)
    t = numpy.eye(classes)[targets.numpy()] if classes > 1 and targets.dim() == 1 else targets.numpy().reshape(len(scores), -1)
    fpr, tpr, at = sk.roc_curve(t[:, 0], s[:, 0], drop_intermediate=False)
    precision, recall, thresholds = sk.precision_recall_curve(t[:, 0], s[:, 0])
    average = [None] if classes == 1 else AVERAGES
    if classes == 1:
        areas = {"auroc": [sk.roc_auc_score(t[:, 0], s[:, 0])], "ap": [sk.average_precision_score(t[:, 0], s[:, 0])]}
    else:
        areas = {"auroc": [sk.roc_auc_score(t, s, average=a) for a in average], "ap": [sk.average_precision_score(t, s, average=a) for a in average]}
    return {"name": name, "scores": tensor(scores), "targets": tensor(targets), "classes": classes, **areas,
            "aurocs": [sk.roc_auc_score(t[:, c], s[:, c]) for c in range(classes)], "aps": [sk.average_precision_score(t[:, c], s[:, c]) for c in range(classes)],
            "roc": [list(row) for row in zip(at[1:].tolist(), fpr[1:].tolist(), tpr[1:].tolist())],
            "pr": [list(row) for row in zip(thresholds.tolist(), precision[:-1].tolist(), recall[:-1].tolist())][::-1]}


def errors(name, x, y):
    a, b = x.numpy(), y.numpy()
    columns = [(x, y)] if x.dim() == 1 else list(zip(x.T, y.T))
    return {"name": name, "predictions": tensor(x), "targets": tensor(y), "mse": sk.mean_squared_error(b, a), "rmse": float(sk.root_mean_squared_error(b, a)),
            "mae": float(sk.mean_absolute_error(b, a)), "mape": regression.mean_absolute_percentage_error(x, y).item(), "r2": sk.r2_score(b, a),
            "explained_variance": float(sk.explained_variance_score(b, a)),
            "pearson": float(numpy.mean([scipy.stats.pearsonr(p.numpy(), q.numpy()).statistic for p, q in columns]))}


def images(name, shape, noise, data_range, multi_scale=False, **options):
    i = torch.arange(int(numpy.prod(shape)), dtype=torch.float64)
    x = ((0.07 * i).sin() + 1) / 2
    y = x + noise * (1.7 * i).sin()
    x, y = x.reshape(shape) * data_range, y.reshape(shape) * data_range
    ssim = image.multiscale_structural_similarity_index_measure if multi_scale else image.structural_similarity_index_measure
    more = {"normalize": "relu"} if multi_scale else {}
    return {"name": name, "shape": list(shape), "noise": noise, "data_range": data_range, "multi_scale": multi_scale, "options": options,
            "psnr": image.peak_signal_noise_ratio(y, x, data_range=float(data_range)).item(), "ssim": ssim(y, x, data_range=float(data_range), **more, **options).item()}


def texts():
    predictions = ["the cat sat quietly on the red mat", "There is a big tree near the park here", "He said: 'I am not going to go home today'", "a", "the the the the quick fox"]
    references = [["the cat sat on the red mat", "a cat sat quietly on the mat"], ["A big tree is growing near the park here", "there is a big tree near the park"],
                  ["He said he is not going to go home today"], ["a b c"], ["the quick brown fox jumps", "the fox"]]
    rouge = text.rouge_score(predictions, references, rouge_keys="rougeL", accumulate="best")
    first = [r[0] for r in references]
    return {"predictions": predictions, "references": references, "bleu": [text.bleu_score(predictions, references, n_gram=n, smooth=s).item() for n in (1, 2, 3, 4) for s in (False, True)],
            "rouge": [rouge["rougeL_" + k].item() for k in ("precision", "recall", "fmeasure")], "wer": text.word_error_rate(predictions, first).item(),
            "cer": text.char_error_rate(predictions + ["日本語のテスト😀"], first + ["日本のテスト"]).item()}


def rankings():
    g = random(11)
    n = 60
    scores, queries = torch.rand(n, generator=g), torch.randint(0, 7, (n,), generator=g)
    graded = torch.randint(0, 4, (n,), generator=g) * (queries != 3)       # query 3 has no relevant document
    binary = (graded > 1).long()
    o = dict(empty_target_action="neg")
    value = lambda metric, t: metric(scores, t, indexes=queries).item()
    tied = (scores * 4).round() / 4
    sets = [(tied[queries == q], graded[queries == q]) for q in queries.unique().tolist()]
    return {"scores": tensor(scores), "graded": tensor(graded), "binary": tensor(binary), "queries": tensor(queries), "map": value(retrieval.RetrievalMAP(**o), binary), "mrr": value(retrieval.RetrievalMRR(**o), binary),
            "ndcg": [value(retrieval.RetrievalNormalizedDCG(top_k=k, **o), graded) for k in (None, 1, 3)], "precision": [value(retrieval.RetrievalPrecision(top_k=k, **o), binary) for k in (1, 3, 20)],
            "recall": [value(retrieval.RetrievalRecall(top_k=k, **o), binary) for k in (1, 3, 20)], "hits": [value(retrieval.RetrievalHitRate(top_k=k, **o), binary) for k in (1, 3, 20)],
            "tied": tensor(tied), "tied_ndcg": [float(numpy.mean([sk.ndcg_score([t.numpy()], [s.numpy()], k=k) for s, t in sets])) for k in (None, 3)]}


def boxes():
    """COCO's own evaluation of boxes, in quarters of pixels, with equal scores, images without detections and images without true boxes."""
    g = random(13)
    images, annotations, detections = [], [], []
    for image in range(12):
        m, more = (0 if image == 4 else int(torch.randint(1, 7, (1,), generator=g))), int(torch.randint(0, 4, (1,), generator=g))
        size = torch.rand(m, 1, generator=g) ** 2 * 200 + 8
        corner = torch.rand(m, 2, generator=g) * 200
        true = (torch.cat([corner, corner + size * (0.6 + 0.8 * torch.rand(m, 2, generator=g))], 1) * 4).round() / 4
        labels = torch.randint(0, 3, (m,), generator=g)
        found = torch.rand(m, generator=g) < 0.8
        near = true[found] + (torch.randn(int(found.sum()), 4, generator=g) * size[found] * 0.08)
        start = torch.rand(more, 2, generator=g) * 200
        far = torch.cat([start, start + 5 + torch.rand(more, 2, generator=g) * 150], 1)
        detected = torch.zeros(0, 4) if image == 7 else (torch.cat([near, far]) * 4).round() / 4
        its = torch.cat([labels[found], torch.randint(0, 4, (more,), generator=g)])[:len(detected)]
        scores = (torch.rand(len(detected), generator=g) * 20).round() / 20
        images.append({"boxes": detected.tolist(), "scores": scores.tolist(), "labels": its.tolist(), "true_boxes": true.tolist(), "true_labels": labels.tolist()})
        rectangle = lambda b: [b[0], b[1], b[2] - b[0], b[3] - b[1]]
        for b, c in zip(true.double().tolist(), labels.tolist()):
            annotations.append({"id": len(annotations) + 1, "image_id": image, "category_id": c, "bbox": rectangle(b), "area": rectangle(b)[2] * rectangle(b)[3], "iscrowd": 0})
        detections += [{"image_id": image, "category_id": c, "bbox": rectangle(b), "score": v} for b, c, v in zip(detected.double().tolist(), its.tolist(), scores.tolist())]
    truth = COCO()
    truth.dataset = {"images": [{"id": i} for i in range(len(images))], "annotations": annotations, "categories": [{"id": c} for c in range(4)]}
    truth.createIndex()
    evaluation = COCOeval(truth, truth.loadRes(detections), "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    own = [float(p[p > -1].mean()) if (p > -1).any() else None for p in (evaluation.eval["precision"][:, :, c, 0, 2] for c in range(4))]
    return {"images": images, "stats": evaluation.stats.tolist(), "classes": own}


def document():
    g = random(7)
    labels = torch.randint(0, 5, (150,), generator=g)
    predictions = torch.where(torch.rand(150, generator=g) < 0.6, labels, torch.randint(0, 5, (150,), generator=g))
    maps, segments = torch.randn(2, 4, 6, 5, generator=g), torch.randint(0, 3, (2, 6, 5), generator=g)
    void = torch.where(torch.rand(2, 6, 5, generator=g) < 0.2, torch.tensor(255), segments)
    reports = [report("ordered classes, one of six absent", predictions, labels, 6), report("segments without those of 255", maps, void, 4, 255), report("segments without class 0", maps, segments, 4, 0)]

    s = torch.randn(80, 4, generator=g)
    y = torch.randint(0, 4, (80,), generator=g)
    p = (s + 1.5 * torch.nn.functional.one_hot(y, 4)).softmax(1)
    several = (torch.rand(80, 4, generator=g) + p > 0.9).long()
    ties = (p[:, 0] * 10).round() / 10
    areas = [curves("two classes with ties", ties, (y == 0).long(), 1), curves("two classes, distinct", p[:, 1].double(), (y == 1).long(), 1), curves("four classes", p, y, 4), curves("four labels with ties", (p * 8).round() / 8, several, 4)]

    x = torch.randn(40, generator=g, dtype=torch.float64)
    t = 0.8 * x + 0.3 * torch.randn(40, generator=g, dtype=torch.float64) + 0.1
    three = torch.randn(30, 3, generator=g, dtype=torch.float64)
    numbers = [errors("one output", x, t), errors("three outputs", three, three * torch.tensor([1.0, 0.5, -0.2], dtype=torch.float64) + 0.2 * torch.randn(30, 3, generator=g, dtype=torch.float64)),
               errors("a mean a million times the deviation", x + 1e6, t + 1e6)]
    coarse, target = (x * 3).round(), (t * 2).round()
    logits, tokens = torch.randn(3, 7, 11, generator=g), torch.randint(0, 11, (3, 7), generator=g)
    padded = torch.where(torch.rand(3, 7, generator=g) < 0.3, torch.tensor(-100), tokens)
    wrong = torch.where(torch.rand(80, 4, generator=g) < 0.2, 1 - several, several)
    return {"reports": reports, "curves": areas, "regression": numbers,
            "spearman": [{"predictions": tensor(a), "targets": tensor(b), "value": float(scipy.stats.spearmanr(a.numpy(), b.numpy()).statistic)} for a, b in ((x, t), (coarse, target))],
            "cosine": {"predictions": tensor(three), "targets": tensor(three.roll(1, 0)), "value": regression.cosine_similarity(three, three.roll(1, 0), reduction="mean").item()},
            "hamming": {"predictions": tensor(wrong), "targets": tensor(several), "value": float(sk.hamming_loss(several.numpy(), wrong.numpy()))},
            "perplexity": [{"logits": tensor(logits), "targets": tensor(q), "ignore": i, "value": perplexity(logits, q, ignore_index=i).item()} for q, i in ((tokens, None), (padded, -100))],
            "images": [images("colour", (2, 3, 24, 20), 0.1, 1), images("bytes, wide window", (1, 1, 40, 33), 0.3, 255, sigma=2.5, k1=0.02, k2=0.05), images("inverted noise", (3, 1, 16, 16), -0.8, 1),
                       images("five scales", (2, 1, 180, 176), 0.2, 1, multi_scale=True)],
            "texts": texts(), "retrieval": rankings(), "boxes": boxes()}


if __name__ == "__main__":
    write(document(), Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity/streaming_metrics.json")
