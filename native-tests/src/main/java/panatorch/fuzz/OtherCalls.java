package panatorch.fuzz;

import static panatorch.fuzz.LegalCalls.list;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Torch;

/**
 * Legal calls of other operators whose code depends on values: samplers, sorting, histograms, indices computed from numbers, conversions
 * and quantisation.
 */
final class OtherCalls {
    private OtherCalls() {}

    private static final @Nullable Object NONE = null;

    static void putAll(LegalCalls.Table t) {
        samplers(t);
        orders(t);
        places(t);
        networks(t);
        conversions(t);
    }

    private static void samplers(LegalCalls.Table t) {
        t.put("multinomial", s -> list(s.uniform(s.k, s.n + 3), s.any(1L, 2L), s.flag()));
        t.put("bernoulli poisson _standard_gamma _sample_dirichlet", s -> list(s.uniform(s.n, s.m)));
        t.put("bernoulli_.Tensor", s -> list(s.uniform(s.n, s.m), s.uniform(s.n, s.m)));
        t.put("binomial", s -> list(s.uniform(s.n, s.m), s.uniform(s.n, s.m)));
        t.put("normal.Tensor_Tensor _standard_gamma_grad", s -> list(s.normal(s.n, s.m), s.uniform(s.n, s.m)));
        t.put("normal.Tensor_float", s -> list(s.normal(s.n, s.m), 1.0));
        t.put("_dirichlet_grad", s -> list(s.uniform(s.n, s.m), s.uniform(s.n, s.m), s.uniform(s.n, s.m)));
        t.put("rrelu_with_noise", s -> list(s.normal(s.n, s.m), s.normal(s.n, s.m), 0.1, 0.3, true));
        t.put("native_dropout", s -> list(s.normal(s.n, s.m), 0.5, true));
    }

    private static void orders(LegalCalls.Table t) {
        t.put("sort argsort", s -> list(s.normal(s.n * 40, s.k), (long) s.random.nextInt(2), s.flag()));
        t.put("sort.stable", s -> list(s.normal(s.n, s.m), true, 1L, s.flag()));
        t.put("msort median nanmedian unique_consecutive nonzero isnan argmax argmin", s -> list(s.normal(s.n * 40)));
        t.put("topk", s -> list(s.normal(s.k, s.n * 40), s.any(1L, s.n, s.n * 40), 1L, s.flag(), s.flag()));
        t.put("kthvalue", s -> list(s.normal(s.k, s.n * 10), s.any(1L, s.n, s.n * 10), 1L));
        t.put("median.dim nanmedian.dim mode cummax cummin cumsum cumprod logcumsumexp max.dim min.dim",
                s -> list(s.normal(s.n, s.m), (long) s.random.nextInt(2)));
        t.put("quantile.scalar nanquantile.scalar", s -> list(s.normal(s.n, s.m), s.any(0.0, 0.3, 1.0), s.any(null, 0L, 1L), s.flag(),
                s.any("linear", "lower", "higher", "midpoint", "nearest")));
        t.put("quantile nanquantile",
                s -> list(s.normal(s.n, s.m),
                        s.one(4) ? s.uniform(3) : s.exact("shares", () -> Torch.tensor(new double[] {0, 0.4, 1}, 3).to(s.dtype)),
                        s.any(null, 0L, 1L), s.flag(), s.any("linear", "lower", "higher", "midpoint", "nearest")));
        t.put("_unique2", s -> list(s.normal(s.n * 20), s.flag(), s.flag(), s.flag()));
        t.put("unique_dim", s -> list(s.normal(s.n, s.k), 0L, true, s.flag(), s.flag()));
        t.put("searchsorted.Tensor", s -> list(s.normal(s.n), s.normal(s.m), s.flag(), s.flag()));
        t.put("searchsorted.Scalar", s -> list(s.normal(s.n), s.any(Double.NaN, 0.5, Double.POSITIVE_INFINITY), s.flag(), s.flag()));
        t.put("bucketize.Tensor", s -> list(s.normal(s.n, s.m), s.normal(s.m), s.flag(), s.flag()));
        t.put("histc", s -> list(s.normal(s.n * 40), s.any(1L, 10L, 100L), s.any(0, -1, Double.NEGATIVE_INFINITY, 1e308),
                s.any(0, 1, Double.NaN, Double.POSITIVE_INFINITY)));
        t.put("histogram.bin_ct", s -> list(s.normal(s.n * 40), s.any(1L, 10L), s.any(null, List.of(-1.0, 1.0), List.of(-1e308, 1e308)),
                s.one(2) ? NONE : s.normal(s.n * 40), s.flag()));
        t.put("histogram.bins_tensor", s -> list(s.normal(s.n), s.normal(s.m + 1), NONE, s.flag()));
        t.put("_histogramdd_from_bin_cts", s -> list(s.normal(s.n, 2), List.of(3L, 4L), NONE, NONE, s.flag()));
        t.put("_histogramdd_bin_edges", s -> list(s.normal(s.n, 2), List.of(3L, 4L)));
        t.put("bincount", s -> list(s.whole(DType.INT64, 50, s.n), s.uniform(s.n)));
        t.put("isin.Tensor_Tensor", s -> list(s.normal(s.n), s.normal(s.m)));
        t.put("segment_reduce", s -> list(s.normal(s.n * 3, s.k), s.any("sum", "mean", "max", "min", "prod"),
                s.exact("threes", () -> Torch.full(new long[] {s.n}, 3, DType.INT64))));
        t.put("arange", s -> list(s.any(Double.NaN, Double.POSITIVE_INFINITY, 1e308, 1e19, 10.0)));
        t.put("linspace", s -> list(s.any(Double.NaN, Double.POSITIVE_INFINITY, -1e308, 0.0),
                s.any(Double.NaN, Double.NEGATIVE_INFINITY, 1e308), s.n));
    }

