package panatorch;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.PassEnd;

/**
 * An operation whose derivative is written in Java, too.
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
 * What else it depends on (numbers, shapes) are fields of the subclass, which should not change after {@link #apply}. Without fields that
 * change, one object may be applied by many threads at once. Exceptions of {@link #backward} reach the caller of {@code backward} as they
 * were. A graph with functions in it may be differentiated by many threads at once if {@code backward} changes no fields.
 *
 * <p>
 * Derivatives of derivatives are those of the operators that {@link #backward} calls, so they exist where it computes with its gradients,
 * saved inputs and saved outputs; {@link GradCheck} tells. Forward-mode derivatives are not supported, and neither is an operation that
 * changes its inputs in place.
 */
public abstract class Function {

    /**
     * Computes the outputs. Operators record nothing for {@code backward} meanwhile; temporary tensors are freed at the end.
     *
     * @return new tensors of strided layout, of any shapes and types; those that are not floating-point or complex get no gradient
     */
    protected abstract List<Tensor> forward(Context context, List<Tensor> inputs);

    /**
     * Computes the gradients of the inputs.
     *
     * @param gradients one for each output and of its shape; where nothing depended on an output, zeros, or, as
     * {@link Context#materializeGradients} says, null; null also for outputs without gradient
     * @return one for each input, of its shape or one that broadcasting made of it; null means zeros, and is right where
     * {@link Context#needsGradient} says no
     */
    protected abstract List<? extends @Nullable Tensor> backward(Context context, List<Tensor> gradients);

    /** Returns the only output for {@code inputs}. It belongs to the current scope. */
    public final Tensor apply(Tensor... inputs) {
        List<Tensor> outputs = applyAll(List.of(inputs));
        if (outputs.size() != 1) throw new IllegalStateException(name() + " has " + outputs.size() + " outputs; applyAll returns them all");
        return outputs.getFirst();
    }

    /** Returns all outputs for {@code inputs}. They belong to the current scope. */
    public final List<Tensor> applyAll(List<Tensor> inputs) {
        boolean recording = NoGrad.isGradEnabled() && inputs.stream().anyMatch(Tensor::requiresGrad);
        if (recording) PassEnd.require();
        var context = new Context(this, inputs);
        try (var scope = Scope.open()) {
            List<Tensor> outputs;
            try (var off = NoGrad.enter()) {
                outputs = List.copyOf(forward(context, inputs));
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
        @Nullable
        RecordedFunction recorded;

        private Context(Function function, List<Tensor> inputs) {
            this.function = function;
            needed = new boolean[inputs.size()];
            for (int i = 0; i < needed.length; i++) needed[i] = inputs.get(i).requiresGrad();
        }

        /** Keeps inputs, outputs and other tensors for {@code backward}. To be called once, in {@link Function#forward}. */
        public void save(Tensor... tensors) {
            if (!toSave.isEmpty()) throw new IllegalStateException("save is called once, with all tensors");
            toSave = List.of(tensors);
        }

        /**
         * What was saved, in order, as handles of the current scope.
         *
         * @throws TorchException if one of them was changed in place since, or if the graph was freed by an earlier {@code backward}
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

        /** Another thread's backward may free what is saved now; nothing is freed under the lock. */
        private synchronized List<Saved> shared(List<Tensor> handles) {
            var all = saved;
            if (all == null) throw freed();
            for (Saved s : all) handles.add(s.tensor.share());
            return all;
        }

        /** Declares that outputs have no gradient. To be called in {@link Function#forward}. */
        public void markNonDifferentiable(Tensor... outputs) {
            nonDifferentiable = List.of(outputs);
        }

        /**
         * Sets whether {@code backward} gets zeros for the gradients of outputs that nothing depended on, as it does by default, or null.
         */
        public void materializeGradients(boolean materialize) {
            this.materialize = materialize;
        }

        /** Returns whether the gradient of input {@code i} is of any use. */
        public boolean needsGradient(int i) { return needed[i]; }

        boolean materializes() { return materialize; }

        boolean differentiable(Tensor output) {
            return !nonDifferentiable.contains(output) && (output.isFloatingPoint() || output.isComplex());
        }

        boolean savesNothing() { return savesNothing; }

        /** The caller's tensors: one that nobody else holds is garbage, though its graph, which holds this, is not. */
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
