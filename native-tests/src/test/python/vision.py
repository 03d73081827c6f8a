"""Writes resources/parity/vision.json, vision.ts and vision.pt2: torchvision's functions and layers of object detection.

    python vision.py [FOLDER]    # torch 2.13, torchvision 0.28 with its operators; CPU; default ../resources/parity

A torchvision that is built for CUDA needs torchvision_stubs.py on a machine without it. vision.json is a list of cases:

    "name"         function, or layer
    "options"      what is no tensor, as the Java test reads it
    "inputs"       tensors {"shape", "dtype", "values"} by their names
    "outputs"      tensors
    "grads"        gradients of (output * cos(i)).sum(), summed over the floating-point outputs, by the inputs and parameters of those names
    "state"        parameters and buffers of a layer

vision.ts and vision.pt2 compute scores and maps of boxes with torchvision's operators, scripted and exported; "program" is one of the cases.
"""
import sys
from pathlib import Path

from golden import RESOURCES, exact, write
import torch
import torchvision
from torch import nn
from torchvision import ops

R = torch.randn
CASES = []


def tensor(t):
    return {"shape": list(t.shape), "dtype": str(t.dtype).split(".")[1], "values": [int(v) for v in t.flatten()] if t.dtype == torch.bool else exact(t)}


def case(name, call, inputs, differentiable=(), module=None, **options):
    inputs = {k: v.clone().requires_grad_(k in differentiable) for k, v in inputs.items()}
    state = {k: tensor(v) for k, v in module.state_dict().items()} if module else {}
    outputs = call(inputs)
    outputs = list(outputs) if isinstance(outputs, (list, tuple)) else [outputs]
    leaves = {k: v for k, v in inputs.items() if v.requires_grad} | dict(module.named_parameters() if module else [])
    grads = {}
    if leaves:
        loss = sum((y * torch.arange(y.numel(), dtype=y.dtype).cos().reshape(y.shape)).sum() for y in outputs if y.requires_grad)
        grads = {k: tensor(g) for k, g in zip(leaves, torch.autograd.grad(loss, list(leaves.values())))}
    CASES.append({"name": name, "options": options, "inputs": {k: tensor(v) for k, v in inputs.items()},
                  "outputs": [tensor(y) for y in outputs], "grads": grads,
                  "state": state})


def boxes(n, size=20.0, dtype=torch.float32):
    corner = torch.rand(n, 2) * size * 0.7
    return torch.cat([corner, corner + 0.5 + torch.rand(n, 2) * size * 0.5], 1).to(dtype)


