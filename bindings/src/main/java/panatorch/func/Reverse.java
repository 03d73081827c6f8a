package panatorch.func;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Autograd;
import panatorch.InferenceMode;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.calls.TransformLevel;

/** Reverse-mode derivatives of a function, at a level of their own. */
final class Reverse {
    private Reverse() {}

    /** The gradient of one argument, or a list of the gradients of several; the value; and what came with it. */
    record Result(@Nullable Object grad, Tensor value, @Nullable Object aux) {}

    static Result grad(Function<List<@Nullable Object>, ?> f, List<@Nullable Object> arguments, int[] numbers) {
        try (var scope = Scope.open()) {
            Object grads, aux = null;
            Tensor value;
            try (var level = level(); var on = NoGrad.enableGrad()) {
                var wrapped = wrapped(arguments, level);
                Object wanted = chosen(wrapped, numbers);
                List<Tensor> inputs = differentiable(wanted, "grad");
                Object output = f.apply(wrapped);
                if (output instanceof Aux<?, ?>(var result, var more)) {
                    output = result;
                    aux = more;
                }
                if (!(output instanceof Tensor scalar))
                    throw new IllegalArgumentException("grad: the function must return a tensor, but it returned " + Trees.named(output));
                if (scalar.dim() != 0)
                    throw new IllegalArgumentException("grad: the function must return a scalar [], but it returned " + scalar.describe()
                            + "; vjp and jacrev take functions with other results");
                value = scalar;
                // The pass itself must be recorded, or the levels outside would not see it
                grads = Trees.with(wanted, gradients(List.of(scalar), inputs, null, true).iterator());
            }
            return new Result(Wrappers.released(scope, grads), scope.move(Wrappers.unwrapped(value)), Wrappers.released(scope, aux));
        }
    }

    static TransformLevel level() {
        if (InferenceMode.isEnabled())
            throw new IllegalStateException("this thread is in inference mode, in which nothing has derivatives; use NoGrad, or close it");
        return TransformLevel.grad(NoGrad.isGradEnabled());
    }

    @SuppressWarnings("unchecked") static List<@Nullable Object> wrapped(List<@Nullable Object> arguments, TransformLevel level) {
        return (List<@Nullable Object>) Objects.requireNonNull(Trees.map(arguments, t -> Wrappers.wrapped(t, level)));
    }

    /** Returns one argument, or a list of several. */
    static @Nullable Object chosen(List<@Nullable Object> arguments, int[] numbers) {
        if (numbers.length == 0) throw new IllegalArgumentException("at least one argument must be differentiated, but no number is given");
        var chosen = new ArrayList<@Nullable Object>();
        for (int number : numbers) {
            int n = arguments.size();
            if (number < -n || number >= n)
                throw new IllegalArgumentException("there is no argument " + number + ", as the function has " + n);
            Object argument = arguments.get(number < 0 ? number + n : number);
            if (chosen.stream().anyMatch(c -> c == argument)) throw new IllegalArgumentException("argument " + number + " is named twice");
            chosen.add(argument);
        }
        return numbers.length == 1 ? chosen.getFirst() : chosen;
    }

    /** Lets the tensors of a tree require gradients, and returns them. */
    static List<Tensor> differentiable(@Nullable Object tree, String transform) {
        List<Tensor> inputs = Trees.tensors(tree, transform + ": an argument that is differentiated");
        if (inputs.isEmpty()) throw new IllegalArgumentException(transform + ": the argument that is differentiated has no tensors");
        for (Tensor t : inputs) {
            if (!t.dtype().isFloatingPoint() && !t.dtype().isComplex())
                throw new IllegalArgumentException(
                        transform + ": only floating-point and complex tensors have derivatives, not " + t.describe());
            try (var own = t.unwrap()) {
                own.set_requires_grad(true).close();
            }
        }
        return inputs;
    }

    /** Returns the gradients of all inputs, zeros for those on which no output depends. */
    static List<Tensor> gradients(List<Tensor> outputs, List<Tensor> inputs, @Nullable List<Tensor> weights, boolean create) {
        var some = new ArrayList<Tensor>();
        var their = new ArrayList<Tensor>();
        for (int i = 0; i < outputs.size(); i++) {
            if (!outputs.get(i).requiresGrad()) continue;
            some.add(outputs.get(i));
            if (weights != null) their.add(weights.get(i));
        }
        var gradients = new ArrayList<Tensor>();
        if (some.isEmpty()) {
            for (Tensor x : inputs) gradients.add(Aten.zerosLike(x));
            return gradients;
        }
        List<@Nullable Tensor> found = Autograd.gradAllowUnused(some, inputs, weights == null ? null : their, true, create);
        for (int i = 0; i < inputs.size(); i++) {
            Tensor g = found.get(i);
            gradients.add(g == null ? Aten.zerosLike(inputs.get(i)) : g);
        }
        return gradients;
    }
}
