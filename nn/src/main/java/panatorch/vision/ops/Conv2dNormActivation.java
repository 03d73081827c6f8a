package panatorch.vision.ops;

import java.util.function.LongFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Module;
import panatorch.nn.ReLU;

/**
 * A convolution, a normalisation and an activation, one after the other: [N, Cin, H, W] → [N, Cout, H′, W′]. The children are {@code 0},
 * {@code 1}, {@code 2}, without those that are left out.
 *
 * <pre>{@code
 * var block = new Conv2dNormActivation(Conv2dNormActivation.options(3, 32, 3).stride(2).activation(SiLU::new));
 * }</pre>
 */
public final class Conv2dNormActivation extends Module {
    /**
     * Options of a block. Sizes are one number for both dimensions, or one for each. Each method returns changed options.
     *
     * @param in input channels
     * @param out output channels
     * @param kernel size of the kernel
     * @param stride distance between windows
     * @param padding zeros added on both sides; null for {@code (kernel − 1) / 2 · dilation}
     * @param dilation distance between the kernel's elements
     * @param groups number of groups of channels that are convolved separately
     * @param bias whether the convolution has a bias; null for a bias where there is no normalisation
     * @param norm creates the normalisation for a number of channels; null for none
     * @param activation creates the activation; null for none
     */
    public record Options(long in, long out, long[] kernel, long[] stride, long @Nullable [] padding, long[] dilation, long groups,
            @Nullable Boolean bias, @Nullable LongFunction<? extends Module> norm, @Nullable Supplier<? extends Module> activation) {
        public Options stride(long... sizes) {
            return new Options(in, out, kernel, both(sizes), padding, dilation, groups, bias, norm, activation);
        }

        public Options padding(long... sizes) {
            return new Options(in, out, kernel, stride, both(sizes), dilation, groups, bias, norm, activation);
        }

        public Options dilation(long... sizes) {
            return new Options(in, out, kernel, stride, padding, both(sizes), groups, bias, norm, activation);
        }

        public Options groups(long n) { return new Options(in, out, kernel, stride, padding, dilation, n, bias, norm, activation); }

        public Options bias(boolean on) { return new Options(in, out, kernel, stride, padding, dilation, groups, on, norm, activation); }

        public Options norm(@Nullable LongFunction<? extends Module> factory) {
            return new Options(in, out, kernel, stride, padding, dilation, groups, bias, factory, activation);
        }

        public Options activation(@Nullable Supplier<? extends Module> factory) {
            return new Options(in, out, kernel, stride, padding, dilation, groups, bias, norm, factory);
        }

        private static long[] both(long... sizes) {
            if (sizes.length != 1 && sizes.length != 2)
                throw new IllegalArgumentException("one size or 2 sizes are needed, not " + sizes.length);
            return sizes.length == 2 ? sizes : new long[] {sizes[0], sizes[0]};
        }

        Conv2d.Options convolution() {
            long[] edges = padding != null ? padding
                    : new long[] {(kernel[0] - 1) / 2 * dilation[0], (kernel[1] - 1) / 2 * dilation[1]};
            return Conv2d.options(in, out, kernel).stride(stride).padding(edges).dilation(dilation).groups(groups)
                    .bias(bias == null ? norm == null : bias);
        }
    }

    private final Options options;

    /**
     * Returns options with stride 1, batch normalisation and a ReLU that overwrites its input.
     *
     * @param kernel size of the kernel, one number for both dimensions or one for each
     */
    public static Options options(long in, long out, long... kernel) {
        long[] one = {1, 1};
        return new Options(in, out, Options.both(kernel), one, null, one, 1, null, BatchNorm2d::new, () -> new ReLU(true));
    }

    public Conv2dNormActivation(Options options) {
        this.options = options;
        int next = 0;
        child(Integer.toString(next++), new Conv2d(options.convolution()));
        var norm = options.norm;
        if (norm != null) child(Integer.toString(next++), norm.apply(options.out));
        var activation = options.activation;
        if (activation != null) child(Integer.toString(next), activation.get());
    }

    public long outChannels() { return options.out; }

    @Override public Tensor forward(Tensor input) { return callInTurn(namedChildren().values(), input); }

    @Override protected Module recreate() { return new Conv2dNormActivation(options); }
}
