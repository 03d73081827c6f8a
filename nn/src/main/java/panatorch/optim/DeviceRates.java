package panatorch.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Has the fused steps of an optimiser read their learning rates from its parameters' device, so that a step that was recorded once can be repeated with others; in Python
 * such a rate is a tensor among the options. All other options are recorded as numbers, and must stay as they were. As in Python the device has the rate in float32.
 *
 * <p>Owns the rates until closed; then steps read the options again. One thread's.
 */
public final class DeviceRates implements AutoCloseable {
    private final Optimizer optimizer;
    /** Of each group, as they were last seen. */
    private final List<Record> seen = new ArrayList<>();

    /** @throws IllegalArgumentException unless the optimiser is a fused {@link SGD}, {@link Adam} or {@link AdamW}, whose state is all on the device */
    public DeviceRates(Optimizer optimizer) {
        boolean known = optimizer instanceof SGD || optimizer instanceof Adam || optimizer instanceof AdamW;
        if (!known || !optimizer.supportsScaledStep()) throw new IllegalArgumentException("a step can be recorded of SGD, Adam and AdamW with options.fused(true), not of this "
                + optimizer.getClass().getSimpleName() + (known ? ", which is not fused" : ""));
        this.optimizer = optimizer;
        try (var scope = Scope.open()) {
            for (ParameterGroup g : optimizer.groups()) {
                Device device = g.parameters().getFirst().device();
                g.rate = Aten.scalarTensor(g.learningRate(), DType.FLOAT32, null, device).escape();
                seen.add(g.options());
            }
        }
    }

    /** Brings the rates to the device that have changed, without waiting for it. @throws IllegalStateException if another option has changed, or there are more groups */
    public void update() {
        List<ParameterGroup> groups = optimizer.groups();
        if (groups.size() != seen.size()) throw new IllegalStateException("the optimiser has " + groups.size() + " groups, and had " + seen.size() + " when its step was to be recorded");
        for (int i = 0; i < groups.size(); i++) {
            ParameterGroup g = groups.get(i);
            Record now = g.options(), before = seen.get(i);
            if (now == before) continue;
            if (!withoutRate(now).equals(withoutRate(before))) throw new IllegalStateException("of a step that is recorded only the learning rate can change: " + before + " is now " + now);
            try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                if (g.rate instanceof Tensor rate) rate.fill_(g.learningRate());
            }
            seen.set(i, now);
        }
    }

    private static Record withoutRate(Record options) { return OptionsMap.with(options, Map.of("lr", 0.0)); }

    @Override public void close() {
        for (ParameterGroup g : optimizer.groups()) {
            if (g.rate != null) g.rate.close();
            g.rate = null;
        }
    }
}
