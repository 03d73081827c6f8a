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
 * Keeps the learning rates of fused steps on the parameters' device, so that a step that was recorded once can be replayed with other
 * rates. In Python such a rate is a tensor among the options. All other options are recorded as numbers and must not change. As in Python,
 * the rate on the device is float32.
 *
 * <p>
 * Owns the rates until it is closed; then steps read the options again. For use by one thread.
 */
public final class DeviceRates implements AutoCloseable {
    private final Optimizer optimizer;
    /** The options of each group when they were last read. */
    private final List<Record> seen = new ArrayList<>();

    /**
     * Puts the rates on the device.
     *
     * @throws IllegalArgumentException unless the optimiser is a fused {@link SGD}, {@link Adam} or {@link AdamW}, with all its state on
     * the device
     */
    public DeviceRates(Optimizer optimizer) {
        boolean known = optimizer instanceof SGD || optimizer instanceof Adam || optimizer instanceof AdamW;
        if (!known || !optimizer.supportsScaledStep())
            throw new IllegalArgumentException("only steps of SGD, Adam and AdamW with options.fused(true) can be recorded, not of this "
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

    /**
     * Copies changed rates to the device, without waiting for it.
     *
     * @throws IllegalStateException if another option has changed, or there are more groups
     */
    public void update() {
        List<ParameterGroup> groups = optimizer.groups();
        if (groups.size() != seen.size())
            throw new IllegalStateException("the optimiser has " + groups.size() + " groups, but had " + seen.size()
                    + " when recording was prepared");
        for (int i = 0; i < groups.size(); i++) {
            ParameterGroup g = groups.get(i);
            Record now = g.options(), before = seen.get(i);
            if (now == before) continue;
            if (!withoutRate(now).equals(withoutRate(before)))
                throw new IllegalStateException("only the learning rate of a recorded step can change: " + before + " is now " + now);
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
