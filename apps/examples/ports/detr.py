"""DETR's head (Carion et al. 2020): queries, a transformer, and a loss on the best matching of predicted and true boxes."""
import sys

import torch
import torch.nn.functional as F
from scipy.optimize import linear_sum_assignment
from torch import nn
from torchvision.ops import box_convert, generalized_box_iou

CLASSES, QUERIES, HIDDEN, BATCH, SIZE = 3, 10, 32, 4, 64


class DETR(nn.Module):
    def __init__(self):
        super().__init__()
        self.backbone = nn.Sequential(
            nn.Conv2d(3, 16, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(16, 32, 3, stride=2, padding=1), nn.ReLU(),
            nn.Conv2d(32, HIDDEN, 3, stride=2, padding=1))
        self.transformer = nn.Transformer(HIDDEN, 4, 2, 2, 64, dropout=0.1, batch_first=True)
        self.row_embed = nn.Parameter(torch.rand(SIZE // 8, HIDDEN // 2))
        self.col_embed = nn.Parameter(torch.rand(SIZE // 8, HIDDEN // 2))
        self.query_pos = nn.Parameter(torch.rand(QUERIES, HIDDEN))
        self.class_embed = nn.Linear(HIDDEN, CLASSES + 1)
        self.bbox_embed = nn.Sequential(nn.Linear(HIDDEN, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 4))

    def forward(self, images):
        features = self.backbone(images)
        B, C, H, W = features.shape
        columns = self.col_embed[None, :, :].repeat(H, 1, 1)
        rows = self.row_embed[:, None, :].repeat(1, W, 1)
        pos = torch.cat([columns, rows], dim=-1).flatten(0, 1)
        memory = pos + features.flatten(2).transpose(1, 2)
        hs = self.transformer(memory, self.query_pos.expand(B, -1, -1))
        return self.class_embed(hs), self.bbox_embed(hs).sigmoid()


def giou(boxes, others):
    return generalized_box_iou(box_convert(boxes, "cxcywh", "xyxy"), box_convert(others, "cxcywh", "xyxy"))


@torch.no_grad()
def match(logits, boxes, labels, targets):
    """The queries and targets of one image with the least cost."""
    cost_class = -logits.softmax(-1)[:, labels]
    cost_bbox = torch.cdist(boxes, targets, p=1)
    cost = 5 * cost_bbox + cost_class - 2 * giou(boxes, targets)
    return (torch.as_tensor(i) for i in linear_sum_assignment(cost.numpy()))


def criterion(logits, boxes, labels, targets):
    classes = torch.full(logits.shape[:2], CLASSES)
    loss_bbox = loss_giou = 0
    for b in range(len(targets)):
        query, target = match(logits[b], boxes[b], labels[b], targets[b])
        classes[b, query] = labels[b][target]
        loss_bbox += F.l1_loss(boxes[b][query], targets[b][target], reduction="sum")
        loss_giou += (1 - giou(boxes[b][query], targets[b][target]).diag()).sum()
    weight = torch.ones(CLASSES + 1)
    weight[CLASSES] = 0.1
    loss_ce = F.cross_entropy(logits.transpose(1, 2), classes, weight)
    num_boxes = sum(len(t) for t in targets)
    return loss_ce + 5 * loss_bbox / num_boxes + 2 * loss_giou / num_boxes


def batch():
    """Images with one to four rectangles, whose colours are their classes."""
    images = torch.randn(BATCH, 3, SIZE, SIZE) * 0.1
    labels, targets = [], []
    for b in range(BATCH):
        n = 1 + b % 4
        boxes = torch.cat([torch.rand(n, 2) * 0.6 + 0.2, torch.rand(n, 2) * 0.2 + 0.15], dim=1)
        classes = torch.randint(CLASSES, (n,))
        for (x1, y1, x2, y2), c in zip((box_convert(boxes, "cxcywh", "xyxy") * SIZE).long().tolist(), classes.tolist()):
            images[b, c, y1:y2, x1:x2] += 1
        labels.append(classes)
        targets.append(boxes)
    return images, labels, targets


def main(steps):
    torch.manual_seed(0)
    model = DETR()
    heads = [p for n, p in model.named_parameters() if not n.startswith("backbone")]
    groups = [{"params": heads}, {"params": model.backbone.parameters(), "lr": 1e-4}]
    optimizer = torch.optim.AdamW(groups, lr=5e-4, weight_decay=1e-4)
    for step in range(steps):
        images, labels, targets = batch()
        logits, boxes = model(images)
        loss = criterion(logits, boxes, labels, targets)
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 0.1)
        optimizer.step()
        print(loss.item())


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
