package panatorch;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.internal.calls.TransformLevel;
import panatorch.internal.libtorch.PassEnd;

/**
 * A differentiable operation whose forward and backward pass are both written in Java.
 *
 * <pre>{@code
 * final class Exp extends Function {
 *     protected List<Tensor> forward(Context context, List<Tensor> inputs) {
 *         Tensor y = inputs.get(0).exp();
 *         context.save(y);
 *         return List.of(y);
 *     }
 *
 *     protected List<Tensor> backward(Context context, List<Tensor> gradients) {
 *         return List.of(gradients.get(0).mul(context.saved().get(0)));
 *     }
 * }
 *
 * Tensor y = new Exp().apply(x);
 * }</pre>
 *
 * <p>
 * Other values that it depends on (numbers, shapes) are fields of the subclass, which should not change after {@link #apply}. If no field
 * changes, several threads may apply one object at the same time. Exceptions of {@link #backward} reach the caller of {@code backward}
 * unchanged. Several threads may differentiate a graph that contains functions at the same time if {@code backward} changes no fields.
 *
 * <p>
 * Derivatives of derivatives come from the operators that {@link #backward} calls, so they exist if it computes with its gradients, saved
 * inputs and saved outputs. {@link GradCheck} checks them. Forward-mode derivatives are not supported, nor are operations that change their
 * inputs in place.
 */
public abstract class Function {
    private boolean keepsAutocast;
    private @Nullable DType castInputs;

    /**
     * Lets {@link #backward} run in the state of {@link Autocast} in which the function was applied, as Python's {@code custom_fwd} and
     * {@code custom_bwd} do. Otherwise it runs in that of the caller of {@code backward}. Call it before {@link #apply}, or in the
     * constructor.
     */
    public final Function withAutocast() {
        keepsAutocast = true;
        return this;
    }

    /**
     * Lets {@link #forward} and {@link #backward} run without {@link Autocast} if the function is applied under it, on inputs that are
     * converted, as Python's {@code custom_fwd(cast_inputs=dtype)} and {@code custom_bwd} do. The type of device is that of the first
     * input. Floating-point inputs on it are converted, except float64. Without autocast, nothing is converted. Call it before
     * {@link #apply}, or in the constructor.
     */
    public final Function castInputs(DType dtype) {
        castInputs = Objects.requireNonNull(dtype, "dtype");
        keepsAutocast = true;
        return this;
    }

    /**
     * Computes the outputs. Operators record nothing for {@code backward} meanwhile. Temporary tensors are freed at the end.
     *
     * @return new tensors of strided layout and of any shapes and types; those that are neither floating-point nor complex get no gradient
     */
    protected abstract List<Tensor> forward(Context context, List<Tensor> inputs);

    /**
     * Computes the gradients of the inputs.
     *
     * @param gradients for each output a tensor of its shape; zeros, or null after {@link Context#materializeGradients
     * materializeGradients(false)}, for an output that nothing depended on; null for outputs without gradient
     * @return for each input a tensor of its shape or of a shape that it was broadcast to; null means zeros, and is right if
     * {@link Context#needsGradient} is false
     */
    protected abstract List<? extends @Nullable Tensor> backward(Context context, List<Tensor> gradients);

    /** Returns the only output for {@code inputs}. It belongs to the current scope. */
    public final Tensor apply(Tensor... inputs) {
        List<Tensor> outputs = applyAll(List.of(inputs));
        if (outputs.size() != 1)
            throw new IllegalStateException(name() + " has " + outputs.size() + " outputs; call applyAll, which returns them all");
        return outputs.getFirst();
    }

    /**
     * Returns all outputs for {@code inputs}. They belong to the current scope.
     *
     * @throws UnsupportedOperationException inside a transform of {@code panatorch.func}
     */
    public final List<Tensor> applyAll(List<Tensor> inputs) {
        if (TransformLevel.isAny())
            throw new UnsupportedOperationException(name() + " cannot run inside a transform of panatorch.func, which does not know the "
                    + "derivative of a Function. Call operators there, or define an operator in an OperatorLibrary with a kernel for "
                    + DispatchKey.COMPOSITE_IMPLICIT_AUTOGRAD + ".");
        boolean recording = NoGrad.isGradEnabled() && inputs.stream().anyMatch(Tensor::requiresGrad);
        if (recording) PassEnd.require();
        var context = new Context(this, inputs);
        try (var scope = Scope.open()) {
            List<Tensor> outputs;
            try (var off = NoGrad.enter()) {
                outputs = List.copyOf(castInputs != null && !inputs.isEmpty() ? withoutAutocast(castInputs, context, inputs)
                        : forwardIn(context, inputs));
            }
            context.keepOutputs(outputs);
            if (recording) outputs = RecordedFunction.outputs(this, context, inputs, outputs);
            context.forgetTensors();
            var own = new ArrayList<Tensor>();
            for (Tensor y : outputs) own.add(inputs.contains(y) ? y.share() : y);
            scope.keep(own.toArray(Tensor[]::new));
            if (!recording) context.release();
            return own;
        } catch (RuntimeException | Error e) {
            context.release();
            throw e;
        }
    }

    private List<Tensor> forwardIn(Context context, List<Tensor> inputs) {
        if (keepsAutocast) context.autocast = Autocast.snapshot();
        return forward(context, inputs);
    }

