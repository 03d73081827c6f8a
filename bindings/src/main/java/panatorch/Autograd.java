package panatorch;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.UnaryOperator;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.References;

/** Derivatives of tensors that were computed while gradient recording was on (see {@link NoGrad}). */
public final class Autograd {
    private Autograd() {}

    /**
     * Computes the gradients of {@code loss}, which has one element, and adds them to {@link Tensor#grad} of all leaves it was computed
     * from.
     */
    public static void backward(Tensor loss) {
        backward(loss, null, false, false);
    }

    /**
     * Computes the gradients of {@code output}, weighted by {@code gradient}, and adds them to {@link Tensor#grad} of all leaves it was
     * computed from.
     *
     * @param gradient weights of the same shape as {@code output}; null if that has one element
     * @param retainGraph whether {@code backward} may be called again
     * @param createGraph whether the gradients can be differentiated in turn, which retains the graph, too
     * @throws TorchException if the graph was freed by an earlier {@code backward}, or a saved tensor was changed in place since
     */
    public static void backward(Tensor output, @Nullable Tensor gradient, boolean retainGraph, boolean createGraph) {
        AutogradEngine.backward(output, gradient, retainGraph, createGraph);
    }

    /**
     * Computes the gradients of the sum of {@code outputs}, weighted by {@code gradients}, and adds them to {@link Tensor#grad} of
     * {@code inputs}.
     *
     * @param gradients for each output a tensor of its shape, or null for an output of one element; null if all have one element
     * @param inputs the leaves whose gradients are wanted; if empty, all
     */
    public static void backward(List<Tensor> outputs, @Nullable List<? extends @Nullable Tensor> gradients, boolean retainGraph,
            boolean createGraph, List<Tensor> inputs) {
        if (outputs.isEmpty()) throw new IllegalArgumentException("backward needs at least one output");
        sameNumber(outputs, gradients);
        try (var of = vector(outputs); var weights = vector(gradients == null ? List.of() : gradients); var by = vector(inputs);
                var retain = new BoolOptional(retainGraph || createGraph)) {
            AutogradEngine.run(outputs, !inputs.isEmpty(), () -> Mode.during(() -> {
                try {
                    torch.backward(of, weights, retain, createGraph, by);
                } catch (RuntimeException e) {
                    throw NativeErrors.of(e);
                }
            }));
        }
    }

    /**
     * Returns the gradients of {@code output}, which has one element, with respect to {@code inputs}. {@link Tensor#grad} does not change.
     *
     * @throws TorchException if {@code output} does not depend on one of the inputs
     */
    public static List<Tensor> grad(Tensor output, Tensor... inputs) {
        return grad(List.of(output), List.of(inputs), null, false, false);
    }

    /**
     * Returns the gradients of the sum of {@code outputs}, weighted by {@code gradOutputs}, with respect to each of {@code inputs}.
     * {@link Tensor#grad} does not change. The results belong to the current scope.
     *
     * @param gradOutputs one for each output and of its shape, or null for an output of one element; null if all are of one element
     * @param retainGraph whether the outputs may be differentiated again
     * @param createGraph whether the results can be differentiated in turn, which retains the graph, too
     * @throws TorchException if the outputs do not depend on one of the inputs, as by default in Python; {@link #gradAllowUnused} permits
     * that
     */
    public static List<Tensor> grad(List<Tensor> outputs, List<Tensor> inputs, @Nullable List<? extends @Nullable Tensor> gradOutputs,
            boolean retainGraph, boolean createGraph) {
        var gradients = new ArrayList<Tensor>();
        for (Tensor g : gradients(outputs, inputs, gradOutputs, retainGraph, createGraph, false)) gradients.add(Objects.requireNonNull(g));
        return gradients;
    }

    /**
     * Returns the gradients as {@link #grad(List, List, List, boolean, boolean) grad} does, with null for each input that the outputs do
     * not depend on: Python's {@code allow_unused=True}.
     *
     * @param gradOutputs one for each output and of its shape, or null for an output of one element; null if all are of one element
     * @param retainGraph whether the outputs may be differentiated again
     * @param createGraph whether the results can be differentiated in turn, which retains the graph, too
     */
    public static List<@Nullable Tensor> gradAllowUnused(List<Tensor> outputs, List<Tensor> inputs,
            @Nullable List<? extends @Nullable Tensor> gradOutputs,
            boolean retainGraph, boolean createGraph) {
        return gradients(outputs, inputs, gradOutputs, retainGraph, createGraph, true);
    }

    /**
     * Begins a derivative of one output or the sum of several, with the choices of {@code torch.autograd.grad} by name:
     *
     * <pre>{@code
     * List<Tensor> gradients = Autograd.of(loss).createGraph().grad(net.parameters());
     * }</pre>
     */
    public static Derivative of(Tensor... outputs) {
        return new Derivative(List.of(outputs), null, false, false, false);
    }