def box_functions():
    b, c = boxes(6), boxes(4)
    for to in "xywh", "cxcywh":
        case("box_convert", lambda i: ops.box_convert(i["boxes"], "xyxy", to), {"boxes": b}, ["boxes"], source="xyxy", target=to)
        case("box_convert", lambda i: ops.box_convert(i["boxes"], to, "xyxy"), {"boxes": b}, ["boxes"], source=to, target="xyxy")
    case("box_convert", lambda i: ops.box_convert(i["boxes"], "xywh", "cxcywh"), {"boxes": (b * 3).long()}, source="xywh", target="cxcywh")
    rotated = torch.cat([boxes(5), torch.rand(5, 1) * 300 - 150], 1)
    corners = ops.box_convert(rotated, "xywhr", "xyxyxyxy")
    for source, value in ("xywhr", rotated), ("cxcywhr", rotated), ("xyxyxyxy", corners):
        for to in {"xywhr", "cxcywhr", "xyxyxyxy"} - {source}:
            case("box_convert", lambda i: ops.box_convert(i["boxes"], source, to), {"boxes": value}, ["boxes"], source=source, target=to)
    case("box_convert", lambda i: ops.box_convert(i["boxes"], "xywhr", "xyxyxyxy"), {"boxes": (rotated * 3).long()}, source="xywhr", target="xyxyxyxy")
    for f in "xyxy", "xywh", "cxcywh":
        case("box_area", lambda i: ops.box_area(i["boxes"], f), {"boxes": b}, ["boxes"], format=f)
        case("box_iou", lambda i: ops.box_iou(i["boxes1"], i["boxes2"], f), {"boxes1": b, "boxes2": c}, ["boxes1", "boxes2"], format=f)
    case("box_area", lambda i: ops.box_area(i["boxes"]), {"boxes": (b * 500).to(torch.int16)}, format="xyxy")
    case("box_iou", lambda i: ops.box_iou(i["boxes1"], i["boxes2"]), {"boxes1": b.long(), "boxes2": c.long() + 1}, format="xyxy")
    case("box_iou", lambda i: ops.box_iou(i["boxes1"], i["boxes2"]), {"boxes1": torch.stack([b, b + 1]), "boxes2": torch.stack([b + 2, b])}, ["boxes1"], format="xyxy")
    others = torch.cat([rotated[:3], rotated + torch.rand(5, 5) * 2], 0)  # some of the same, which meet in edges and corners
    for f, convert in ("cxcywhr", None), ("xywhr", None), ("xyxyxyxy", "xywhr"):
        first, second = (ops.box_convert(t, convert, f) if convert else t for t in (rotated, others))
        case("box_iou", lambda i: ops.box_iou(i["boxes1"], i["boxes2"], f), {"boxes1": first, "boxes2": second}, format=f)
    for name in "generalized_box_iou", "distance_box_iou", "complete_box_iou":
        case(name, lambda i: getattr(ops, name)(i["boxes1"], i["boxes2"]), {"boxes1": b, "boxes2": c}, ["boxes1", "boxes2"])
    wide = torch.cat([b - 6, b + 9])
    case("clip_boxes_to_image", lambda i: ops.clip_boxes_to_image(i["boxes"], (15, 18)), {"boxes": wide}, ["boxes"], height=15, width=18)
    case("remove_small_boxes", lambda i: ops.remove_small_boxes(i["boxes"], 4.0), {"boxes": b}, size=4.0)
    masks = torch.zeros(4, 6, 7, dtype=torch.bool)
    masks[0, 2:5, 1:3] = True
    masks[1, 3, 6] = True
    masks[3] = True
    case("masks_to_boxes", lambda i: ops.masks_to_boxes(i["masks"]), {"masks": masks})
    b1, b2 = boxes(7), boxes(7)
    b2[0] = b1[0]
    for name in "generalized_box_iou_loss", "distance_box_iou_loss", "complete_box_iou_loss":
        for reduction in "none", "mean", "sum":
            case(name, lambda i: getattr(ops, name)(i["boxes1"], i["boxes2"], reduction), {"boxes1": b1, "boxes2": b2}, ["boxes1", "boxes2"], reduction=reduction)
    for alpha, gamma, reduction in (0.25, 2.0, "none"), (-1.0, 1.5, "mean"), (0.7, 0.0, "sum"):
        case("sigmoid_focal_loss", lambda i: ops.sigmoid_focal_loss(i["inputs"], i["targets"], alpha, gamma, reduction),
             {"inputs": R(3, 4) * 2, "targets": (R(3, 4) > 0).float()}, ["inputs"], alpha=alpha, gamma=gamma, reduction=reduction)


def suppression():
    for n, dtype, threshold in (60, torch.float32, 0.3), (60, torch.float64, 0.5), (1, torch.float32, 0.5), (0, torch.float32, 0.5):
        case("nms", lambda i: ops.nms(i["boxes"], i["scores"], threshold), {"boxes": boxes(n, dtype=dtype), "scores": torch.rand(n).to(dtype)}, threshold=threshold)
    grid = torch.tensor([[0, 0, 4, 4], [2, 0, 6, 4], [0, 0, 4, 4], [1, 1, 3, 3], [0, 0, 4, 2]], dtype=torch.float32)
    case("nms", lambda i: ops.nms(i["boxes"], i["scores"], 0.5), {"boxes": grid, "scores": torch.tensor([0.5, 0.5, 0.5, 0.9, 0.5])}, threshold=0.5)
    from torchvision.ops.boxes import _batched_nms_coordinate_trick, _batched_nms_vanilla
    for name, call in ("batched_nms", ops.batched_nms), ("coordinate_trick", _batched_nms_coordinate_trick), ("vanilla", _batched_nms_vanilla):
        case(name, lambda i: call(i["boxes"], i["scores"], i["classes"], 0.4),
             {"boxes": boxes(80), "scores": (torch.rand(80) * 50).floor() / 50, "classes": torch.randint(0, 4, (80,))}, threshold=0.4)


def regions(n, images, size):
    return torch.cat([torch.randint(0, images, (n, 1)).float(), boxes(n, size) - 1], 1)


