package panatorch.nn.dropout.montecarlo;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.nn.MaskSource;
import panatorch.nn.Masked;
import panatorch.nn.Modes;
import panatorch.nn.Module;
import panatorch.nn.Stochastic;

/** The sampling state of a model until it is closed: stochastic modules train, others evaluate, and masks are those of the options. */
final class Sampling implements AutoCloseable {
    private final Modes modes;
    private final Map<Masked, @Nullable MaskSource> sources = new LinkedHashMap<>();
    private int passes = 1;

    Sampling(Module model, MonteCarlo.Options o) {
        if (model.modules().stream().noneMatch(Stochastic.class::isInstance))
            throw new IllegalArgumentException(
                    "this " + model.getClass().getSimpleName()
                            + " has no stochastic module such as Dropout, so all samples would be equal");
        for (Module m : model.modules()) {
            if (o.consistent() && m instanceof Stochastic && !(m instanceof Masked))
                throw new IllegalArgumentException(m.getClass().getSimpleName() + " draws its own masks, so its rows cannot share "
                        + "them: leave out consistent(true)");
            if (m instanceof Masked layer) sources.put(layer, layer.masks());
        }
        modes = Modes.sampling(model);
        sources.forEach((layer, own) -> {
            MaskSource source = o.generator() != null ? layer.drawnFrom(o.generator()) : own;
            if (source != own || o.consistent())
                layer.setMasks(
                        o.consistent() && layer.isPerRow() ? sameForAllRows(source == null ? layer.drawnFrom(null) : source) : source);
        });
    }

    /** Returns whether several passes may be one batch. */
    boolean isPerRow() {
        return sources.keySet().stream().allMatch(Masked::isPerRow);
    }

    /** Sets the number of passes in the next batch. */
    void passes(int k) { passes = k; }

    /** Returns a source that draws one row of a mask for each pass, which all rows of the pass share. */
    private MaskSource sameForAllRows(MaskSource source) {
        return (like, shape, p) -> {
            if (shape[0] % passes != 0)
                throw new IllegalArgumentException(passes + " passes do not divide the " + shape[0] + " rows of a mask");
            long[] one = shape.clone();
            one[0] = passes;
            return source.mask(like, one, p).repeatInterleave(shape[0] / passes, 0L);
        };
    }

    @Override public void close() {
        sources.forEach(Masked::setMasks);
        modes.close();
    }
}
