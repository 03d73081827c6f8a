package panatorch.vision.ops;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Autocast;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Deformable convolution (Dai et al., 2017, arXiv:1703.06211) and its second version with a mask (Zhu et al., 2018, arXiv:1811.11168),
 * after {@code torchvision.ops.deform_conv2d}. {@link DeformConv2d} is the layer.
 */
public final class DeformableConvolution {
    /** The number of elements of the samples above which a batch is computed in several parts. */
    private static final long PART = 1L << 24;

    private DeformableConvolution() {}

    /** Convolves with stride 1, without padding and without a mask; see the method with all arguments. */
    public static Tensor deformConv2d(Tensor input, Tensor offset, Tensor weight, @Nullable Tensor bias) {
        return deformConv2d(input, offset, weight, bias, new long[] {1, 1}, new long[] {0, 0}, new long[] {1, 1}, null);
    }

    /**
     * Convolves an image whose elements are taken from places moved by offsets, by bilinear interpolation with zeros outside. Computes in
     * float64 or float32, also under autocast; the result has the input's type. Differentiable by all tensors.
     *
     * @param input images [N, C, H, W]
     * @param offset moves of the kernel's elements [N, 2·G·kh·kw, H′, W′] for G groups of channels: by group and element, first down, then
     * to the right
     * @param weight kernel [C′, C/groups, kh, kw]
     * @param bias bias [C′], or null
     * @param stride distance between windows, down and to the right
     * @param padding zeros added on both sides
     * @param dilation distance between the kernel's elements
     * @param mask factors of the kernel's elements [N, G·kh·kw, H′, W′], or null
     * @return [N, C′, H′, W′]
     * @throws IllegalArgumentException if the shapes do not fit
     */
    public static Tensor deformConv2d(Tensor input, Tensor offset, Tensor weight, @Nullable Tensor bias, long[] stride, long[] padding,
            long[] dilation, @Nullable Tensor mask) {
        var shapes = Shapes.of(input, offset, weight, bias, stride, padding, dilation, mask);
        try (var scope = Scope.open();
                var exact = Boxes.hasAutocast(input.device()) ? Autocast.off(input.device().type()) : null) {
            Tensor x = Regions.computing(input), kernel = weight.to(x.dtype()), moves = offset.to(x.dtype());
            Tensor factors = mask == null ? null : mask.to(x.dtype());
            long step = Math.max(1, PART / Math.max(1, shapes.channels * shapes.taps() * shapes.outHeight * shapes.outWidth));
            var parts = new ArrayList<Tensor>();
            for (long first = 0; first < shapes.n; first += step) {
                long n = Math.min(step, shapes.n - first);
                parts.add(convolve(x.narrow(0, first, n), moves.narrow(0, first, n), kernel,
                        factors == null ? null : factors.narrow(0, first, n), shapes, stride, padding, dilation));
            }
            Tensor y = parts.isEmpty() ? x.newZeros(0, weight.size(0), shapes.outHeight, shapes.outWidth)
                    : parts.size() == 1 ? parts.getFirst() : Aten.cat(parts);
            if (bias != null) y = y.add(bias.to(x.dtype()).reshape(-1, 1, 1));
            return scope.move(y.to(input.dtype()));
        }
    }

    private static Tensor convolve(Tensor x, Tensor offset, Tensor weight, @Nullable Tensor mask, Shapes s, long[] stride, long[] padding,
            long[] dilation) {
        long n = x.size(0), taps = s.taps(), places = s.outHeight * s.outWidth;
        Tensor moves = offset.reshape(n, s.offsetGroups, taps, 2, s.outHeight, s.outWidth);
        Tensor y = moves.select(3, 0).add(grid(x, s.outHeight, stride[0], padding[0], s.kernelHeight, dilation[0]).unsqueeze(1).unsqueeze(3)
                .expand(s.kernelHeight, s.kernelWidth, s.outHeight, 1).reshape(taps, s.outHeight, 1));
        Tensor z = moves.select(3, 1).add(grid(x, s.outWidth, stride[1], padding[1], s.kernelWidth, dilation[1]).unsqueeze(0).unsqueeze(2)
                .expand(s.kernelHeight, s.kernelWidth, 1, s.outWidth).reshape(taps, 1, s.outWidth));
        Tensor factor = mask == null ? null : mask.reshape(n, s.offsetGroups, taps, s.outHeight, s.outWidth);
        Tensor top = y.detach().floor(), left = z.detach().floor(), down = y.sub(top), across = z.sub(left);
        Tensor image = x.reshape(n, s.offsetGroups, s.channels / s.offsetGroups, s.height * s.width), samples = x.newZeros(1);
        for (int corner = 0; corner < 4; corner++) {
            boolean lower = corner >= 2, right = corner % 2 == 1;
            Tensor row = lower ? top.add(1) : top, column = right ? left.add(1) : left;
            Tensor inside = row.ge(0).logicalAnd(row.lt(s.height)).logicalAnd(column.ge(0)).logicalAnd(column.lt(s.width));
            Tensor share = (lower ? down : down.rsub(1)).mul(right ? across : across.rsub(1)).mul(inside.to(x.dtype()));
            if (factor != null) share = share.mul(factor);
            Tensor index = row.to(DType.INT64).clamp(0, s.height - 1).mul(s.width).add(column.to(DType.INT64).clamp(0, s.width - 1));
            Tensor values = image.gather(3, index.reshape(n, s.offsetGroups, 1, taps * places).expand(n, s.offsetGroups,
                    s.channels / s.offsetGroups, taps * places));
            samples = samples.addcmul(values, share.reshape(n, s.offsetGroups, 1, taps * places));
        }
        long groups = s.channels / weight.size(1), out = weight.size(0);
        Tensor columns = samples.reshape(n, groups, weight.size(1) * taps, places);
        return weight.reshape(groups, out / groups, weight.size(1) * taps).matmul(columns).reshape(n, out, s.outHeight, s.outWidth);
    }

