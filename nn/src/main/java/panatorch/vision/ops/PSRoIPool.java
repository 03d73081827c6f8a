package panatorch.vision.ops;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.Module;

/** {@link RegionPooling#psRoiPool} as a layer: images and regions → [K, C, h, w]. */
public final class PSRoIPool extends Module {
    private final long[] outputSize;
    private final double spatialScale;

    /**
     * Creates the layer.
     *
     * @param outputSize height and width of the result
     * @param spatialScale factor from the boxes' coordinates to the input's, such as 1/16
     */
    public PSRoIPool(long[] outputSize, double spatialScale) {
        this.outputSize = outputSize.clone();
        this.spatialScale = spatialScale;
    }

    /**
     * Pools the regions.
     *
     * @param boxes regions [K, 5], the image's index and {@code x1, y1, x2, y2}
     */
    public Tensor forward(Tensor input, Tensor boxes) {
        return RegionPooling.psRoiPool(input, boxes, outputSize, spatialScale);
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1)));
    }

    @Override protected Module recreate() { return new PSRoIPool(outputSize, spatialScale); }

    @Override protected String describe() {
        return "output_size=" + RoIAlign.size(outputSize) + ", spatial_scale=" + describe(spatialScale);
    }
}
