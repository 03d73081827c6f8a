package panatorch.vision.ops;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SequencedMap;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.Module;

/**
 * {@link RegionPooling#roiAlign(Tensor, Tensor, long[], double, long, boolean)} on a feature pyramid: each region is pooled from the map
 * whose scale fits its size (equation 1 of Lin et al., 2016, arXiv:1612.03144), without alignment, as torchvision's detectors do.
 *
 * <p>
 * The scale of each map is inferred from its height and that of the largest image, at each call; torchvision keeps those of the first call.
 */
public final class MultiScaleRoIAlign extends Module {
    private static final double EPS = 1e-6;

    private final List<String> featmapNames;
    private final long[] outputSize;
    private final long samplingRatio, canonicalScale, canonicalLevel;

    /** Creates the layer for regions of 224×224 in level 4. */
    public MultiScaleRoIAlign(List<String> featmapNames, long[] outputSize, long samplingRatio) {
        this(featmapNames, outputSize, samplingRatio, 224, 4);
    }

    /**
     * Creates the layer.
     *
     * @param featmapNames names of the maps that are used
     * @param outputSize height and width of the result
     * @param samplingRatio number of samples in each direction of a bin; if it is not positive, the bin's size rounded up
     * @param canonicalScale side of the regions that belong to the canonical level
     * @param canonicalLevel the level of those regions; level n has scale 2⁻ⁿ
     */
    public MultiScaleRoIAlign(List<String> featmapNames, long[] outputSize, long samplingRatio, long canonicalScale, long canonicalLevel) {
        this.featmapNames = List.copyOf(featmapNames);
        this.outputSize = outputSize.clone();
        this.samplingRatio = samplingRatio;
        this.canonicalScale = canonicalScale;
        this.canonicalLevel = canonicalLevel;
    }

    /**
     * Pools regions of all images.
     *
     * @param features maps [N, C, H, W] by their names, the largest first
     * @param boxes boxes {@code x1, y1, x2, y2} [L, 4] of each image, in its pixels
     * @param imageShapes height and width of each image before the network that has computed the maps
     * @return [K, C, h, w] for the K regions of all images in turn
     */
    public Tensor forward(SequencedMap<String, Tensor> features, List<Tensor> boxes, List<long[]> imageShapes) {
        var maps = new ArrayList<Tensor>();
        features.forEach((name, map) -> { if (featmapNames.contains(name)) maps.add(map); });
        if (maps.isEmpty()) throw new IllegalArgumentException("none of the maps " + featmapNames + " is among " + features.keySet());
        if (imageShapes.isEmpty()) throw new IllegalArgumentException("the sizes of the images are needed, but there is no image");
        long height = imageShapes.stream().mapToLong(s -> s[0]).max().orElseThrow();
        long[] levelsDown = maps.stream().mapToLong(m -> Math.round(log2((double) height / m.size(-2)))).toArray();
        double[] scales = Arrays.stream(levelsDown).mapToDouble(n -> Math.pow(2, -n)).toArray();
        try (var scope = Scope.open()) {
            Tensor rois = Boxes.convertBoxesToRoiFormat(boxes);
            if (maps.size() == 1) return scope.move(pooled(maps.getFirst(), rois, scales[0]));
            long[] levels = levels(boxes, levelsDown[0], levelsDown[scales.length - 1]);
            var places = new long[levels.length];
            var parts = new ArrayList<Tensor>();
            int next = 0;
            for (int level = 0; level <= maps.size(); level++) { // the last one is of regions without a map, whose result is 0
                int first = next;
                var own = new long[levels.length];
                for (int k = 0; k < levels.length; k++) {
                    if (Math.min(levels[k], maps.size()) != level) continue;
                    own[next - first] = k;
                    places[k] = next++;
                }
                Tensor indices = Torch.tensor(Arrays.copyOf(own, next - first)).to(rois.device());
                Tensor largest = maps.getFirst();
                parts.add(level == maps.size() ? largest.newZeros(indices.size(0), largest.size(1), outputSize[0], outputSize[1])
                        : pooled(maps.get(level), rois.indexSelect(0, indices), scales[level]).to(largest.dtype()));
            }
            return scope.move(Aten.cat(parts).indexSelect(0, Torch.tensor(places).to(rois.device())));
        }
    }

    private Tensor pooled(Tensor map, Tensor rois, double scale) {
        return RegionPooling.roiAlign(map, rois, outputSize, scale, samplingRatio, false);
    }

    /** Returns the index of the map for each box. */
    private long[] levels(List<Tensor> boxes, long lowest, long highest) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor side = Aten.cat(boxes.stream().map(Boxes::boxArea).toList()).sqrt();
            Tensor level = side.div(canonicalScale).log2().add(canonicalLevel).add(EPS).floor().nanToNum(lowest, highest, lowest);
            return level.clamp(lowest, highest).to(DType.INT64).sub(lowest).toLongArray();
        }
    }

    private static double log2(double x) { return Math.log(x) / Math.log(2); }

    @Override protected Module recreate() {
        return new MultiScaleRoIAlign(featmapNames, outputSize, samplingRatio, canonicalScale, canonicalLevel);
    }

    @Override protected String describe() {
        return "featmap_names=['" + String.join("', '", featmapNames) + "'], output_size=" + RoIAlign.size(outputSize) + ", sampling_ratio="
                + samplingRatio;
    }
}
