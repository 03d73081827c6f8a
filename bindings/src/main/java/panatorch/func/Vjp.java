package panatorch.func;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The output of a function at a point, and products of vectors with its Jacobian there: {@code torch.func.vjp}.
 *
 * <p>
 * <b>Lifetime.</b> It refers to the graph by tensors of the scope in which it was made, and can be used until that scope closes.
 * <b>Threads.</b> Any thread may use it, one at a time.
 *
 * @param <A> the type of the argument: a tensor, list or map of tensors
 * @param <R> the type of the output: a tensor, list or map of tensors
 */
public final class Vjp<A, R> implements Function<R, A> {
    private final R output;
    private final @Nullable Object wanted;
    private final List<Tensor> outputs, inputs;

    private Vjp(R output, @Nullable Object wanted, List<Tensor> outputs, List<Tensor> inputs) {
        this.output = output;
        this.wanted = wanted;
        this.outputs = outputs;
        this.inputs = inputs;
    }

    /** Computes the output, with the graph of the chosen arguments. */
    static <A, R> Vjp<A, R> of(Function<List<@Nullable Object>, ?> f, List<@Nullable Object> arguments, int... numbers) {
        try (var scope = Scope.open()) {
            Object result, wanted;
            List<Tensor> outputs, inputs;
            try (var level = Reverse.level(); var on = NoGrad.enableGrad()) {
                var wrapped = Reverse.wrapped(arguments, level);
                wanted = Reverse.chosen(wrapped, numbers);
                inputs = Reverse.differentiable(wanted, "vjp");
                result = f.apply(wrapped);
                outputs = Trees.tensors(result, "vjp: the result of the function");
                if (outputs.isEmpty()) throw new IllegalArgumentException("vjp: the function must return at least one tensor");
                for (Tensor t : outputs)
                    if (!t.dtype().isFloatingPoint() && !t.dtype().isComplex())
                        throw new IllegalArgumentException(
                                "vjp: the function must return floating-point or complex tensors only, but it returned " + t.describe());
            }
            @SuppressWarnings("unchecked") R output = (R) Objects.requireNonNull(Wrappers.released(scope, result));
            outputs = outputs.stream().map(t -> scope.move(Wrappers.handle(t))).toList();
            inputs.forEach(scope::move);
            return new Vjp<>(output, wanted, outputs, inputs);
        }
    }

    /** Returns the output of the function. */
    public R output() { return output; }

    /**
     * Returns the product of a vector with the Jacobian, in the current scope. It may be called any number of times, also inside
     * {@code vmap}. The product can be differentiated in turn unless {@link NoGrad} is open.
     *
     * @param cotangent the vector, of the structure and the shapes of {@link #output}
     * @throws IllegalArgumentException if it has another structure
     */
    @Override public A apply(R cotangent) {
        if (!Trees.structure(cotangent).equals(Trees.structure(output)))
            throw new IllegalArgumentException("vjp: the vector has the structure " + Trees.structure(cotangent) + ", but the output has "
                    + Trees.structure(output));
        List<Tensor> weights = Trees.tensors(cotangent, "vjp: the vector");
        try (var scope = Scope.open()) {
            List<Tensor> products = Reverse.gradients(outputs, inputs, checked(weights), NoGrad.isGradEnabled());
            @SuppressWarnings("unchecked") A all =
                    (A) Objects.requireNonNull(Wrappers.released(scope, Trees.with(wanted, products.iterator())));
            return all;
        }
    }

    private List<Tensor> checked(List<Tensor> weights) {
        for (int i = 0; i < weights.size(); i++)
            if (!Arrays.equals(weights.get(i).shape(), outputs.get(i).shape()))
                throw new IllegalArgumentException(
                        "vjp: the vector for an output " + Arrays.toString(outputs.get(i).shape()) + " has the shape "
                                + Arrays.toString(weights.get(i).shape()));
        return weights;
    }
}
