package panatorch.nn;

import panatorch.Aten;
import panatorch.Tensor;

/** Rearranges channels into pixels: [N, C·r², H, W] → [N, C, H·r, W·r] (Shi et al., 2016, arXiv:1609.05158). */
public final class PixelShuffle extends Module {
    private final long factor;

    public PixelShuffle(long factor) {
        this.factor = factor;
    }

    @Override public Tensor forward(Tensor input) { return Aten.pixelShuffle(input, factor); }

    @Override protected Module recreate() { return new PixelShuffle(factor); }

    @Override protected String describe() { return "upscale_factor=" + factor; }
}
