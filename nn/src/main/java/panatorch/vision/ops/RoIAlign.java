package panatorch.vision.ops;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.Module;

/** {@link RegionPooling#roiAlign(Tensor, Tensor, long[], double, long, boolean)} as a layer: images and regions → [K, C, h, w]. */
public final class RoIAlign extends Module {
    private final long[] outputSize;
    private final double spatialScale;
    private final long samplingRatio;
    private final boolean aligned;

    /**
     * Creates the layer.
     *
     * @param outputSize height and width of the result
     * @param spatialScale factor from the boxes' coordinates to the input's, such as 1/16
     * @param samplingRatio number of samples in each direction of a bin; if it is not positive, the bin's size rounded up
     * @param aligned whether coordinates are those of pixels' edges instead of their centres, and small regions keep their size
     */
    public RoIAlign(long[] outputSize, double spatialScale, long samplingRatio, boolean aligned) {
        this.outputSize = outputSize.clone();
        this.spatialScale = spatialScale;
        this.samplingRatio = samplingRatio;
        this.aligned = aligned;
    }

    /**
     * Pools the regions.
     *
     * @param boxes regions [K, 5], the image's index and {@code x1, y1, x2, y2}
     */
    public Tensor forward(Tensor input, Tensor boxes) {
        return RegionPooling.roiAlign(input, boxes, outputSize, spatialScale, samplingRatio, aligned);
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1)));
    }

    @Override protected Module recreate() { return new RoIAlign(outputSize, spatialScale, samplingRatio, aligned); }

    @Override protected String describe() {
        return "output_size=" + size(outputSize) + ", spatial_scale=" + describe(spatialScale) + ", sampling_ratio=" + samplingRatio
                + ", aligned="
                + (aligned ? "True" : "False");
    }

    static String size(long... size) { return Arrays.toString(size).replace('[', '(').replace(']', ')'); }
}
