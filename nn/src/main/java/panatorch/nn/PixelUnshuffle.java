package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Rearranges pixels into channels: [N, C, H·r, W·r] → [N, C·r², H, W], the reverse of {@link PixelShuffle}. */
public final class PixelUnshuffle extends Module {
    private final long factor;

    public PixelUnshuffle(long factor) {
        this.factor = factor;
    }

    @Override public Tensor forward(Tensor input) { return Aten.pixelUnshuffle(input, factor); }

    @Override protected Module recreate() { return new PixelUnshuffle(factor); }

    @Override protected String describe() { return "downscale_factor=" + factor; }
}
