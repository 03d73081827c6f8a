package panatorch.nn;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.init.Init;

/**
 * Convolutions of one to three dimensions and their transposes, which are the gradients of convolutions (Zeiler et al., 2010). Parameters:
 * {@code weight} [Cout, Cin/groups, *kernel], or [Cin, Cout/groups, *kernel] for transposed ones, and {@code bias} [Cout].
 *
 * <pre>{@code
 * var layer = new Conv2d(Conv2d.options(3, 64, 7).stride(2).padding(3).bias(false));
 * Tensor y = layer.forward(Torch.randn(8, 3, 224, 224));          // [8, 64, 112, 112]
 * }</pre>
 */
public abstract sealed class Convolution extends Module permits Conv1d, Conv2d, Conv3d, ConvTranspose1d, ConvTranspose2d, ConvTranspose3d {
    /**
     * Options of a convolution. Sizes are one number for all dimensions, or one for each. Each method returns changed options.
     *
     * @param in input channels
     * @param out output channels
     * @param kernel size of the kernel
     * @param stride distance between windows
     * @param padding elements added on both sides; null for an output as large as the input
     * @param dilation distance between the kernel's elements
     * @param outputPadding elements added to one side of the output; for transposed convolutions only
     * @param groups number of groups of channels that are convolved separately
     * @param bias whether there is a bias
     * @param mode values of the padding
     */
    public record Options(long in, long out, long[] kernel, long[] stride, long @Nullable [] padding, long[] dilation, long[] outputPadding,
            long groups, boolean bias, PaddingMode mode) {
        /** Sets the number of elements added on every side. */
        public Options padding(long... sizes) {
            return new Options(in, out, kernel, stride, all(sizes), dilation, outputPadding, groups, bias, mode);
        }

        /** Pads so that the output is as large as the input; for stride 1. */
        public Options paddingSame() {
            return new Options(in, out, kernel, stride, null, dilation, outputPadding, groups, bias, mode);
        }

        public Options stride(long... sizes) {
            return new Options(in, out, kernel, all(sizes), padding, dilation, outputPadding, groups, bias, mode);
        }

        public Options dilation(long... sizes) {
            return new Options(in, out, kernel, stride, padding, all(sizes), outputPadding, groups, bias, mode);
        }

        public Options outputPadding(long... sizes) {
            return new Options(in, out, kernel, stride, padding, dilation, all(sizes), groups, bias, mode);
        }

        public Options groups(long n) { return new Options(in, out, kernel, stride, padding, dilation, outputPadding, n, bias, mode); }

        public Options bias(boolean on) { return new Options(in, out, kernel, stride, padding, dilation, outputPadding, groups, on, mode); }

        public Options mode(PaddingMode m) {
            return new Options(in, out, kernel, stride, padding, dilation, outputPadding, groups, bias, m);
        }

        private long[] all(long... sizes) { return Sizes.of(kernel.length, sizes); }
    }

    final Options options;
    private final boolean transposed;

    static Options defaults(int dims, long in, long out, long... kernel) {
        long[] zero = Sizes.of(dims, 0), one = Sizes.of(dims, 1);
        return new Options(in, out, Sizes.of(dims, kernel), one, zero, one, zero, 1, true, PaddingMode.ZEROS);
    }

    Convolution(Options o, int dims, boolean transposed) {
        if (o.kernel.length != dims)
            throw new IllegalArgumentException(name() + " needs a kernel of " + dims + " dimensions, not " + o.kernel.length);
        if (o.groups < 1 || o.in % o.groups != 0 || o.out % o.groups != 0)
            throw new IllegalArgumentException(o.groups + " groups do not divide " + o.in + " and " + o.out + " channels");
        if (o.padding == null && (transposed || Arrays.stream(o.stride).anyMatch(s -> s != 1)))
            throw new IllegalArgumentException("paddingSame needs a convolution with stride 1 that is not transposed");
        if (transposed && o.mode != PaddingMode.ZEROS) throw new IllegalArgumentException("transposed convolutions pad with zeros only");
        options = o;
        this.transposed = transposed;
        long[] shape = new long[dims + 2];
        shape[0] = transposed ? o.in : o.out;
        shape[1] = (transposed ? o.out : o.in) / o.groups;
        System.arraycopy(o.kernel, 0, shape, 2, dims);
        Tensor weight = parameter("weight", Init.layerWeight_(Torch.empty(shape)));
        parameter("bias", o.bias ? Init.layerBias_(Torch.empty(o.out), weight) : null);
    }

    /** Returns whether this is a transposed convolution, whose weight has the input channels first. */
    public final boolean isTransposed() {
        return transposed;
    }

