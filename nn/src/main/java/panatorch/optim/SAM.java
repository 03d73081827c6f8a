package panatorch.optim;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Linalg;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Sharpness-aware minimisation: another optimiser steps from w with the gradient at {@code w + ρ∇/‖∇‖}, the point close by where the loss
 * is highest to first order. ‖∇‖ is the norm of all gradients together (Foret et al., 2021, arXiv:2010.01412, algorithm 1). The adaptive
 * form moves to {@code w + ρw²∇/‖|w|∇‖}, which does not depend on the scale of the weights (Kwon et al., 2021, arXiv:2102.11600). Each step
 * takes two forward and two backward passes.
 *
 * <pre>{@code
 * sam.step(() -> { sam.zeroGrad(); Tensor loss = loss(net.call(x), y); loss.backward(); return loss; });   // or:
 *
 * loss(net.call(x), y).backward();
 * sam.perturb();
 * sam.zeroGrad();
 * loss(net.call(x), y).backward();
 * sam.step();
 * }</pre>
 *
 * <p>
 * With a {@link panatorch.amp.GradScaler}, call {@link #restore} after {@code scaler.step(sam)}, since that may skip the step. The running
 * statistics of batch normalisation count both passes. A {@code Trainer} makes one pass a step, so it cannot use this class.
 *
 * <p>
 * Owns a copy of the weights between {@link #perturb} and {@link #step()}. It has no state of its own otherwise; closing it closes the
 * other optimiser. Schedulers may be created for either.
 */
public final class SAM extends OptimizerWrapper {
    /**
     * Options of {@link SAM}. Each method returns changed options.
     *
     * @param rho ρ, the distance
     * @param adaptive whether the distance is measured relative to each weight; ρ is about ten times as large then
     */
    public record Options(double rho, boolean adaptive) {
        public Options {
            Require.notNegative("rho", rho);
        }

        public Options rho(double value) { return new Options(value, adaptive); }
        public Options adaptive(boolean on) { return new Options(rho, on); }
    }

    /** Returns options with the paper's ρ, 0.05. */
    public static Options options() { return new Options(0.05, false); }

    private record Moved(Tensor parameter, Tensor weights) {}

    private record Part(ParameterBucket bucket, double rho, boolean adaptive) {}

    /** The weights before {@link #perturb}, or null if they are in place. */
    private @Nullable List<Moved> moved;

    /**
     * Creates the optimiser.
     *
     * @param wrapped optimiser that makes the steps
     */
    public SAM(Optimizer wrapped, Options options) { super(wrapped, Map.of("rho", options.rho, "adaptive", options.adaptive)); }

    /**
     * Moves the weights to where the loss is highest, by the gradients of an ordinary backward pass. Free the gradients afterwards, and
     * compute them again.
     *
     * @throws IllegalStateException if the weights are there already
     * @throws IllegalArgumentException if a gradient is sparse; nothing is changed
     */
    public void perturb() {
        if (moved != null) throw new IllegalStateException("the weights are perturbed already; call step(), or restore() to skip the step");
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            var parts = new ArrayList<Part>();
            for (ParameterGroup g : groups()) {
                for (ParameterBucket b : ParameterBucket.of(g, null, null)) {
                    if (b.isSparse()) checkSparse(b);
                    parts.add(new Part(b, g.number("rho"), Boolean.TRUE.equals(g.get("adaptive"))));
                }
            }
            keepWeights();
            if (!parts.isEmpty()) move(parts);
        }
    }

    private void keepWeights() {
        var all = new ArrayList<Moved>();
        moved = all;
        for (ParameterGroup g : groups()) for (Tensor p : g.parameters()) if (p.grad() != null) all.add(new Moved(p, p.clone().escape()));
    }

    private static void move(List<Part> parts) {
        Device first = parts.getFirst().bucket.device();
        var norms = new ArrayList<Tensor>();
        for (Part part : parts) {
            List<Tensor> g = part.bucket.gradients();
            if (part.adaptive) g = Aten._foreachMul(g, Aten._foreachAbs(part.bucket.parameters()));
            for (Tensor norm : Aten._foreachNorm(g, 2)) norms.add(norm.to(first, DType.FLOAT64));
        }
        Tensor norm = Linalg.vectorNorm(Aten.stack(norms)).add(1e-12);
        for (Part part : parts) {
            Tensor scale = norm.reciprocal().mul(part.rho).to(part.bucket.device());
            List<Tensor> step = Aten._foreachMul(part.bucket.gradients(), scale);
            if (part.adaptive) Aten._foreachMul_(step, Aten._foreachMul(part.bucket.parameters(), part.bucket.parameters()));
            Aten._foreachAdd_(part.bucket.parameters(), step);
        }
    }

    /** Puts the weights back, bit for bit, without a step. Does nothing if they are in place. */
    public void restore() {
        List<Moved> all = moved;
        if (all == null) return;
        try (var noGrad = NoGrad.enter()) {
            if (!all.isEmpty()) Aten._foreachCopy_(all.stream().map(Moved::parameter).toList(), all.stream().map(Moved::weights).toList());
        }
        forget();
    }

    private void forget() {
        List<Moved> all = moved;
        if (all != null) all.forEach(m -> m.weights.close());
        moved = null;
    }

    /**
     * Puts the weights back and makes the other optimiser's step with the gradients of the second pass.
     *
     * @throws IllegalStateException if the gradients are not those of a second pass, because {@link #perturb} was not called
     */
    @Override public void step() {
        if (moved == null)
            throw new IllegalStateException("SAM needs the gradient at perturbed weights: call perturb() after backward(), then zeroGrad() "
                    + "and backward() again before step(); or call step(closure)");
        run(null);
    }

    /**
     * Makes a step, for which {@code closure} is called twice. It frees the gradients, computes the loss, calls {@code backward} and
     * returns the loss.
     *
     * @return the loss before the step, which belongs to the current scope
     */
    @Override public Tensor step(Supplier<Tensor> closure) {
        return Objects.requireNonNull(run(closure));
    }

    private @Nullable Tensor run(@Nullable Supplier<Tensor> closure) {
        return hooked(() -> {
            Tensor loss = closure == null ? null : passes(closure);
            restore();
            wrapped.step();
            return loss;
        });
    }

    private Tensor passes(Supplier<Tensor> closure) {
        Tensor loss = evaluated(closure);
        perturb();
        try (var scope = Scope.open()) {
            evaluated(closure);
        } finally {
            restore();
        }
        return loss;
    }

    /** Frees the state, and a copy of the weights without putting it back. Closing twice is harmless. */
    @Override public void close() {
        forget();
        super.close();
    }
}
