package panatorch.vision.ops;

import java.util.List;
import java.util.SequencedMap;
import panatorch.Aten;
import panatorch.Tensor;
import panatorch.nn.Module;

/** Adds every second element of the smallest map of a feature pyramid as the map {@code pool}. */
public final class LastLevelMaxPool extends ExtraFPNBlock {
    @Override public void extend(SequencedMap<String, Tensor> results, List<Tensor> features) {
        results.put("pool", Aten.maxPool2d(results.lastEntry().getValue(), new long[] {1, 1}, new long[] {2, 2}));
    }

    @Override protected Module recreate() { return new LastLevelMaxPool(); }
}
