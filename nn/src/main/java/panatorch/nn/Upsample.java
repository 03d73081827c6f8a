package panatorch.nn;

import java.util.Arrays;
import java.util.Objects;
import panatorch.Tensor;
import panatorch.nn.functional.Interpolate;

/**
 * Resizes the last dimensions of [N, C, L], [N, C, H, W] or [N, C, D, H, W]; see {@link Interpolate}.
 *
 * <pre>{@code
 * var twice = new Upsample(Interpolate.by(Interpolate.Mode.BILINEAR, 2));
 * Tensor y = twice.forward(Torch.randn(8, 3, 32, 32));            // [8, 3, 64, 64]
 * }</pre>
 */
public final class Upsample extends Module {
    private final Interpolate options;

    public Upsample(Interpolate options) { this.options = options; }

    @Override public Tensor forward(Tensor input) { return options.apply(input); }

    @Override protected Module recreate() { return new Upsample(options); }

    @Override protected String describe() {
        double[] factors = options.scaleFactors();
        return (factors == null ? "size=" + Repr.size(Objects.requireNonNull(options.size()))
                : "scale_factor=" + (factors.length == 1 ? Repr.of(factors[0])
                        : Arrays.stream(factors).mapToObj(Repr::of).collect(java.util.stream.Collectors.joining(", ", "(", ")"))))
                + ", mode='" + options.mode() + "'";
    }
}
