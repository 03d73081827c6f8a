package panatorch.profiler;

import java.util.Set;

/** PyTorch's formulas of floating-point operations, from the shapes of inputs and outputs. */
final class Flops {
    private Flops() {}

    private static final Set<String> KNOWN = Set.of("aten::mm", "aten::addmm", "aten::bmm", "aten::baddbmm", "aten::_scaled_mm",
            "aten::convolution", "aten::_convolution", "aten::cudnn_convolution", "aten::_slow_conv2d_forward",
            "aten::convolution_overrideable", "aten::convolution_backward", "aten::_scaled_dot_product_efficient_attention",
            "aten::_scaled_dot_product_flash_attention", "aten::_scaled_dot_product_cudnn_attention",
            "aten::_scaled_dot_product_efficient_attention_backward", "aten::_scaled_dot_product_flash_attention_backward",
            "aten::_scaled_dot_product_cudnn_attention_backward");

    static boolean known(String operator) { return KNOWN.contains(operator); }

    static long of(String operator, long[][] in, long[][] out, boolean transposed) {
        return switch (operator) {
            case "aten::mm", "aten::_scaled_mm", "aten::bmm" -> product(shape(in, 0), shape(in, 1));
            case "aten::addmm", "aten::baddbmm" -> product(shape(in, 1), shape(in, 2));
            case "aten::convolution_backward" -> convolutionBackward(shape(in, 0), shape(in, 1), shape(in, 2), out, transposed);
            case "aten::_scaled_dot_product_efficient_attention", "aten::_scaled_dot_product_flash_attention",
                    "aten::_scaled_dot_product_cudnn_attention" ->
                    attention(shape(in, 0), shape(in, 1), shape(in, 2));
            case "aten::_scaled_dot_product_efficient_attention_backward", "aten::_scaled_dot_product_flash_attention_backward",
                    "aten::_scaled_dot_product_cudnn_attention_backward" ->
                    attentionBackward(shape(in, 0), shape(in, 1), shape(in, 2), shape(in, 3));
            default -> convolution(shape(in, 0), shape(in, 1), shape(out, 0), transposed);
        };
    }

    private static long[] shape(long[][] shapes, int index) {
        if (index >= shapes.length || shapes[index].length == 0) throw new IllegalArgumentException("argument " + index + " is no tensor");
        return shapes[index];
    }

    /** {@code [m, k] · [k, n]}, or of batches of matrices. */
    private static long product(long[] a, long[] b) {
        return 2 * volume(a, 0) * b[b.length - 1];
    }

    /** For each place of the result, or of the input if transposed, each weight of the filter is used once. */
    private static long convolution(long[] x, long[] w, long[] out, boolean transposed) {
        return 2 * volume(transposed ? x : out, 2) * volume(w, 0) * x[0];
    }

    private static long convolutionBackward(long[] gradient, long[] x, long[] w, long[][] out, boolean transposed) {
        long flops = 0;
        if (isGradient(out, 0, x)) flops += convolution(gradient, w, shape(out, 0), !transposed);
        if (isGradient(out, 1, w)) {
            long[] ofWeight = swapped(shape(out, 1));
            flops += transposed ? convolution(swapped(gradient), swapped(x), ofWeight, false)
                    : convolution(swapped(x), swapped(gradient), ofWeight, false);
        }
        return flops;
    }

    /** Returns whether a gradient was asked for: one that was not is an undefined tensor, whose shape is {@code [0]}. */
    private static boolean isGradient(long[][] out, int index, long[] of) {
        return index < out.length && out[index].length == of.length;
    }

    private static long[] swapped(long[] shape) {
        long[] result = shape.clone();
        result[0] = shape[1];
        result[1] = shape[0];
        return result;
    }

    /** Queries {@code [b, h, s, d]}: scores, then their product with the values. */
    private static long attention(long[] q, long[] k, long[] v) {
        return 2 * q[0] * q[1] * q[2] * k[2] * (q[3] + v[3]);
    }

    /** Scores again, then the gradients of values, scores, queries and keys. */
    private static long attentionBackward(long[] gradient, long[] q, long[] k, long[] v) {
        return 2 * q[0] * q[1] * q[2] * k[2] * (3 * q[3] + 2 * v[3]);
    }

    private static long volume(long[] shape, int from) {
        long volume = 1;
        for (int d = from; d < shape.length; d++) volume *= shape[d];
        return volume;
    }
}