    /** Returns where the kernel's elements lie without offsets, in one direction: [kernel, out]. */
    private static Tensor grid(Tensor like, long out, long stride, long padding, long kernel, long dilation) {
        Tensor window = Torch.arange(out, like.dtype(), like.device()).mul(stride).sub(padding);
        return Torch.arange(kernel, like.dtype(), like.device()).mul(dilation).unsqueeze(1).add(window);
    }

    /** The sizes of a call, checked. */
    private record Shapes(long n, long channels, long height, long width, long kernelHeight, long kernelWidth, long outHeight,
            long outWidth, long offsetGroups) {
        long taps() { return kernelHeight * kernelWidth; }

        static Shapes of(Tensor input, Tensor offset, Tensor weight, @Nullable Tensor bias, long[] stride, long[] padding, long[] dilation,
                @Nullable Tensor mask) {
            require(input.dim() == 4, "the input is [N, C, H, W], not ", input);
            require(weight.dim() == 4, "the weight is [C′, C/groups, kh, kw], not ", weight);
            require(offset.dim() == 4, "the offset is [N, 2·G·kh·kw, H′, W′], not ", offset);
            for (long[] pair : List.of(stride, padding, dilation))
                if (pair.length != 2) throw new IllegalArgumentException("stride, padding and dilation have two numbers each");
            if (stride[0] < 1 || stride[1] < 1 || dilation[0] < 1 || dilation[1] < 1 || padding[0] < 0 || padding[1] < 0)
                throw new IllegalArgumentException("stride and dilation are positive, and padding is not negative");
            long n = input.size(0), c = input.size(1), kh = weight.size(2), kw = weight.size(3), taps = kh * kw;
            require(c > 0 && weight.size(1) > 0 && c % weight.size(1) == 0 && weight.size(0) % (c / weight.size(1)) == 0,
                    "the weight is [C′, " + c + "/groups, kh, kw] for this input, with groups that divide C′, not ", weight);
            long h = out(input.size(2), stride[0], padding[0], dilation[0], kh),
                    w = out(input.size(3), stride[1], padding[1], dilation[1], kw);
            require(h > 0 && w > 0, "the kernel of " + kh + "×" + kw + " is larger than the padded input ", input);
            require(taps > 0 && offset.size(1) > 0 && offset.size(1) % (2 * taps) == 0 && c % (offset.size(1) / (2 * taps)) == 0,
                    "dimension 1 of the offset is a multiple of 2·" + kh + "·" + kw + " and divides " + c
                            + " channels into groups, unlike ",
                    offset);
            require(offset.size(0) == n && offset.size(2) == h && offset.size(3) == w,
                    "the offset is [" + n + ", " + offset.size(1) + ", " + h + ", " + w + "] for this input, not ", offset);
            long groups = offset.size(1) / (2 * taps);
            if (mask != null)
                require(mask.dim() == 4 && mask.size(0) == n && mask.size(1) == groups * taps && mask.size(2) == h
                        && mask.size(3) == w, "the mask is [" + n + ", " + groups * taps + ", " + h + ", " + w + "] for this offset, not ",
                        mask);
            if (bias != null)
                require(bias.dim() == 1 && bias.size(0) == weight.size(0), "the bias is [" + weight.size(0) + "], not ", bias);
            return new Shapes(n, c, input.size(2), input.size(3), kh, kw, h, w, groups);
        }

        private static long out(long in, long stride, long padding, long dilation, long kernel) {
            return Math.floorDiv(in + 2 * padding - dilation * (kernel - 1) - 1, stride) + 1;
        }

        private static void require(boolean holds, String message, Tensor t) {
            if (!holds) throw new IllegalArgumentException(message + t.describe());
        }
    }
}
