package panatorch.vision.ops;

import java.util.List;
import java.util.SequencedMap;
import panatorch.Tensor;
import panatorch.nn.Module;

/** Layers that add feature maps to the result of a {@link FeaturePyramidNetwork}. */
public abstract class ExtraFPNBlock extends Module {
    /**
     * Adds feature maps.
     *
     * @param results the network's results by their names, the largest map first, to which this method adds its own
     * @param features the feature maps from which the network has computed them, in the same order
     */
    public abstract void extend(SequencedMap<String, Tensor> results, List<Tensor> features);

    @Override protected abstract Module recreate();
}
