import static panatorch.Index.*;

import panatorch.*;
import panatorch.nn.*;
import panatorch.nn.Module;
import panatorch.nn.functional.Reduction;
import panatorch.optim.*;
import panatorch.vision.ops.*;

// DETR's head (Carion et al. 2020): queries, a transformer, and a loss on the best matching of predicted and true boxes.

static final int CLASSES = 3, QUERIES = 10, HIDDEN = 32, BATCH = 4, SIZE = 64;

record Detections(Tensor logits, Tensor boxes) {}

static class DETR extends Module {
    final Module backbone = child("backbone", new Sequential(
            new Conv2d(3, 16, 3, o -> o.stride(2).padding(1)), new ReLU(),
            new Conv2d(16, 32, 3, o -> o.stride(2).padding(1)), new ReLU(),
            new Conv2d(32, HIDDEN, 3, o -> o.stride(2).padding(1))));
    final Transformer transformer =
            child("transformer", new Transformer(TransformerOptions.of(HIDDEN, 4).feedforward(64).batchFirst(true), 2, 2));
    final Tensor rowEmbed = parameter("row_embed", Torch.rand(SIZE / 8, HIDDEN / 2));
    final Tensor columnEmbed = parameter("col_embed", Torch.rand(SIZE / 8, HIDDEN / 2));
    final Tensor queryPos = parameter("query_pos", Torch.rand(QUERIES, HIDDEN));
    final Module classEmbed = child("class_embed", new Linear(HIDDEN, CLASSES + 1));
    final Module boxEmbed = child("bbox_embed", new Sequential(new Linear(HIDDEN, HIDDEN), new ReLU(), new Linear(HIDDEN, 4)));

    List<Tensor> heads() {
        return namedParameters().entrySet().stream().filter(e -> !e.getKey().startsWith("backbone")).map(Map.Entry::getValue).toList();
    }

    Detections detect(Tensor images) {
        Tensor features = backbone.call(images);
        Tensor columns = columnEmbed.unsqueeze(0).repeat(features.size(2), 1, 1);
        Tensor rows = rowEmbed.unsqueeze(1).repeat(1, features.size(3), 1);
        Tensor positions = Aten.cat(List.of(columns, rows), -1).flatten(0, 1);
        Tensor memory = positions.add(features.flatten(2).transpose(1, 2));
        Tensor hs = transformer.forward(memory, queryPos.expand(features.size(0), -1, -1));
        return new Detections(classEmbed.call(hs), boxEmbed.call(hs).sigmoid());
    }
}

Tensor corners(Tensor boxes) { return Boxes.boxConvert(boxes, BoxFormat.CXCYWH, BoxFormat.XYXY); }

Tensor giou(Tensor boxes, Tensor others) { return BoxIou.generalizedBoxIou(corners(boxes), corners(others)); }

/** The queries and targets of one image with the least cost. */
LinearSumAssignment match(Tensor logits, Tensor boxes, Tensor labels, Tensor targets) {
    try (var off = NoGrad.enter()) {
        Tensor costClass = logits.softmax(-1).get(ALL, labels).neg(), costBox = Aten.cdist(boxes, targets, 1);
        return LinearSumAssignment.of(costBox.mul(5).add(costClass).sub(giou(boxes, targets).mul(2)));
    }
}

record Targets(Tensor images, List<Tensor> labels, List<Tensor> boxes) {}

Tensor criterion(Detections found, Targets targets) {
    Tensor classes = Torch.full(new long[] {BATCH, QUERIES}, CLASSES, DType.INT64);
    Tensor lossBox = Torch.zeros(), lossGiou = Torch.zeros();
    for (int b = 0; b < BATCH; b++) {
        Tensor boxes = found.boxes.get(b), labels = targets.labels.get(b), truth = targets.boxes.get(b);
        var matched = match(found.logits.get(b), boxes, labels, truth);
        classes.at(b, matched.rows()).set(labels.get(matched.columns()));
        boxes = boxes.get(matched.rows());
        truth = truth.get(matched.columns());
        lossBox = lossBox.add(F.l1Loss(boxes, truth, Reduction.SUM));
        lossGiou = lossGiou.add(giou(boxes, truth).diag().rsub(1).sum());
    }
    Tensor weight = Torch.ones(CLASSES + 1);
    weight.at(CLASSES).set(0.1);
    Tensor lossClass = F.crossEntropy(found.logits.transpose(1, 2), classes, o -> o.weight(weight));
    long boxes = targets.boxes.stream().mapToLong(t -> t.size(0)).sum();
    return lossClass.add(lossBox.mul(5).div(boxes)).add(lossGiou.mul(2).div(boxes));
}

/** Images with one to four rectangles, whose colours are their classes. */
Targets batch() {
    var batch = new Targets(Torch.randn(BATCH, 3, SIZE, SIZE).mul(0.1), new ArrayList<>(), new ArrayList<>());
    for (int b = 0; b < BATCH; b++) {
        long n = 1 + b % 4;
        Tensor boxes = Aten.cat(List.of(Torch.rand(n, 2).mul(0.6).add(0.2), Torch.rand(n, 2).mul(0.2).add(0.15)), 1);
        Tensor classes = Torch.randint(0, CLASSES, n);
        long[][] corners = (long[][]) corners(boxes).mul(SIZE).to(DType.INT64).toArray();
        for (int i = 0; i < n; i++) {
            long[] c = corners[i];
            batch.images.get(b, classes.get(i), slice(c[1], c[3]), slice(c[0], c[2])).add_(1);
        }
        batch.labels.add(classes);
        batch.boxes.add(boxes);
    }
    return batch;
}

void main(String... args) {
    Torch.manualSeed(0);
    try (var model = new DETR(); var optimizer = new AdamW(model.heads(), AdamW.options(5e-4).weightDecay(1e-4))) {
        optimizer.addParamGroup(model.backbone.parameters(), AdamW.options(1e-4).weightDecay(1e-4));
        for (int step = 0; step < (args.length > 0 ? Integer.parseInt(args[0]) : 20); step++) try (var tensors = Scope.open()) {
            var batch = batch();
            Tensor loss = criterion(model.detect(batch.images), batch);
            optimizer.zeroGrad();
            loss.backward();
            ClipGrad.norm_(model.parameters(), 0.1);
            optimizer.step();
            IO.println(loss.itemDouble());
        }
    }
}