def pooling():
    x, r = R(2, 2, 8, 9), regions(7, 2, 18.0)
    r[0, 1:] = torch.tensor([-4.0, -3.0, 30.0, 25.0])  # beyond all edges
    r[1, 1:] = torch.tensor([6.0, 5.0, 6.0, 5.0])  # empty
    for ratio, aligned, size in (2, False, (3, 2)), (-1, False, (2, 3)), (-1, True, (2, 2)), (3, True, (1, 4)):
        case("roi_align", lambda i: ops.roi_align(i["input"], i["boxes"], size, 0.5, ratio, aligned), {"input": x, "boxes": r}, ["input"],
             size=size, scale=0.5, ratio=ratio, aligned=aligned)
    case("roi_align", lambda i: ops.roi_align(i["input"], i["boxes"], (2, 2), 1.0, -1, True), {"input": R(1, 2, 5, 6).double(), "boxes": regions(3, 1, 6.0).double()}, ["input"],
         size=(2, 2), scale=1.0, ratio=-1, aligned=True)
    case("roi_align", lambda i: ops.roi_align(i["input"], i["boxes"], (2, 2)), {"input": x, "boxes": torch.zeros(0, 5)}, size=(2, 2), scale=1.0, ratio=-1, aligned=False)
    whole = (R(2, 2, 8, 9) * 2).round()  # with equal maxima
    for size, scale in ((3, 2), 0.5), ((2, 4), 0.4), ((5, 5), 0.25):
        case("roi_pool", lambda i: torch.ops.torchvision.roi_pool(i["input"], i["boxes"], scale, *size), {"input": whole, "boxes": r}, ["input"], size=size, scale=scale)
    y, inner = R(1, 12, 8, 9), regions(6, 1, 12.0)
    for size, scale, ratio in ((2, 3), 0.5, 2), ((2, 2), 0.6, -1):
        case("ps_roi_align", lambda i: torch.ops.torchvision.ps_roi_align(i["input"], i["boxes"], scale, *size, ratio), {"input": y, "boxes": inner}, ["input"],
             size=size, scale=scale, ratio=ratio)
    for size, scale in ((2, 3), 0.5), ((2, 2), 0.4):  # inside: torchvision's gradient at the last row and column is not that of its result
        case("ps_roi_pool", lambda i: torch.ops.torchvision.ps_roi_pool(i["input"], i["boxes"], scale, *size), {"input": y, "boxes": inner}, ["input"], size=size, scale=scale)
    case("ps_roi_pool", lambda i: torch.ops.torchvision.ps_roi_pool(i["input"], i["boxes"], 0.5, 2, 3), {"input": torch.cat([y, -y]), "boxes": r}, size=(2, 3), scale=0.5)


