package panatorch.nn;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.init.Init;

/** Cross-correlation: [N, Cin, H, W] → [N, Cout, H′, W′]. Parameters: {@code weight} [Cout, Cin/groups, kH, kW], {@code bias} [Cout]. */
public final class Conv2d extends Module {
    /** Height and width of everything; each method returns changed options. */
    public record Options(long in, long out, long[] kernel, long[] stride, long[] padding, long[] dilation, long groups, boolean bias) {
        /** Zeros on every side. */
        public Options padding(long... hw) { return new Options(in, out, kernel, stride, pair(hw), dilation, groups, bias); }
        public Options stride(long... hw) { return new Options(in, out, kernel, pair(hw), padding, dilation, groups, bias); }
        public Options dilation(long... hw) { return new Options(in, out, kernel, stride, padding, pair(hw), groups, bias); }
        public Options groups(long n) { return new Options(in, out, kernel, stride, padding, dilation, n, bias); }
        public Options bias(boolean on) { return new Options(in, out, kernel, stride, padding, dilation, groups, on); }
    }

    private final Options options;
    private final Tensor weight;
    private final @Nullable Tensor bias;

    /** Stride 1, no padding, with bias. @param kernel height and width, or one number for both */
    public static Options options(long in, long out, long... kernel) {
        return new Options(in, out, pair(kernel), pair(1), pair(0), pair(1), 1, true);
    }

    public Conv2d(long in, long out, long kernel) { this(options(in, out, kernel)); }

    public Conv2d(Options o) {
        if (o.in % o.groups != 0 || o.out % o.groups != 0) throw new IllegalArgumentException(o.groups + " groups do not divide " + o.in + " and " + o.out + " channels");
        options = o;
        weight = parameter("weight", Init.layerWeight_(Torch.empty(DType.FLOAT32, o.out, o.in / o.groups, o.kernel[0], o.kernel[1])));
        bias = o.bias ? parameter("bias", Init.layerBias_(Torch.empty(DType.FLOAT32, o.out), weight)) : null;
    }

    static long[] pair(long... values) {
        return switch (values.length) {
            case 1 -> new long[] {values[0], values[0]};
            case 2 -> values;
            default -> throw new IllegalArgumentException("height and width are one number or two, not " + values.length);
        };
    }

    public Tensor weight() { return weight; }

    @Override public Tensor forward(Tensor input) {
        return Aten.conv2d(input, weight, bias, options.stride, options.padding, options.dilation, options.groups);
    }

    @Override protected String describe() {
        return options.in + ", " + options.out + ", kernel_size=" + tuple(options.kernel) + ", stride=" + tuple(options.stride)
                + (Arrays.equals(options.padding, pair(0)) ? "" : ", padding=" + tuple(options.padding))
                + (Arrays.equals(options.dilation, pair(1)) ? "" : ", dilation=" + tuple(options.dilation))
                + (options.groups == 1 ? "" : ", groups=" + options.groups) + (options.bias ? "" : ", bias=False");
    }

    private static String tuple(long[] v) { return "(" + v[0] + ", " + v[1] + ")"; }
}
