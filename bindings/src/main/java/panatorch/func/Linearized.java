package panatorch.func;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The output of a function at a point and its linear approximation there: {@code torch.func.linearize}. The function is computed once. The
 * product Jᵀu is recorded as a function of u, and its derivative gives each product J·v, so the function's operators need second
 * derivatives, and an application costs about as much as a backward pass. (Python traces its operators in place of that.)
 *
 * <p>
 * <b>Lifetime.</b> It refers to the graph by tensors of the scope in which it was made, and can be used until that scope closes.
 * <b>Threads.</b> Any thread may use it, one at a time.
 *
 * @param <A> the type of the argument: a tensor, list or map of tensors
 * @param <R> the type of the output: a tensor, list or map of tensors
 */
public final class Linearized<A, R> implements Function<A, R> {
    private final R output;
    private final @Nullable Object structure;
    private final List<Tensor> inputs, weights, products;

    private Linearized(R output, @Nullable Object structure, List<Tensor> inputs, List<Tensor> weights, List<Tensor> products) {
        this.output = output;
        this.structure = structure;
        this.inputs = inputs;
        this.weights = weights;
        this.products = products;
    }

    static <A, R> Linearized<A, R> of(Function<List<@Nullable Object>, ?> f, A argument) {
        try (var scope = Scope.open()) {
            Object result;
            List<Tensor> inputs, weights = new ArrayList<>(), products;
            try (var level = Reverse.level(); var on = NoGrad.enableGrad()) {
                var wrapped = Reverse.wrapped(List.of(argument), level);
                inputs = Reverse.differentiable(wrapped.getFirst(), "linearize");
                result = f.apply(wrapped);
                var outputs = Trees.tensors(result, "linearize: the result of the function");
                if (outputs.isEmpty()) throw new IllegalArgumentException("linearize: the function must return at least one tensor");
                for (Tensor y : outputs) weights.add(Aten.zerosLike(y));
                Reverse.differentiable(weights, "linearize");
                products = Reverse.gradients(outputs, inputs, weights, true);
            }
            @SuppressWarnings("unchecked") R output = (R) Objects.requireNonNull(Wrappers.released(scope, result));
            var points = Trees.tensors(argument, "linearize: the input").stream().map(t -> scope.move(Wrappers.handle(t))).toList();
            weights.forEach(scope::move);
            products.forEach(scope::move);
            return new Linearized<>(output, output, points, weights, products);
        }
    }

    /** Returns the output of the function. */
    public R output() { return output; }

    /**
     * Returns the product of the Jacobian and a vector, in the current scope. It may be called any number of times, also inside
     * {@code vmap}.
     *
     * @param tangent the vector, of the structure and the shapes of the input
     */
    @Override public R apply(A tangent) {
        List<Tensor> vectors = Trees.tensors(tangent, "linearize: the vector");
        if (vectors.size() != inputs.size())
            throw new IllegalArgumentException("linearize: the input has " + inputs.size() + " tensors, but the vector " + vectors.size());
        Forward.check(inputs, vectors);
        try (var scope = Scope.open()) {
            List<Tensor> tangents = Reverse.gradients(products, weights, vectors, NoGrad.isGradEnabled());
            @SuppressWarnings("unchecked") R all =
                    (R) Objects.requireNonNull(Wrappers.released(scope, Trees.with(structure, tangents.iterator())));
            return all;
        }
    }
}