    /** Adds operators that take indices. Those of {@code rounded} may be out of bounds, which must be an error. */
    private static void places(LegalCalls.Table t) {
        t.put("index_select", s -> list(s.normal(s.n, s.m), 0L, s.rounded(DType.INT64, s.n, s.m)));
        t.put("gather", s -> list(s.normal(s.n, s.m), 0L, s.rounded(DType.INT64, s.n, s.n, s.m)));
        t.put("take", s -> list(s.normal(s.n, s.m), s.rounded(DType.INT64, s.n, s.n)));
        t.put("index.Tensor", s -> list(s.normal(s.n, s.m), list(s.rounded(DType.INT64, s.n, s.k))));
        t.put("index_put", s -> list(s.normal(s.n, s.m), list(s.rounded(DType.INT64, s.n, s.k)), s.normal(s.k, s.m), s.flag()));
        t.put("index_add", s -> list(s.normal(s.n, s.m), 0L, s.rounded(DType.INT64, s.n, s.k), s.normal(s.k, s.m)));
        t.put("index_copy", s -> list(s.normal(s.n, s.m), 0L, s.rounded(DType.INT64, s.n, s.k), s.normal(s.k, s.m)));
        t.put("index_reduce", s -> list(s.normal(s.n, s.m), 0L, s.rounded(DType.INT64, s.n, s.k), s.normal(s.k, s.m),
                s.any("prod", "mean", "amax", "amin")));
        t.put("index_fill.int_Scalar", s -> list(s.normal(s.n, s.m), 0L, s.rounded(DType.INT64, s.n, s.k), Double.NaN));
        t.put("scatter_add", s -> list(s.normal(s.n, s.m), 0L, s.rounded(DType.INT64, s.n, s.k, s.m), s.normal(s.k, s.m)));
        t.put("scatter_reduce.two", s -> list(s.normal(s.n, s.m), 0L, s.rounded(DType.INT64, s.n, s.k, s.m), s.normal(s.k, s.m),
                s.any("sum", "prod", "mean", "amax", "amin"), s.flag()));
        t.put("put", s -> list(s.normal(s.n, s.m), s.rounded(DType.INT64, s.n, s.k), s.normal(s.k), s.flag()));
        t.put("embedding", s -> list(s.normal(s.n, s.m), s.rounded(DType.INT64, s.n, s.k, 2)));
        t.put("embedding_renorm_", s -> list(s.normal(s.n, s.m), s.rounded(DType.INT64, s.n, s.k),
                s.any(1.0, Double.POSITIVE_INFINITY, Double.NaN), s.any(2.0, 1.0, Double.POSITIVE_INFINITY)));
        t.put("embedding_bag",
                s -> list(s.normal(s.n, s.m), s.rounded(DType.INT64, s.n, 6),
                        s.one(3) ? s.rounded(DType.INT64, 6, 2) : s.exact("offsets", () -> Torch.tensor(new long[] {0, 3}, 2)), s.flag(),
                        (long) s.random.nextInt(3), s.flag()));
        t.put("repeat_interleave.Tensor", s -> list(s.rounded(DType.INT64, 4, s.n)));
        t.put("one_hot", s -> list(s.rounded(DType.INT64, s.n, s.k), s.any(-1L, s.n)));
        t.put("nll_loss", s -> list(s.normal(s.k, s.n), s.rounded(DType.INT64, s.n, s.k), s.uniform(s.n), (long) s.random.nextInt(3)));
        t.put("nll_loss2d", s -> list(s.normal(2, s.k, 3, s.n), s.rounded(DType.INT64, s.k, 2, 3, s.n), NONE, (long) s.random.nextInt(3)));
        t.put("cross_entropy_loss",
                s -> list(s.normal(s.k, s.n), s.rounded(DType.INT64, s.n, s.k), s.uniform(s.n), (long) s.random.nextInt(3)));
        t.put("multi_margin_loss", s -> list(s.normal(s.k, s.n), s.rounded(DType.INT64, s.n, s.k)));
        t.put("multilabel_margin_loss", s -> list(s.normal(s.k, s.n), s.rounded(DType.INT64, s.n, s.k, s.n)));
        t.put("ctc_loss.IntList _ctc_loss", s -> list(s.normal(12, s.k, 5),
                s.one(3) ? s.rounded(DType.INT64, 5, s.k, 3) : s.whole(DType.INT64, 4, s.k, 3), same(s.k, 12), same(s.k, 3)));
        t.put("ctc_loss.Tensor", s -> list(s.normal(12, s.k, 5), s.whole(DType.INT64, 4, s.k, 3), s.rounded(DType.INT64, 12, s.k),
                s.rounded(DType.INT64, 3, s.k)));
        t.put("grid_sampler", s -> list(s.normal(2, s.k, 5, s.m), s.normal(2, s.n, 3, 2), (long) s.random.nextInt(3),
                (long) s.random.nextInt(3), s.flag()));
        t.put("grid_sampler", s -> list(s.normal(2, s.k, 5, 4, 3), s.normal(2, 2, s.n, 3, 3), (long) s.random.nextInt(2),
                (long) s.random.nextInt(3), s.flag()));
        t.put("affine_grid_generator", s -> list(s.normal(2, 2, 3), List.of(2L, 3L, 4L, 5L), s.flag()));
        t.put("max_unpool2d", s -> list(s.normal(1, s.k, 2, 2), s.rounded(DType.INT64, 16, 1, s.k, 2, 2), List.of(4L, 4L)));
        t.put("fractional_max_pool2d", s -> list(s.normal(2, s.k, 7, 8), List.of(2L, 2L), List.of(3L, 3L), s.uniform(2, s.k, 2)));
        t.put("fractional_max_pool3d",
                s -> list(s.normal(2, s.k, 7, 8, 6), List.of(2L, 2L, 2L), List.of(3L, 3L, 2L), s.uniform(2, s.k, 3)));
    }