    private List<Tensor> withoutAutocast(DType dtype, Context context, List<Tensor> inputs) {
        Device.Type device = inputs.getFirst().device().type();
        if (!Autocast.isEnabled(device)) return forwardIn(context, inputs);
        var converted = new ArrayList<Tensor>();
        for (Tensor x : inputs) {
            boolean fits = x.device().type() == device && x.isFloatingPoint() && x.dtype() != DType.FLOAT64;
            converted.add(fits && x.dtype() != dtype ? x.to(dtype) : x);
        }
        try (var off = Autocast.off(device)) {
            return forwardIn(context, converted);
        }
    }

    /** Calls {@link #backward} in the state of autocast that it is to run in. */
    final List<? extends @Nullable Tensor> differentiate(Context context, List<Tensor> gradients) {
        var states = new ArrayList<Autocast>();
        try {
            for (Supplier<Autocast> state : context.autocast) states.add(state.get());
            return backward(context, gradients);
        } finally {
            for (Autocast state : states.reversed()) state.close();
        }
    }

    final String name() { return getClass().getSimpleName().isEmpty() ? "an anonymous function" : getClass().getSimpleName(); }

    /**
     * The state that one application of a function keeps from {@link #forward} to {@link #backward}. Its tensors are freed with the graph,
     * or after {@code backward} if that does not retain it.
     */
    public static final class Context {
        private record Saved(Tensor tensor, long version, int output) {}

        private final Function function;
        private final boolean[] needed;
        private List<Tensor> toSave = List.of();
        private List<Tensor> nonDifferentiable = List.of();
        private @Nullable List<Saved> saved;
        private boolean materialize = true, savesNothing;
        /** The state of autocast in which backward runs; empty for that of its caller. */
        private List<Supplier<Autocast>> autocast = List.of();
        @Nullable
        RecordedFunction recorded;

        private Context(Function function, List<Tensor> inputs) {
            this.function = function;
            needed = new boolean[inputs.size()];
            for (int i = 0; i < needed.length; i++) needed[i] = inputs.get(i).requiresGrad();
        }

        /** Saves inputs, outputs and other tensors for {@code backward}. Call it once, in {@link Function#forward}. */
        public void save(Tensor... tensors) {
            if (!toSave.isEmpty()) throw new IllegalStateException("save was called twice; call it once, with all tensors");
            toSave = List.of(tensors);
        }

        /**
         * Returns the saved tensors in order, as handles in the current scope.
         *
         * @throws TorchException if one of them was changed in place since, or if an earlier {@code backward} freed the graph
         */
        public List<Tensor> saved() {
            var handles = new ArrayList<Tensor>();
            List<Saved> all = shared(handles);
            for (int i = 0; i < handles.size(); i++) {
                Saved s = all.get(i);
                Tensor t = handles.get(i);
                if (Aten._version(t) != s.version)
                    throw new TorchException("", "One of the tensors that " + function.name() + " saved for backward, "
                            + t.describe() + ", was changed in place since: it is at version " + Aten._version(t) + ", but version "
                            + s.version + " was saved.", null);
                if (s.output >= 0 && recorded != null && NoGrad.isGradEnabled()) handles.set(i, recorded.connected(s.output, t));
            }
            return handles;
        }

        /** Shares the saved tensors under the lock, as another thread's backward may free them now. Nothing is freed under the lock. */
        private synchronized List<Saved> shared(List<Tensor> handles) {
            var all = saved;
            if (all == null) throw freed();
            for (Saved s : all) handles.add(s.tensor.share());
            return all;
        }

        /** Declares that outputs have no gradient. Call it in {@link Function#forward}. */
        public void markNonDifferentiable(Tensor... outputs) {
            nonDifferentiable = List.of(outputs);
        }

        /**
         * Sets whether {@code backward} gets zeros (the default) or null for the gradients of outputs that nothing depended on.
         */
        public void materializeGradients(boolean materialize) {
            this.materialize = materialize;
        }

        /** Returns whether the gradient of input {@code i} is needed. */
        public boolean needsGradient(int i) { return needed[i]; }

        boolean materializes() { return materialize; }

        boolean differentiable(Tensor output) {
            return !nonDifferentiable.contains(output) && (output.isFloatingPoint() || output.isComplex());
        }

        boolean savesNothing() { return savesNothing; }

        /**
         * Drops the references to the caller's tensors. The graph holds this context, and a tensor that only the context holds should
         * become garbage.
         */
        private void forgetTensors() {
            toSave = List.of();
            nonDifferentiable = List.of();
        }

        private void keepOutputs(List<Tensor> outputs) {
            var all = new ArrayList<Saved>();
            for (Tensor t : toSave) all.add(new Saved(t.share().escape(), Aten._version(t), outputs.indexOf(t)));
            synchronized (this) {
                saved = all;
            }
            savesNothing = all.isEmpty();
        }

        TorchException freed() {
            return new TorchException("", "Trying to backward through the graph a second time, or to read what " + function.name()
                    + " saved after it was freed. Pass retainGraph to the first backward to keep it.", null);
        }

        void release() {
            List<Saved> all;
            synchronized (this) {
                all = saved;
                saved = null;
            }
            if (all != null) all.forEach(s -> s.tensor.close());
        }
    }
}