    public final Tensor weight() { return parameter("weight"); }

    public final @Nullable Tensor bias() { return parameterOrNull("bias"); }

    @Override public Tensor forward(Tensor input) {
        return convolve(input, parameter("weight"), parameterOrNull("bias"), options, transposed);
    }

    static Tensor convolve(Tensor input, Tensor w, @Nullable Tensor b, Options o, boolean transposed) {
        if (transposed) return transpose(input, w, b, o, o.outputPadding);
        boolean padded = o.mode != PaddingMode.ZEROS;
        Tensor x = padded ? Aten.pad(input, edges(o), o.mode.toString()) : input;
        long[] padding = padded ? Sizes.of(o.kernel.length, 0) : o.padding;
        if (padding == null) return switch (o.kernel.length) {
            case 1 -> Aten.conv1d(x, w, b, o.stride, "same", o.dilation, o.groups);
            case 2 -> Aten.conv2d(x, w, b, o.stride, "same", o.dilation, o.groups);
            default -> Aten.conv3d(x, w, b, o.stride, "same", o.dilation, o.groups);
        };
        return switch (o.kernel.length) {
            case 1 -> Aten.conv1d(x, w, b, o.stride, padding, o.dilation, o.groups);
            case 2 -> Aten.conv2d(x, w, b, o.stride, padding, o.dilation, o.groups);
            default -> Aten.conv3d(x, w, b, o.stride, padding, o.dilation, o.groups);
        };
    }

    private static Tensor transpose(Tensor x, Tensor w, @Nullable Tensor b, Options o, long[] outputPadding) {
        long[] padding = sizedPadding(o);
        return switch (o.kernel.length) {
            case 1 -> Aten.convTranspose1d(x, w, b, o.stride, padding, outputPadding, o.groups, o.dilation);
            case 2 -> Aten.convTranspose2d(x, w, b, o.stride, padding, outputPadding, o.groups, o.dilation);
            default -> Aten.convTranspose3d(x, w, b, o.stride, padding, outputPadding, o.groups, o.dilation);
        };
    }

    /** Returns the output of a transposed convolution that has the given size, where several are possible. */
    final Tensor transposeTo(Tensor x, long... outputSize) {
        int dims = options.kernel.length;
        long[] size = Sizes.of(dims, outputSize), more = new long[dims], padding = sizedPadding(options);
        for (int d = 0; d < dims; d++) {
            long least = (x.size(d - dims) - 1) * options.stride[d] - 2 * padding[d] + options.dilation[d] * (options.kernel[d] - 1) + 1;
            more[d] = size[d] - least;
            if (more[d] < 0 || more[d] >= options.stride[d])
                throw new IllegalArgumentException("the output's sizes " + Arrays.toString(size) + " are not among those that "
                        + x.describe() + " can come from: between " + least + " and " + (least + options.stride[d] - 1) + " in dimension "
                        + d);
        }
        return transpose(x, parameter("weight"), parameterOrNull("bias"), options, more);
    }

    /** The padding of a transposed convolution, whose constructor refuses padding to the same size. */
    private static long[] sizedPadding(Options o) {
        return Objects.requireNonNull(o.padding);
    }

    /** The padding as {@code pad} takes it, last dimension first. */
    private static long[] edges(Options options) {
        int dims = options.kernel.length;
        long[] edges = new long[2 * dims];
        for (int d = 0; d < dims; d++) {
            long both = options.padding == null ? options.dilation[d] * (options.kernel[d] - 1) : 2 * options.padding[d];
            edges[2 * (dims - 1 - d)] = both / 2;
            edges[2 * (dims - 1 - d) + 1] = both - both / 2;
        }
        return edges;
    }

    @Override protected String describe() {
        Options o = options;
        long[] zero = Sizes.of(o.kernel.length, 0), one = Sizes.of(o.kernel.length, 1);
        return o.in + ", " + o.out + ", kernel_size=" + Repr.tuple(o.kernel) + ", stride=" + Repr.tuple(o.stride)
                + (o.padding == null ? ", padding=same" : Arrays.equals(o.padding, zero) ? "" : ", padding=" + Repr.tuple(o.padding))
                + (Arrays.equals(o.dilation, one) ? "" : ", dilation=" + Repr.tuple(o.dilation))
                + (Arrays.equals(o.outputPadding, zero) ? "" : ", output_padding=" + Repr.tuple(o.outputPadding))
                + (o.groups == 1 ? "" : ", groups=" + o.groups) + (parameterOrNull("bias") != null ? "" : ", bias=False")
                + (o.mode == PaddingMode.ZEROS ? "" : ", padding_mode=" + o.mode);
    }
}
