package panatorch.nn.dropout.gyro;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.nn.Dropout;
import panatorch.nn.Dropout1d;
import panatorch.nn.Dropout2d;
import panatorch.nn.Dropout3d;
import panatorch.nn.DropoutLayer;
import panatorch.nn.MaskSource;
import panatorch.nn.Module;
import panatorch.train.Trainer;
import panatorch.train.TrainingMethod;

/**
 * Gyro dropout for a whole model (Lee et al., MLSys 2022): its dropout layers keep their places and take their masks from one schedule.
 *
 * <pre>{@code
 * try (var schedule = GyroSchedule.of(256, 16, train.count() * epochs, seed)) {
 *     var gyro = GyroDropout.replaceIn(model, schedule);
 *     try (var trainer = Trainer.of(model, optimizer, objective).callbacks(gyro).build()) {
 *         trainer.fit(train, test, epochs);
 *     }
 *     gyro.undo();
 * }
 * }</pre>
 *
 * <p>
 * As a training method it advances the schedule once an optimiser step and stores the schedule's state in checkpoints; the banks are part
 * of the model's state. Without a trainer, call {@link GyroSchedule#advance} after {@code optimizer.step()}. Dropout that is not a layer,
 * such as within attention, is not changed.
 *
 * <p>
 * The model owns the banks, the caller the schedule. For use by one thread.
 */
public final class GyroDropout implements TrainingMethod {
    private final GyroSchedule schedule;
    private final Map<String, Before> replaced = new LinkedHashMap<>();

    private record Before(DropoutLayer layer, double p, @Nullable MaskSource masks) {}

    private GyroDropout(GyroSchedule schedule) { this.schedule = schedule; }

    /** Replaces the masks of all {@code Dropout} layers of the model. Each layer keeps its own p. */
    public static GyroDropout replaceIn(Module model, GyroSchedule schedule) {
        return replaceIn(model, schedule, GyroOptions.DEFAULT);
    }

    /**
     * Replaces the masks of the layers that the options select. Layers that drop nothing are left alone, unless the options give them a p.
     * A layer that stands in several places gets masks once.
     *
     * @throws IllegalArgumentException if no layer is found or one drops everything; the model is then unchanged
     */
    public static GyroDropout replaceIn(Module model, GyroSchedule schedule, GyroOptions options) {
        var found = new GyroDropout(schedule);
        model.namedModules().forEach((name, m) -> {
            if (!(m instanceof DropoutLayer layer) || !takes(m, options)) return;
            double p = options.p() == null ? layer.p() : options.p();
            if (p > 0) GyroOptions.checkP(p);
            if (p > 0) found.replaced.put(name, new Before(layer, layer.p(), layer.masks()));
        });
        if (found.replaced.isEmpty())
            throw new IllegalArgumentException("gyro dropout would have no effect: " + model.getClass().getSimpleName()
                    + " has no Dropout layer with p above 0"
                    + (options.channelLayers() ? "" : "; set GyroOptions.channelLayers to include Dropout1d, Dropout2d and Dropout3d"));
        for (Before b : found.replaced.values()) {
            if (options.p() != null) b.layer.setP(options.p());
            b.layer.setMasks(new GyroMasks(schedule, options));
        }
        return found;
    }

    private static boolean takes(Module m, GyroOptions options) {
        return m instanceof Dropout
                || options.channelLayers() && (m instanceof Dropout1d || m instanceof Dropout2d || m instanceof Dropout3d);
    }

    public GyroSchedule schedule() { return schedule; }

    /** Returns the layers that have gyro masks, by their full names; none after {@link #undo}. */
    public Map<String, DropoutLayer> replaced() {
        var layers = new LinkedHashMap<String, DropoutLayer>();
        replaced.forEach((name, b) -> layers.put(name, b.layer));
        return Collections.unmodifiableMap(layers);
    }

    /** Restores the layers' own masks and p, and frees the banks. A second call does nothing. */
    public void undo() {
        for (Before b : replaced.values()) {
            MaskSource gyro = b.layer.masks();
            b.layer.setMasks(b.masks);
            b.layer.setP(b.p);
            if (gyro instanceof GyroMasks masks) masks.close();
        }
        replaced.clear();
    }

    @Override public void afterStep(Trainer trainer) { schedule.advance(); }

    @Override public Map<String, ?> stateDict() { return schedule.stateDict(); }

    @Override public void loadStateDict(Map<String, ?> state) { schedule.loadStateDict(state); }
}
