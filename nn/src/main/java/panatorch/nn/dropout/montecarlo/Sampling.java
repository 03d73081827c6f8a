package panatorch.nn.dropout.montecarlo;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.nn.MaskSource;
import panatorch.nn.Masked;
import panatorch.nn.Modes;
import panatorch.nn.Module;
import panatorch.nn.Stochastic;

/** A model whose stochastic modules train and whose others evaluate, with the masks of the options, until it is closed. */
final class Sampling implements AutoCloseable {
    private final Modes modes;
    private final Map<Masked, @Nullable MaskSource> sources = new LinkedHashMap<>();
    private int passes = 1;

    Sampling(Module model, MonteCarlo.Options o) {
        if (model.modules().stream().noneMatch(Stochastic.class::isInstance)) throw new IllegalArgumentException(
                "nothing in this " + model.getClass().getSimpleName() + " is stochastic, so all samples would be the same: no Dropout or the like is among its modules");
        for (Module m : model.modules()) {
            if (o.consistent() && m instanceof Stochastic && !(m instanceof Masked)) throw new IllegalArgumentException(m.getClass().getSimpleName() + " draws masks of its own: its rows cannot have the same");
            if (m instanceof Masked layer) sources.put(layer, layer.masks());
        }
        modes = Modes.sampling(model);
        sources.forEach((layer, own) -> {
            MaskSource source = o.generator() != null ? layer.drawnFrom(o.generator()) : own;
            if (source != own || o.consistent()) layer.setMasks(o.consistent() && layer.isPerRow() ? sameForAllRows(source == null ? layer.drawnFrom(null) : source) : source);
        });
    }

    /** Whether several passes may be one batch. */
    boolean isPerRow() { return sources.keySet().stream().allMatch(Masked::isPerRow); }

    /** How many passes the next batch has. */
    void passes(int k) { passes = k; }

    /** One row of a mask for each pass, which all its rows share. */
    private MaskSource sameForAllRows(MaskSource source) {
        return (like, shape, p) -> {
            if (shape[0] % passes != 0) throw new IllegalArgumentException("masks of " + shape[0] + " rows are not those of " + passes + " passes");
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