def deformed(groups, offset_groups, stride, padding, dilation, mask, kernel=(3, 2), whole=False):
    x, w = R(2, 4, 5, 6), R(6, 4 // groups, *kernel)
    out = [(s + 2 * p - d * (k - 1) - 1) // t + 1 for s, p, d, k, t in zip((5, 6), padding, dilation, kernel, stride)]
    taps = kernel[0] * kernel[1]
    offset = R(2, 2 * offset_groups * taps, *out) * 2
    inputs = {"input": x, "offset": offset.round() if whole else offset, "weight": w, "bias": R(6)}
    if mask:
        inputs["mask"] = torch.rand(2, offset_groups * taps, *out)
    case("deform_conv2d", lambda i: ops.deform_conv2d(i["input"], i["offset"], i["weight"], i["bias"], stride, padding, dilation, i.get("mask")), inputs,
         list(inputs), stride=stride, padding=padding, dilation=dilation)


def layers():
    torch.manual_seed(5)
    frozen = ops.FrozenBatchNorm2d(3)
    for b in frozen.buffers():
        b.copy_(torch.rand(3) + 0.5)
    case("FrozenBatchNorm2d", lambda i: frozen(i["x"]), {"x": R(2, 3, 4, 4)}, ["x"], frozen, text=str(frozen))
    torch.manual_seed(6)
    block = ops.Conv2dNormActivation(4, 6, 3, 2, groups=2, dilation=2)
    case("Conv2dNormActivation", lambda i: block(i["x"]), {"x": R(2, 4, 7, 7)}, ["x"], block, seed=6, text=str(block))
    torch.manual_seed(7)
    squeeze = ops.SqueezeExcitation(6, 2)
    case("SqueezeExcitation", lambda i: squeeze(i["x"]), {"x": R(2, 6, 4, 4)}, ["x"], squeeze, seed=7, text=str(squeeze))
    torch.manual_seed(8)
    mlp = ops.MLP(5, [4, 3], nn.LayerNorm)
    case("MLP", lambda i: mlp(i["x"]), {"x": R(2, 5)}, ["x"], mlp, seed=8, text=str(mlp))
    torch.manual_seed(9)
    deform = ops.DeformConv2d(4, 6, 3, padding=1, groups=2, bias=True)
    case("DeformConv2d", lambda i: deform(i["x"], i["offset"]), {"x": R(1, 4, 5, 5), "offset": R(1, 18, 5, 5)}, ["x", "offset"], deform, seed=9, text=str(deform))
    features = {"a": R(1, 3, 9, 8), "b": R(1, 5, 5, 4), "c": R(1, 2, 2, 2)}
    torch.manual_seed(10)
    plain = ops.FeaturePyramidNetwork([3, 5, 2], 4, torchvision.ops.feature_pyramid_network.LastLevelMaxPool())
    case("FeaturePyramidNetwork", lambda i: list(plain(dict(i)).values()), features, ["a", "b", "c"], plain, seed=10, text=str(plain), names=["a", "b", "c", "pool"])
    torch.manual_seed(11)
    extra = torchvision.ops.feature_pyramid_network.LastLevelP6P7(2, 4)
    retina = ops.FeaturePyramidNetwork([3, 5, 2], 4, extra, nn.BatchNorm2d).eval()
    case("FeaturePyramidNetwork", lambda i: list(retina(dict(i)).values()), features, ["a", "b", "c"], retina, seed=11, text=str(retina), names=["a", "b", "c", "p6", "p7"])
    maps = {"a": R(2, 1, 16, 16), "b": R(2, 1, 8, 8), "c": R(2, 1, 4, 4)}
    align = ops.MultiScaleRoIAlign(["a", "b", "c"], 2, 2)
    some = ops.MultiScaleRoIAlign(["a", "c"], [2, 3], -1)
    sides = torch.tensor([10.0, 60, 200, 460, 250, 30])[:, None]
    all_boxes = torch.cat([torch.zeros(6, 2), sides.expand(6, 2)], 1) + 2
    for layer, names in (align, "abc"), (some, "ac"):
        case("MultiScaleRoIAlign", lambda i: layer({k: i[k] for k in "abc"}, [i["boxes0"], i["boxes1"]], [(128, 120), (100, 128)]),
             maps | {"boxes0": all_boxes[:4], "boxes1": all_boxes[4:]}, list(names), text=str(layer), names=list(names), size=list(layer.output_size), ratio=layer.sampling_ratio)
    for layer in ops.RoIAlign((3, 2), 0.25, 2), ops.RoIPool((3, 2), 0.5), ops.PSRoIAlign((2, 2), 1e-5, 2), ops.PSRoIPool((2, 2), 0.5):
        CASES.append({"name": type(layer).__name__, "options": {"text": str(layer)}, "inputs": {}, "outputs": [], "grads": {}, "state": {}})


class Detector(nn.Module):
    """All of torchvision's operators, one after the other."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(R(4, 4, 3, 3) * 0.3)
        self.bias = nn.Parameter(R(4))

    def forward(self, x, rois, scores, offset):
        keep = torch.ops.torchvision.nms(rois[:, 1:], scores, 0.4)
        y = torch.ops.torchvision.deform_conv2d(x, self.weight, offset, torch.zeros(1, 1), self.bias, 1, 1, 1, 1, 1, 1, 1, 1, False)
        r = rois[keep]
        aligned = torch.ops.torchvision.roi_align(y, r, 0.5, 2, 2, -1, True)
        pooled = torch.ops.torchvision.roi_pool(y, r, 0.5, 2, 2)[0]
        by_position = torch.ops.torchvision.ps_roi_align(y, r, 0.5, 2, 2, 2)[0] + torch.ops.torchvision.ps_roi_pool(y, r, 0.5, 2, 2)[0]
        return keep, aligned + pooled, by_position


def program(folder):
    torch.manual_seed(12)
    model = Detector()
    rois = torch.cat([torch.zeros(9, 1), boxes(9, 14.0)], 1)
    inputs = {"x": R(1, 4, 10, 10), "rois": rois, "scores": torch.rand(9), "offset": R(1, 18, 10, 10)}
    case("program", lambda i: model(*i.values()), inputs, ["x"], model)
    torch.jit.script(model).save(folder / "vision.ts")
    torch.export.save(torch.export.export(model, tuple(inputs.values())), folder / "vision.pt2")


def main(folder):
    torch.manual_seed(0)
    box_functions()
    torch.manual_seed(1)
    suppression()
    torch.manual_seed(2)
    pooling()
    torch.manual_seed(3)
    deformed(1, 1, (1, 1), (0, 0), (1, 1), False)
    deformed(2, 2, (2, 1), (1, 2), (1, 2), True)
    deformed(1, 4, (1, 2), (2, 1), (2, 1), True, kernel=(1, 3))
    deformed(4 // 2, 1, (1, 1), (1, 1), (1, 1), True, whole=True)
    layers()
    program(folder)
    write(CASES, folder / "vision.json")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else RESOURCES / "parity")
