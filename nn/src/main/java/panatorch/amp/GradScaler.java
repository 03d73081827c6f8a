package panatorch.amp;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.optim.Optimizer;
import panatorch.optim.ParameterGroup;

/**
 * Scales losses so that small gradients do not vanish in float16 (Micikevicius et al., 2017, arXiv:1710.03740): the loss is multiplied by a
 * scale, and the gradients are divided by it again. A step whose gradients are not finite is skipped, and the scale shrinks. After a number
 * of finite steps in a row it grows. bfloat16 does not need it.
 *
 * <pre>
 * scaler.scale(loss).backward();
 * scaler.unscale_(optimizer);          // only if the gradients are read or clipped
 * scaler.step(optimizer);
 * scaler.update();
 * </pre>
 *
 * <p>
 * Owns its scale, on the device of the first loss, until it is closed. For use by one thread.
 */
public final class GradScaler implements AutoCloseable {
    /**
     * Options of a scaler. Each method returns changed options. A scaler that is not {@code enabled} does nothing but call the optimiser's
     * step.
     */
    public record Options(double initScale, double growthFactor, double backoffFactor, long growthInterval, boolean enabled) {
        public Options {
            if (!(growthFactor > 1)) throw new IllegalArgumentException("the growth factor has to be above 1, not " + growthFactor);
            if (!(backoffFactor < 1)) throw new IllegalArgumentException("the backoff factor has to be below 1, not " + backoffFactor);
        }

        public Options initScale(double scale) { return new Options(scale, growthFactor, backoffFactor, growthInterval, enabled); }
        public Options growthFactor(double factor) { return new Options(initScale, factor, backoffFactor, growthInterval, enabled); }
        public Options backoffFactor(double factor) { return new Options(initScale, growthFactor, factor, growthInterval, enabled); }
        public Options growthInterval(long steps) { return new Options(initScale, growthFactor, backoffFactor, steps, enabled); }
        public Options enabled(boolean on) { return new Options(initScale, growthFactor, backoffFactor, growthInterval, on); }
    }

    /**
     * Returns the defaults: a scale of 65,536, doubled after 2,000 finite steps in a row and halved after a step that is not finite.
     */
    public static Options options() { return new Options(65536, 2, 0.5, 2000, true); }

    private enum Stage { READY, UNSCALED, STEPPED }

    /** The state of an optimiser since the last update. */
    private static final class OptimizerState {
        Stage stage = Stage.READY;
        /** A scalar for each device, not 0 if a gradient was not finite; empty before the gradients are checked. */
        final Map<Device, Tensor> foundInf = new LinkedHashMap<>();
    }

    private final Map<Optimizer, OptimizerState> states = new IdentityHashMap<>();
    private Options options;
    private long initialTracker;
    private @Nullable Tensor scale, growthTracker;

    public GradScaler() { this(options()); }

    public GradScaler(Options options) { this.options = options; }

    public boolean isEnabled() { return options.enabled; }

    /** Returns {@code outputs} times the scale, or {@code outputs} itself if the scaler is not enabled. */
    public Tensor scale(Tensor outputs) {
        if (!options.enabled) return outputs;
        if (scale == null) {
            scale = Aten.scalarTensor(options.initScale, DType.FLOAT32, null, outputs.device()).escape();
            growthTracker = Aten.scalarTensor(initialTracker, DType.INT32, null, outputs.device()).escape();
        }
        try (var scope = Scope.open()) {
            return scope.move(outputs.mul(scale.to(outputs.device())));
        }
    }

    /**
     * Divides the gradients by the scale, in place, and records whether all are finite. {@link #step} does it if it has not been done.
     *
     * @throws IllegalStateException after an earlier call or a step since the last update, or before anything was scaled
     * @throws IllegalArgumentException if gradients are in float16
     */
    public void unscale_(Optimizer optimizer) {
        if (!options.enabled) return;
        OptimizerState state = states.computeIfAbsent(optimizer, o -> new OptimizerState());
        if (state.stage == Stage.UNSCALED) throw new IllegalStateException("the gradients were already unscaled since the last update()");
        if (state.stage == Stage.STEPPED) throw new IllegalStateException("the optimiser has already stepped; call update() first");
        try (var scope = Scope.open()) {
            check(optimizer, state, scaled("unscale_").to(DType.FLOAT64).reciprocal().to(DType.FLOAT32), false);
        }
        state.stage = Stage.UNSCALED;
    }

    private void check(Optimizer optimizer, OptimizerState state, Tensor inverse, boolean allowHalf) {
        record Kind(Device device, DType dtype) {}
        var kinds = new LinkedHashMap<Kind, List<Tensor>>();
        for (ParameterGroup g : optimizer.groups()) {
            for (Tensor p : g.parameters()) {
                if (!(p.grad() instanceof Tensor grad)) continue;
                if (!allowHalf && grad.dtype() == DType.FLOAT16)
                    throw new IllegalArgumentException("gradients in float16 cannot be unscaled; keep the parameters in float32");
                kinds.computeIfAbsent(new Kind(grad.device(), grad.dtype()), k -> new ArrayList<>()).add(grad);
            }
        }
        try (var noGrad = NoGrad.enter()) {
            kinds.forEach((kind, grads) -> {
                Tensor found = state.foundInf.computeIfAbsent(kind.device, d -> Aten.scalarTensor(0, DType.FLOAT32, null, d).escape());
                Aten._ampForeachNonFiniteCheckAndUnscale_(grads, found, inverse.to(kind.device));
            });
        }
    }