    /** A derivative of some outputs, with its choices. Immutable; it refers to the outputs, but does not own them. */
    public static final class Derivative {
        private final List<Tensor> outputs;
        private final @Nullable List<Tensor> weights;
        private final boolean retain, create, batched;

        private Derivative(List<Tensor> outputs, @Nullable List<Tensor> weights, boolean retain, boolean create, boolean batched) {
            this.outputs = outputs;
            this.weights = weights;
            this.retain = retain;
            this.create = create;
            this.batched = batched;
        }

        /**
         * Weights the outputs: {@code grad_outputs}, one for each and of its shape. An output of one element has the weight 1 without it.
         */
        public Derivative weighted(Tensor... weights) {
            return new Derivative(outputs, List.of(weights), retain, create, false);
        }

        /**
         * Weights the outputs several times at once: {@code is_grads_batched=True}. Each weight has one dimension more than its output, at
         * the front, and so has each gradient. {@code vmap} computes them together.
         */
        public Derivative weightedEach(Tensor... weights) {
            return new Derivative(outputs, List.of(weights), retain, create, true);
        }

        /** Lets the outputs be differentiated again: {@code retain_graph=True}. */
        public Derivative retainGraph() {
            return new Derivative(outputs, weights, true, create, batched);
        }

        /** Lets the results be differentiated in turn, which retains the graph, too: {@code create_graph=True}. */
        public Derivative createGraph() {
            return new Derivative(outputs, weights, retain, true, batched);
        }

        /**
         * Returns the gradients with respect to each input, in the current scope. {@link Tensor#grad} does not change.
         *
         * @throws TorchException if the outputs do not depend on one of the inputs
         */
        public List<Tensor> grad(List<Tensor> inputs) {
            if (!batched) return Autograd.grad(outputs, inputs, weights, retain, create);
            var gradients = new ArrayList<Tensor>();
            for (Tensor g : gradAllowUnused(inputs)) {
                if (g == null)
                    throw new TorchException("grad", "the outputs do not depend on one of the inputs; see gradAllowUnused", null);
                gradients.add(g);
            }
            return gradients;
        }

        /** Returns the gradients with respect to each input, see {@link #grad(List)}. */
        public List<Tensor> grad(Tensor... inputs) {
            return grad(List.of(inputs));
        }

        /** Returns the gradients, with null for each input that the outputs do not depend on: {@code allow_unused=True}. */
        public List<@Nullable Tensor> gradAllowUnused(List<Tensor> inputs) {
            return batched ? BatchedGradients.of(outputs, inputs, Objects.requireNonNull(weights), retain, create)
                    : Autograd.gradAllowUnused(outputs, inputs, weights, retain, create);
        }

        /** Adds the gradients to {@link Tensor#grad} of all leaves that the outputs were computed from. */
        public void backward() {
            backward(List.of());
        }

        /** Adds the gradients to {@link Tensor#grad} of these leaves alone; of all, if the list is empty. */
        public void backward(List<Tensor> inputs) {
            if (batched) throw new IllegalStateException("backward adds gradients of one weight only; call grad for weightedEach");
            Autograd.backward(outputs, weights, retain, create, inputs);
        }
    }

    private static List<@Nullable Tensor> gradients(List<Tensor> outputs, List<Tensor> inputs,
            @Nullable List<? extends @Nullable Tensor> gradOutputs,
            boolean retainGraph, boolean createGraph, boolean allowUnused) {
        if (outputs.isEmpty() || inputs.isEmpty()) throw new IllegalArgumentException("grad needs at least one output and one input");
        sameNumber(outputs, gradOutputs);
        var gradients = new ArrayList<@Nullable Tensor>();
        try (var of = vector(outputs); var by = vector(inputs); var weights = vector(gradOutputs == null ? List.of() : gradOutputs);
                var retain = new BoolOptional(retainGraph || createGraph)) {
            AutogradEngine.run(outputs, true, () -> Mode.during(() -> {
                try (var result = torch.grad(of, by, weights, retain, createGraph, allowUnused)) {
                    for (long i = 0; i < result.size(); i++) {
                        var g = result.get(i);
                        gradients.add(References.isUndefinedTensor(Memory.getLong(g.address())) ? null : Tensor.wrap(g));
                    }
                } catch (RuntimeException e) {
                    throw NativeErrors.of(e);
                }
            }));
        }
        return gradients;
    }

    /**
     * Returns the Jacobian of a function at a point: {@code torch.autograd.functional.jacobian}. All rows are computed together.
     *
     * @return of the shape {@code [*output, *input]}, in the current scope
     */
    public static Tensor jacobian(UnaryOperator<Tensor> f, Tensor input) {
        return jacobian(x -> List.of(f.apply(x.getFirst())), List.of(input), false).getFirst().getFirst();
    }

