package panatorch.vision.ops;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Conv2d;
import panatorch.nn.Module;
import panatorch.nn.PaddingMode;
import panatorch.nn.init.Init;

/**
 * {@link DeformableConvolution} as a layer: [N, Cin, H, W] and offsets, which another layer computes, → [N, Cout, H′, W′]. Parameters:
 * {@code weight} [Cout, Cin/groups, kh, kw] and {@code bias} [Cout].
 *
 * <pre>{@code
 * var offsets = new Conv2d(Conv2d.options(64, 2 * 3 * 3, 3).padding(1));
 * var layer = new DeformConv2d(Conv2d.options(64, 128, 3).padding(1));
 * Tensor y = layer.forward(x, offsets.call(x));
 * }</pre>
 */
public final class DeformConv2d extends Module {
    private final Conv2d.Options options;
    private final long[] padding;

    /**
     * Creates the layer with random weights, as those of {@link Conv2d}.
     *
     * @param options options of a convolution that pads with zeros by given numbers
     */
    public DeformConv2d(Conv2d.Options options) {
        if (options.mode() != PaddingMode.ZEROS || options.padding() == null)
            throw new IllegalArgumentException("a deformable convolution pads with zeros, by numbers that are given");
        if (options.groups() < 1 || options.in() % options.groups() != 0 || options.out() % options.groups() != 0)
            throw new IllegalArgumentException(
                    options.groups() + " groups do not divide " + options.in() + " and " + options.out() + " channels");
        this.options = options;
        padding = Objects.requireNonNull(options.padding());
        long[] kernel = options.kernel();
        Tensor weight = parameter("weight",
                Init.layerWeight_(Torch.empty(options.out(), options.in() / options.groups(), kernel[0], kernel[1])));
        parameter("bias", options.bias() ? Init.layerBias_(Torch.empty(options.out()), weight) : null);
    }

    /** Convolves without a mask. */
    public Tensor forward(Tensor input, Tensor offset) { return forward(input, offset, null); }

    /**
     * Convolves.
     *
     * @param offset moves of the kernel's elements [N, 2·G·kh·kw, H′, W′]
     * @param mask factors of the kernel's elements [N, G·kh·kw, H′, W′], or null
     */
    public Tensor forward(Tensor input, Tensor offset, @Nullable Tensor mask) {
        return DeformableConvolution.deformConv2d(input, offset, parameter("weight"), parameterOrNull("bias"), options.stride(), padding,
                options.dilation(), mask);
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1), inputs.size() > 2 ? inputs.get(2) : null));
    }

    @Override protected Module recreate() { return new DeformConv2d(options); }

    @Override protected String describe() {
        long[] zero = {0, 0}, one = {1, 1};
        return options.in() + ", " + options.out() + ", kernel_size=" + RoIAlign.size(options.kernel()) + ", stride="
                + RoIAlign.size(options.stride()) + (Arrays.equals(padding, zero) ? "" : ", padding=" + RoIAlign.size(padding))
                + (Arrays.equals(options.dilation(), one) ? "" : ", dilation=" + RoIAlign.size(options.dilation()))
                + (options.groups() == 1 ? "" : ", groups=" + options.groups()) + (options.bias() ? "" : ", bias=False");
    }
}
