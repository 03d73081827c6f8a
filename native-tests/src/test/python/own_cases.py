"""Operator calls chosen by hand for capture_cases.py: what training uses and the OpInfo database does not sample.

samples() yields (overload, args, kwargs); numbers are drawn after one seed, so the calls are the same on every run.
"""
import torch

aten = torch.ops.aten


def samples():
    torch.manual_seed(0)
    r = torch.randn
    pair = lambda: [r(2, 3), r(4)]
    like = lambda tensors, draw=torch.randn_like: [draw(t) for t in tensors]

    # Optimisers and gradient scaling: lists of tensors that are changed in place.
    p = pair()
    for nesterov, decay, dampening in ((True, 1e-4, 0.0), (False, 0.0, 0.5)):
        yield aten._fused_sgd_.default, (p, like(p), like(p)), dict(
            weight_decay=decay, momentum=0.9, lr=0.1, dampening=dampening, nesterov=nesterov, maximize=False, is_first_step=False)
    adam = dict(lr=0.01, beta1=0.9, beta2=0.99, weight_decay=0.01, eps=1e-8, amsgrad=False, maximize=False)
    state = lambda: (p, like(p), like(p), like(p, torch.rand_like), [], [torch.tensor(3.0), torch.tensor(3.0)])
    yield aten._fused_adam_.default, state(), adam
    yield aten._fused_adamw_.default, state(), adam
    yield aten._fused_adagrad_.default, (p, like(p), like(p, torch.rand_like), [torch.tensor(3.0), torch.tensor(3.0)]), dict(
        lr=0.1, lr_decay=0.01, weight_decay=0.0, eps=1e-10, maximize=False)
    for bad in (False, True):
        g = pair()
        g[1][2] = float("inf") if bad else 1.0
        yield aten._amp_foreach_non_finite_check_and_unscale_.default, (g, torch.zeros(1), torch.tensor([0.25])), {}
    for tracker, found in ((0, 1.0), (1, 0.0), (3, 0.0)):
        yield aten._amp_update_scale_.default, (torch.tensor([8.0]), torch.tensor([tracker], dtype=torch.int32),
                                                torch.tensor([found]), 2.0, 0.5, 4), {}
    for name in "abs neg exp sqrt reciprocal sigmoid tanh ceil round zero".split():
        x = like(pair(), torch.rand_like)
        yield getattr(aten, f"_foreach_{name}_").default, (x,), {}
        if name != "zero":
            yield getattr(aten, f"_foreach_{name}").default, (x,), {}
    for name in "add sub mul div maximum minimum".split():
        for tail in ("", "_"):
            op = getattr(aten, f"_foreach_{name}{tail}")
            yield op.Scalar, (pair(), 0.5), {}
            yield op.List, (pair(), pair()), {}
            yield op.ScalarList, (pair(), [0.5, 2.0]), {}
    for tail in ("", "_"):
        for name in ("addcmul", "addcdiv"):
            op = getattr(aten, f"_foreach_{name}{tail}")
            yield op.Scalar, (pair(), pair(), like(pair(), torch.ones_like), 0.3), {}
        yield getattr(aten, f"_foreach_lerp{tail}").Scalar, (pair(), pair(), 0.25), {}
    yield aten._foreach_norm.Scalar, (pair(), 2), {}
    yield aten._foreach_norm.Scalar, (pair(), float("inf")), {}
    yield aten._foreach_copy_.default, (pair(), pair()), {}

    # Layers and losses as modules call them.
    image, labels = r(2, 4, 4, 4), torch.tensor([1, 0, 2])
    yield aten.linear.default, (r(3, 4), r(2, 4), r(2)), {}
    yield aten.linear.default, (r(3, 4), r(2, 4)), {}
    for args in ((r(2, 4, 3, 3), r(2)), (r(4, 2, 3, 3), None, [2, 2], [1, 1], [1, 1], 2), (r(2, 4, 2, 2), r(2), 1, 0, 2)):
        yield aten.conv2d.default, (image, *args), {}
    yield aten.conv2d.padding, (image, r(2, 4, 3, 3), r(2), [1, 1], "same"), {}
    yield aten.conv1d.default, (r(1, 2, 6), r(3, 2, 3), r(3)), {}
    yield aten.conv3d.default, (r(1, 1, 3, 3, 3), r(2, 1, 2, 2, 2)), {}
    yield aten.conv_transpose2d.input, (r(1, 2, 3, 3), r(2, 3, 2, 2), r(3), [2, 2]), {}
    for training in (True, False):
        x = (r(4, 3, 2, 2), r(3), r(3), torch.zeros(3), torch.ones(3))
        yield aten.batch_norm.default, (*x, training, 0.1, 1e-5, False), {}
        yield aten.native_batch_norm.default, (*x, training, 0.1, 1e-5), {}
    yield aten.batch_norm.default, (r(4, 3), r(3), r(3), None, None, True, 0.1, 1e-5, False), {}
    yield aten.layer_norm.default, (r(2, 3, 4), [4], r(4), r(4)), {}
    yield aten.group_norm.default, (r(2, 4, 3), 2, r(4), r(4)), {}
    yield aten.dropout.default, (r(3, 4), 0.5, False), {}
    yield aten.dropout.default, (r(3, 4), 0.0, True), {}
    for args in ((), (torch.rand(4),), (None, 2), (None, 1, 0), (None, 1, -100, 0.1)):
        yield aten.cross_entropy_loss.default, (r(3, 4), labels, *args), {}
    yield aten.cross_entropy_loss.default, (r(3, 4), r(3, 4).softmax(1)), {}
    yield aten.nll_loss_nd.default, (r(3, 4), labels), {}
    for name in ("mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "binary_cross_entropy_with_logits", "kl_div"):
        yield getattr(aten, name).default, (r(3, 4), torch.rand(3, 4)), {}
    yield aten.embedding.default, (r(5, 3), torch.tensor([[1, 4], [0, 1]]), 0), {}
    yield aten.max_pool2d.default, (image, [2, 2]), {}
    yield aten.avg_pool2d.default, (image, [3, 3], [2, 2], [1, 1], False, False), {}
    yield aten.adaptive_avg_pool2d.default, (image, [1, 1]), {}
    yield aten.scaled_dot_product_attention.default, (r(1, 2, 3, 4), r(1, 2, 5, 4), r(1, 2, 5, 4)), {}
    for name in ("upsample_bilinear2d", "upsample_nearest2d"):
        align = (False,) if "bilinear" in name else ()
        yield getattr(aten, name).vec, (r(1, 2, 3, 3), None, *align, [2.0, 1.5]), {}

    # Conversions, metadata and kinds of values that are rare elsewhere.
    x = r(2, 3)
    for dtype in (torch.float64, torch.float16, torch.bfloat16, torch.int32, torch.bool):
        yield aten.to.dtype, (x, dtype), {}
        yield aten._to_copy.default, (x,), dict(dtype=dtype)
    yield aten.clone.default, (image,), dict(memory_format=torch.channels_last)
    yield aten.contiguous.default, (image,), dict(memory_format=torch.channels_last)
    odd = torch.tensor([1.0, float("nan"), float("inf"), float("-inf")])
    for name in ("isnan", "isinf", "isposinf", "isneginf", "isfinite", "isreal", "signbit"):
        yield getattr(aten, name).default, (odd,), {}
    yield aten.nan_to_num.default, (odd, 0.5, 2.0, -2.0), {}
    yield aten.linalg_vector_norm.default, (x, float("inf"), [1]), {}
    yield aten.linalg_vector_norm.default, (x, float("-inf")), {}
    yield aten.masked_fill.Scalar, (x, x > 0, 0.25), {}
    yield aten.full.default, ([2, 2], True), {}
    yield aten.item.default, (torch.tensor(2.5),), {}
    yield aten.is_nonzero.default, (torch.tensor([3]),), {}
    yield aten.is_same_size.default, (x, x), {}
    yield aten.index.Tensor, (r(3, 4), [None, torch.tensor([2, 0])]), {}
    yield aten.index_put_.default, (r(3, 4), [torch.tensor([2, 0])], r(2, 4), True), {}
    yield aten.flip.default, (r(2, 3), [1]), {}
    yield aten.channel_shuffle.default, (r(1, 4, 2, 2), 2), {}
    yield aten.clamp.Tensor, (r(2, 3), r(2, 1) - 1, r(1, 3) + 1), {}
    yield aten.addbmm.default, (r(2, 2), r(2, 2, 3), r(2, 3, 2)), dict(beta=0.5, alpha=2)
    yield aten.im2col.default, (r(1, 2, 3, 3), [2, 2], [1, 1], [0, 0], [1, 1]), {}
    yield aten.searchsorted.Tensor, (torch.tensor([1.0, 3.0, 5.0]), torch.tensor([3.0, 0.0, 6.0])), dict(right=True)
    yield aten._adaptive_avg_pool3d.default, (r(1, 1, 3, 3, 3), [2, 1, 2]), {}
    yield aten.adaptive_max_pool3d.default, (r(1, 1, 3, 3, 3), [2, 1, 2]), {}
    yield aten.upsample_trilinear3d.default, (r(1, 1, 2, 2, 2), [3, 2, 4], False), {}
    # Recorded ones write into uninitialised memory, which would differ in every run.
    yield aten.copy_.default, (r(2, 3), r(3)), {}
    yield aten.fill_.Scalar, (r(2, 3), 1.5), {}
    yield aten.fill_.Tensor, (r(2, 3), torch.tensor(1.5)), {}
    yield aten.zero_.default, (r(2, 3),), {}
    yield aten.split.Tensor, (r(5, 2), 2), {}
    yield aten.meshgrid.indexing, ([r(2), r(3)],), dict(indexing="ij")
    yield aten.einsum.default, ("ij,jk->ik", [r(2, 3), r(3, 2)]), {}