    /**
     * Calls the optimiser's step unless a gradient is not finite. A fused optimiser decides that on the device.
     *
     * @throws IllegalStateException after a step since the last update, if there are no gradients, or before anything was scaled
     */
    public void step(Optimizer optimizer) {
        if (!options.enabled) {
            optimizer.step();
            return;
        }
        Tensor by = scaled("step");
        OptimizerState state = states.computeIfAbsent(optimizer, o -> new OptimizerState());
        if (state.stage == Stage.STEPPED) throw new IllegalStateException("the optimiser has already stepped; call update() first");
        try (var scope = Scope.open()) {
            boolean fused = optimizer.supportsScaledStep(), unscaled = state.stage == Stage.UNSCALED;
            if (!unscaled && fused) check(optimizer, state, Aten.scalarTensor(1, DType.FLOAT32, null, by.device()), true);
            else if (!unscaled) unscale_(optimizer);
            if (state.foundInf.isEmpty())
                throw new IllegalStateException("the optimiser's parameters have no gradients; call backward() first");
            Tensor found = total(state.foundInf.values());
            if (fused) optimizer.scaledStep(unscaled ? null : by, found);
            else if (found.itemDouble() == 0) optimizer.step();
        }
        state.stage = Stage.STEPPED;
    }

    private static Tensor total(Iterable<Tensor> found) {
        Tensor sum = null;
        for (Tensor f : found) sum = sum == null ? f : sum.add(f.to(sum.device()));
        return java.util.Objects.requireNonNull(sum);
    }

    /**
     * Shrinks the scale if a step was skipped; otherwise counts the step towards the growth of the scale.
     *
     * @throws IllegalStateException if there was no step
     */
    public void update() {
        if (!options.enabled) return;
        Tensor by = scaled("update");
        var found = new ArrayList<Tensor>();
        states.values().forEach(s -> found.addAll(s.foundInf.values()));
        if (found.isEmpty()) throw new IllegalStateException("no gradients were checked since the last update; call step(optimizer) first");
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Aten._ampUpdateScale_(by, java.util.Objects.requireNonNull(growthTracker), total(found).to(by.device()), options.growthFactor,
                    options.backoffFactor, options.growthInterval);
        }
        forget();
    }

    /** Sets the scale. */
    public void update(double newScale) {
        if (!options.enabled) return;
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            scaled("update").fill_(newScale);
        }
        forget();
    }

    private void forget() {
        states.values().forEach(s -> s.foundInf.values().forEach(Tensor::close));
        states.clear();
    }

    private Tensor scaled(String method) {
        if (scale == null) throw new IllegalStateException(method + " needs a scaled loss; call scale(loss) first");
        return scale;
    }

    /** Returns the scale, or 1 if the scaler is not enabled. Waits for the device. */
    public double currentScale() {
        if (!options.enabled) return 1;
        return scale == null ? options.initScale : scale.itemDouble();
    }

    /**
     * Returns the state in Python's form: scale, factors, interval and the number of finite steps in a row; empty if the scaler is not
     * enabled.
     */
    public Map<String, Object> stateDict() {
        var state = new LinkedHashMap<String, Object>();
        if (!options.enabled) return state;
        state.put("scale", currentScale());
        state.put("growth_factor", options.growthFactor);
        state.put("backoff_factor", options.backoffFactor);
        state.put("growth_interval", options.growthInterval);
        state.put("_growth_tracker", growthTracker == null ? initialTracker : growthTracker.itemLong());
        return state;
    }

    /**
     * Restores a state of {@link #stateDict}, Java's or Python's.
     *
     * @throws IllegalArgumentException if the state is of a scaler that was not enabled
     */
    public void loadStateDict(Map<String, ?> state) {
        if (!options.enabled) return;
        options = new Options(number(state, "scale").doubleValue(), number(state, "growth_factor").doubleValue(),
                number(state, "backoff_factor").doubleValue(), number(state, "growth_interval").longValue(), true);
        initialTracker = number(state, "_growth_tracker").longValue();
        close(); // the next loss creates both again
    }

    private static Number number(Map<String, ?> state, String key) {
        if (state.get(key) instanceof Number n) return n;
        throw new IllegalArgumentException("the scaler's state has no number '" + key + "'" + (state.isEmpty() ? ": it was saved by a "
                + "scaler that was not enabled" : ""));
    }

    /** Frees the scale. Closing twice is harmless. */
    @Override public void close() {
        forget();
        if (scale != null) scale.close();
        if (growthTracker != null) growthTracker.close();
        scale = null;
        growthTracker = null;
    }
}