    /**
     * Returns the Jacobians of all outputs of a function with respect to all inputs.
     *
     * @param createGraph whether the results can be differentiated in turn, also with respect to what the inputs were computed from
     * @return for each output a list with a tensor {@code [*output, *input]} for each input; zeros if it does not depend on the input
     */
    public static List<List<Tensor>> jacobian(java.util.function.Function<List<Tensor>, List<Tensor>> f, List<Tensor> inputs,
            boolean createGraph) {
        return BatchedGradients.jacobian(f, inputs, createGraph);
    }

    /**
     * Returns the Hessian of a function of one element at a point: {@code torch.autograd.functional.hessian}.
     *
     * @return of the shape {@code [*input, *input]}, in the current scope
     */
    public static Tensor hessian(UnaryOperator<Tensor> f, Tensor input) {
        return hessian(x -> f.apply(x.getFirst()), List.of(input), false).getFirst().getFirst();
    }

    /** Returns the blocks of the Hessian for each pair of inputs; see {@link #jacobian(java.util.function.Function, List, boolean)}. */
    public static List<List<Tensor>> hessian(java.util.function.Function<List<Tensor>, Tensor> f, List<Tensor> inputs,
            boolean createGraph) {
        return BatchedGradients.hessian(f, inputs, createGraph);
    }

    /**
     * The value of a function and a product.
     *
     * @param value value, of one element
     * @param products for each input a tensor of its shape
     */
    public record Product(Tensor value, List<Tensor> products) {
        /** Returns the only product. */
        public Tensor product() {
            if (products.size() != 1) throw new IllegalStateException("there are " + products.size() + " products; call products()");
            return products.getFirst();
        }
    }

    /**
     * Returns the value of a function of one element, and the product of a vector and its Hessian: {@code torch.autograd.functional.vhp}.
     *
     * @param vector of the shape of {@code input}
     */
    public static Product vhp(UnaryOperator<Tensor> f, Tensor input, Tensor vector) {
        return vhp(x -> f.apply(x.getFirst()), List.of(input), List.of(vector), false);
    }

    /** Returns value and products for several inputs, with a vector for each; see {@link #vhp(UnaryOperator, Tensor, Tensor)}. */
    public static Product vhp(java.util.function.Function<List<Tensor>, Tensor> f, List<Tensor> inputs, List<Tensor> vectors,
            boolean createGraph) {
        return BatchedGradients.hessianProduct(f, inputs, vectors, createGraph);
    }

    /**
     * Returns the value of a function, and the product of its Hessian and a vector: {@code torch.autograd.functional.hvp}. It is that of
     * {@link #vhp}, as a Hessian is symmetric.
     */
    public static Product hvp(UnaryOperator<Tensor> f, Tensor input, Tensor vector) {
        return vhp(f, input, vector);
    }

    /** Returns value and products for several inputs; see {@link #hvp(UnaryOperator, Tensor, Tensor)}. */
    public static Product hvp(java.util.function.Function<List<Tensor>, Tensor> f, List<Tensor> inputs, List<Tensor> vectors,
            boolean createGraph) {
        return vhp(f, inputs, vectors, createGraph);
    }

    /** Computes a checkpointed segment of one input and one output; see {@link #checkpoint(java.util.function.Function, List)}. */
    public static Tensor checkpoint(UnaryOperator<Tensor> segment, Tensor input) {
        return checkpoint(inputs -> List.of(segment.apply(inputs.getFirst())), List.of(input)).getFirst();
    }

    /**
     * Computes the outputs of {@code segment} without keeping its intermediate results for {@code backward}, which computes them again,
     * with the same random numbers and in the same precision. That takes less memory and more time (Chen et al. 2016, arXiv:1604.06174).
     * The segment's parameters get their gradients, too. Such a graph supports neither {@link #grad} nor derivatives of derivatives.
     *
     * @param segment a function that computes the same outputs for the same inputs whenever it is called, and has no side effects
     */
    public static List<Tensor> checkpoint(java.util.function.Function<List<Tensor>, List<Tensor>> segment, List<Tensor> inputs) {
        return Checkpoint.run(segment, inputs);
    }

    private static void sameNumber(List<Tensor> outputs, @Nullable List<?> gradients) {
        if (gradients != null && gradients.size() != outputs.size())
            throw new IllegalArgumentException("there are " + outputs.size() + " outputs, but " + gradients.size() + " gradients");
    }

    private static TensorVector vector(List<? extends @Nullable Tensor> tensors) {
        var vector = new TensorVector();
        for (Tensor t : tensors) {
            try (var own = t == null ? new org.bytedeco.pytorch.Tensor() : t.unwrap()) {
                vector.push_back(own);
            } catch (RuntimeException e) {
                vector.close();
                throw e;
            }
        }
        return vector;
    }
}
