package panatorch.vision.ops;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.Module;

/** {@link RegionPooling#psRoiAlign} as a layer: images and regions → [K, C, h, w]. */
public final class PSRoIAlign extends Module {
    private final long[] outputSize;
    private final double spatialScale;
    private final long samplingRatio;

    /**
     * Creates the layer.
     *
     * @param outputSize height and width of the result
     * @param spatialScale factor from the boxes' coordinates to the input's, such as 1/16
     * @param samplingRatio number of samples in each direction of a bin; if it is not positive, the bin's size rounded up
     */
    public PSRoIAlign(long[] outputSize, double spatialScale, long samplingRatio) {
        this.outputSize = outputSize.clone();
        this.spatialScale = spatialScale;
        this.samplingRatio = samplingRatio;
    }

    /**
     * Pools the regions.
     *
     * @param boxes regions [K, 5], the image's index and {@code x1, y1, x2, y2}
     */
    public Tensor forward(Tensor input, Tensor boxes) {
        return RegionPooling.psRoiAlign(input, boxes, outputSize, spatialScale, samplingRatio);
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1)));
    }

    @Override protected Module recreate() { return new PSRoIAlign(outputSize, spatialScale, samplingRatio); }

    @Override protected String describe() {
        return "output_size=" + RoIAlign.size(outputSize) + ", spatial_scale=" + describe(spatialScale) + ", sampling_ratio="
                + samplingRatio;
    }
}
