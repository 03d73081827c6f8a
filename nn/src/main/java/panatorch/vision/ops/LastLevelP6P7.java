package panatorch.vision.ops;

import java.util.List;
import java.util.SequencedMap;
import panatorch.Tensor;
import panatorch.nn.Conv2d;
import panatorch.nn.Module;

/** Adds the maps {@code p6} and {@code p7} of RetinaNet to a feature pyramid, by two convolutions of stride 2. */
public final class LastLevelP6P7 extends ExtraFPNBlock {
    private final long in, out;
    private Module p6, p7;

    /**
     * Creates the layers.
     *
     * @param in channels of the last feature map; if equal to {@code out}, the pyramid's last result is taken in its place
     * @param out channels of the pyramid
     */
    public LastLevelP6P7(long in, long out) {
        this.in = in;
        this.out = out;
        var first = child("p6", new Conv2d(Conv2d.options(in, out, 3).stride(2).padding(1)));
        var second = child("p7", new Conv2d(Conv2d.options(out, out, 3).stride(2).padding(1)));
        FeaturePyramidNetwork.initialize(first);
        FeaturePyramidNetwork.initialize(second);
        p6 = first;
        p7 = second;
    }

    @Override public void extend(SequencedMap<String, Tensor> results, List<Tensor> features) {
        Tensor sixth = p6.call(in == out ? results.lastEntry().getValue() : features.getLast());
        results.put("p6", sixth);
        results.put("p7", p7.call(sixth.relu()));
    }

    @Override protected Module recreate() { return new LastLevelP6P7(in, out); }
}
