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
 * Keeps small gradients from vanishing in float16: the loss is multiplied by a scale and the gradients are divided by it again. A step whose
 * gradients are not finite is left out and the scale shrinks; after a number of steps in a row that are finite it grows (Micikevicius et al.,
 * 2017, arXiv:1710.03740). bfloat16 needs none of it.
 *
 * <pre>
 * scaler.scale(loss).backward();
 * scaler.unscale_(optimizer);          // only where the gradients are looked at, for clipping, say
 * scaler.step(optimizer);
 * scaler.update();
 * </pre>
 *
 * <p>Owns its scale, on the device of the first loss, until closed. One thread's.
 */
public final class GradScaler implements AutoCloseable {
    /** Each method returns changed options. Not {@code enabled}, all methods do nothing but to step. */
    public record Options(double initScale, double growthFactor, double backoffFactor, long growthInterval, boolean enabled) {
        public Options {
            if (!(growthFactor > 1)) throw new IllegalArgumentException("the growth factor is above 1: " + growthFactor);
            if (!(backoffFactor < 1)) throw new IllegalArgumentException("the backoff factor is below 1: " + backoffFactor);
        }

        public Options initScale(double scale) { return new Options(scale, growthFactor, backoffFactor, growthInterval, enabled); }
        public Options growthFactor(double factor) { return new Options(initScale, factor, backoffFactor, growthInterval, enabled); }
        public Options backoffFactor(double factor) { return new Options(initScale, growthFactor, factor, growthInterval, enabled); }
        public Options growthInterval(long steps) { return new Options(initScale, growthFactor, backoffFactor, steps, enabled); }
        public Options enabled(boolean on) { return new Options(initScale, growthFactor, backoffFactor, growthInterval, on); }
    }

    /** From 65,536, twice as much after 2,000 finite steps, half after one that is not. */
    public static Options options() { return new Options(65536, 2, 0.5, 2000, true); }

    private enum Stage { READY, UNSCALED, STEPPED }

    /** Since the last update. */
    private static final class OptimizerState {
        Stage stage = Stage.READY;
        /** One scalar a device, not 0 where a gradient was not finite; empty before the gradients are checked. */
        final Map<Device, Tensor> foundInf = new LinkedHashMap<>();
    }

    private final Map<Optimizer, OptimizerState> states = new IdentityHashMap<>();
    private Options options;
    private long initialTracker;
    private @Nullable Tensor scale, growthTracker;

    public GradScaler() { this(options()); }

    public GradScaler(Options options) { this.options = options; }

    public boolean isEnabled() { return options.enabled; }

    /** {@code outputs} times the scale, or itself if not enabled. */
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
     * Divides the gradients by the scale, in place, and notes whether all are finite; {@link #step} does so by itself.
     *
     * @throws IllegalStateException after an earlier call or a step since the last update, or before anything was scaled
     * @throws IllegalArgumentException if gradients are in float16
     */
    public void unscale_(Optimizer optimizer) {
        if (!options.enabled) return;
        OptimizerState state = states.computeIfAbsent(optimizer, o -> new OptimizerState());
        if (state.stage == Stage.UNSCALED) throw new IllegalStateException("the gradients are unscaled already");
        if (state.stage == Stage.STEPPED) throw new IllegalStateException("the optimiser has stepped already; update() comes next");
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
                if (!allowHalf && grad.dtype() == DType.FLOAT16) throw new IllegalArgumentException("gradients in float16 cannot be unscaled: keep the parameters in float32");
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
     * A step of the optimiser unless a gradient is not finite. A fused optimiser decides that on the device.
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
        if (state.stage == Stage.STEPPED) throw new IllegalStateException("the optimiser has stepped already; update() comes next");
        try (var scope = Scope.open()) {
            boolean fused = optimizer.supportsScaledStep(), unscaled = state.stage == Stage.UNSCALED;
            if (!unscaled && fused) check(optimizer, state, Aten.scalarTensor(1, DType.FLOAT32, null, by.device()), true);
            else if (!unscaled) unscale_(optimizer);
            if (state.foundInf.isEmpty()) throw new IllegalStateException("the optimiser's parameters have no gradients");
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

    /** Shrinks the scale if an optimiser's step was left out, or else counts towards its growth. @throws IllegalStateException if there was no step */
    public void update() {
        if (!options.enabled) return;
        Tensor by = scaled("update");
        var found = new ArrayList<Tensor>();
        states.values().forEach(s -> found.addAll(s.foundInf.values()));
        if (found.isEmpty()) throw new IllegalStateException("no gradients were checked since the last update");
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Aten._ampUpdateScale_(by, java.util.Objects.requireNonNull(growthTracker), total(found).to(by.device()), options.growthFactor, options.backoffFactor, options.growthInterval);
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
        if (scale == null) throw new IllegalStateException(method + " comes after scale(loss)");
        return scale;
    }

    /** 1 if not enabled. Waits for the device. */
    public double currentScale() {
        if (!options.enabled) return 1;
        return scale == null ? options.initScale : scale.itemDouble();
    }

    /** In Python's form: scale, factors, interval and the finite steps in a row; empty if not enabled. */
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

    /** Continues where {@link #stateDict} was taken, also Python's. @throws IllegalArgumentException if it is of one that was not enabled */
    public void loadStateDict(Map<String, ?> state) {
        if (!options.enabled) return;
        options = new Options(number(state, "scale").doubleValue(), number(state, "growth_factor").doubleValue(), number(state, "backoff_factor").doubleValue(), number(state, "growth_interval").longValue(), true);
        initialTracker = number(state, "_growth_tracker").longValue();
        close(); // the next loss makes both anew
    }

    private static Number number(Map<String, ?> state, String key) {
        if (state.get(key) instanceof Number n) return n;
        throw new IllegalArgumentException("the scaler's state has no number '" + key + "'" + (state.isEmpty() ? ": it is of a scaler that was not enabled" : ""));
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