    private static List<Long> same(long n, long value) { return IntStream.range(0, (int) n).mapToObj(i -> value).toList(); }

    private static void networks(LegalCalls.Table t) {
        t.put("max_pool2d max_pool2d_with_indices avg_pool2d", s -> list(s.normal(2, s.k, 9, 5 + s.m), List.of(2L, 3L)));
        t.put("adaptive_max_pool2d adaptive_avg_pool2d", s -> list(s.normal(2, s.k, 9, 5 + s.m), List.of(2L, 3L)));
        t.put("upsample_bilinear2d upsample_bicubic2d _upsample_bicubic2d_aa _upsample_bilinear2d_aa",
                s -> list(s.normal(2, s.k, 5, 4), List.of(7L, 3L), s.flag()));
        t.put("upsample_nearest2d _upsample_nearest_exact2d", s -> list(s.normal(2, s.k, 5, 4), List.of(7L, 3L)));
        t.put("conv2d", s -> list(s.normal(2, s.k, 7, 6), s.normal(Math.min(s.n, 70), s.k, 3, 3), NONE,
                s.any(List.of(1L, 1L), List.of(2L, 1L)), s.any(List.of(0L, 0L), List.of(1L, 1L))));
        t.put("conv1d", s -> list(s.normal(2, s.k, 50 + s.n), s.normal(4, s.k, 5)));
        t.put("conv_transpose2d.input", s -> list(s.normal(2, s.k, 7, 6), s.normal(s.k, Math.min(s.n, 70), 3, 3)));
        t.put("softmax.int log_softmax.int", s -> list(s.normal(s.n, s.m), 1L));
        t.put("scaled_dot_product_attention",
                s -> list(s.normal(2, 2, s.n, 8), s.normal(2, 2, s.m, 8), s.normal(2, 2, s.m, 8), s.one(2) ? NONE : s.normal(s.n, s.m)));
        t.put("layer_norm rms_norm", s -> list(s.normal(s.n, s.m), List.of(s.m), s.normal(s.m)));
        t.put("batch_norm",
                s -> list(s.normal(s.n + 1, s.m), s.normal(s.m), s.normal(s.m), s.normal(s.m), s.uniform(s.m), s.flag(), 0.1, 1e-5, true));
        t.put("group_norm", s -> list(s.normal(s.k, 6, s.n), 3L, s.normal(6), s.normal(6)));
        t.put("gru.input", s -> list(s.normal(5, s.k, 4), s.normal(1, s.k, 6),
                list(s.normal(18, 4), s.normal(18, 6), s.normal(18), s.normal(18)), true, 1L, 0.0, s.flag(), false, false));
        t.put("lstm.input", s -> list(s.normal(5, s.k, 4), list(s.normal(1, s.k, 6), s.normal(1, s.k, 6)),
                list(s.normal(24, 4), s.normal(24, 6), s.normal(24), s.normal(24)), true, 1L, 0.0, s.flag(), false, false));
        t.put("fft_fft fft_ifft fft_rfft fft_hfft fft_irfft", s -> list(s.normal(s.n + 1, s.m + 1)));
        t.put("fft_fft2 fft_rfft2 fft_irfft2", s -> list(s.normal(s.n + 1, s.m + 1)));
        t.put("stft", s -> list(s.normal(400), 32L, 8L, 32L, s.normal(32), false, NONE, true));
        t.put("renorm", s -> list(s.normal(s.n, s.m), s.any(1, 2, 0.5, Double.POSITIVE_INFINITY), 0L, s.any(1, Double.POSITIVE_INFINITY)));
        t.put("special_zeta igamma igammac nextafter hypot atan2 xlogy.Tensor special_xlog1py heaviside fmod.Tensor remainder.Tensor "
                + "floor_divide pow.Tensor_Tensor ldexp.Tensor logaddexp copysign.Tensor special_hermite_polynomial_h "
                + "special_laguerre_polynomial_l special_legendre_polynomial_p special_chebyshev_polynomial_t",
                s -> list(s.normal(s.n, s.m), s.one(2) ? s.normal(s.n, s.m) : s.uniform(s.m)));
        t.put("polygamma", s -> list(s.any(0L, 1L, 2L, 5L), s.normal(s.n, s.m)));
        t.put("mvlgamma", s -> list(s.uniform(s.n, s.m), s.any(1L, 2L, 5L)));
        t.put("lgamma digamma erfinv special_ndtri special_log_ndtr special_bessel_j0 special_bessel_y1 special_i0e special_i1 "
                + "special_airy_ai special_spherical_bessel_j0 special_modified_bessel_k0 special_scaled_modified_bessel_k1 i0 sinc logit "
                + "frexp.Tensor to_sparse trace std var nan_to_num round frac sgn angle expm1 tan",
                s -> list(s.normal(s.n, s.m)));
        t.put("_amp_foreach_non_finite_check_and_unscale_",
                s -> list(list(s.normal(s.n, s.m), s.normal(s.m)), s.exact("zero", () -> Torch.zeros(1)), s.normal(1)));
    }

