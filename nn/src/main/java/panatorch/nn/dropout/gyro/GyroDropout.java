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
 * Gyro dropout of a whole model (Lee et al., MLSys 2022): its dropout layers stay where they are, and take their masks from one schedule.
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
 * <p>As a training method it advances the schedule once an optimiser step, and is where a checkpoint has the schedule's state; the banks are in the
 * model's. Without a trainer, {@link GyroSchedule#advance} after {@code optimizer.step()}. Dropout that is no layer, as within attention, stays as it is.
 *
 * <p>The banks are the model's, and the schedule the caller's. One thread's.
 */
public final class GyroDropout implements TrainingMethod {
    private final GyroSchedule schedule;
    private final Map<String, Before> replaced = new LinkedHashMap<>();

    private record Before(DropoutLayer layer, double p, @Nullable MaskSource masks) {}

    private GyroDropout(GyroSchedule schedule) { this.schedule = schedule; }

    /** All {@code Dropout} layers of the model, each with its own p. */
    public static GyroDropout replaceIn(Module model, GyroSchedule schedule) { return replaceIn(model, schedule, GyroOptions.DEFAULT); }

    /**
     * Layers that drop nothing are left alone, unless the options give them a p; one that stands in several places gets masks once.
     *
     * @throws IllegalArgumentException if no layer is found, or one drops everything; the model is unchanged then
     */
    public static GyroDropout replaceIn(Module model, GyroSchedule schedule, GyroOptions options) {
        var found = new GyroDropout(schedule);
        model.namedModules().forEach((name, m) -> {
            if (!(m instanceof DropoutLayer layer) || !takes(m, options)) return;
            double p = options.p() == null ? layer.p() : options.p();
            if (p > 0) GyroOptions.checkP(p);
            if (p > 0) found.replaced.put(name, new Before(layer, layer.p(), layer.masks()));
        });
        if (found.replaced.isEmpty()) throw new IllegalArgumentException("gyro dropout would have no effect: " + model.getClass().getSimpleName() + " has no Dropout layer that drops anything"
                + (options.channelLayers() ? "" : " (Dropout1d, Dropout2d and Dropout3d count with GyroOptions.channelLayers)"));
        for (Before b : found.replaced.values()) {
            if (options.p() != null) b.layer.setP(options.p());
            b.layer.setMasks(new GyroMasks(schedule, options));
        }
        return found;
    }

    private static boolean takes(Module m, GyroOptions options) {
        return m instanceof Dropout || options.channelLayers() && (m instanceof Dropout1d || m instanceof Dropout2d || m instanceof Dropout3d);
    }

    public GyroSchedule schedule() { return schedule; }

    /** The layers that have gyro masks, by their full names; none after {@link #undo}. */
    public Map<String, DropoutLayer> replaced() {
        var layers = new LinkedHashMap<String, DropoutLayer>();
        replaced.forEach((name, b) -> layers.put(name, b.layer));
        return Collections.unmodifiableMap(layers);
    }

    /** Gives the layers back their own masks and p, and frees the banks. A second time does nothing. */
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