    private static void conversions(LegalCalls.Table t) {
        t.put("to.dtype",
                s -> list(s.normal(s.n, s.m),
                        s.any(DType.INT8, DType.UINT8, DType.INT16, DType.INT32, DType.INT64, DType.BOOL, DType.FLOAT16, DType.BFLOAT16,
                                DType.FLOAT32, DType.FLOAT8_E4M3FN, DType.FLOAT8_E5M2, DType.UINT16, DType.UINT32, DType.UINT64)));
        t.put("quantize_per_tensor", s -> list(s.single(s.n, s.m), s.any(0.1, Double.NaN, Double.POSITIVE_INFINITY, 1e-45, 1e38),
                s.any(0L, 3L), s.any(DType.QUINT8, DType.QINT8, DType.QINT32)));
        t.put("quantize_per_tensor.tensor_qparams", s -> list(s.single(s.n, s.m), s.positiveSingle(), s.rounded(DType.INT64, 3),
                s.any(DType.QUINT8, DType.QINT8, DType.QINT32)));
        t.put("quantize_per_tensor_dynamic", s -> list(s.single(s.n, s.m), s.any(DType.QUINT8, DType.QINT8), s.flag()));
        t.put("quantize_per_channel", s -> list(s.single(s.n, s.m), s.positiveSingle(s.n), s.rounded(DType.INT64, 3, s.n), 0L,
                s.any(DType.QUINT8, DType.QINT8, DType.QINT32)));
        t.put("fake_quantize_per_tensor_affine",
                s -> list(s.single(s.n, s.m), s.any(0.1, Double.NaN, Double.POSITIVE_INFINITY, 1e-45), 0L, 0L, 255L));
        t.put("fake_quantize_per_tensor_affine.tensor_qparams",
                s -> list(s.single(s.n, s.m), s.positiveSingle(1), s.rounded(DType.INT32, 3, 1), 0L, 255L));
        t.put("fake_quantize_per_channel_affine",
                s -> list(s.single(s.n, s.m), s.positiveSingle(s.n), s.rounded(DType.INT32, 3, s.n), 0L, 0L, 255L));
        t.put("_fake_quantize_learnable_per_tensor_affine",
                s -> list(s.single(s.n, s.m), s.positiveSingle(1), s.positiveSingle(1), 0L, 255L));
        t.put("_fake_quantize_learnable_per_channel_affine",
                s -> list(s.single(s.n, s.m), s.positiveSingle(s.n), s.positiveSingle(s.n), 0L, 0L, 255L));
        t.put("choose_qparams_optimized", s -> list(s.single(s.n * s.m), s.n * s.m, 20L, 0.5, 8L));
        t.put("fused_moving_avg_obs_fake_quant",
                s -> list(s.single(s.n, s.m), s.exact("one", () -> Torch.ones(DType.INT64, 1)),
                        s.exact("one", () -> Torch.ones(DType.INT64, 1)), s.single(1), s.single(1), s.single(1),
                        s.exact("zero", () -> Torch.zeros(DType.INT32, 1)), 0.1, 0L, 255L, 0L));
        t.put("fbgemm_pack_gemm_matrix_fp16 _saturate_weight_to_fp16", s -> list(s.single(s.n, s.m)));
        t.put("item is_nonzero", s -> list(s.normal()));
    }
}
