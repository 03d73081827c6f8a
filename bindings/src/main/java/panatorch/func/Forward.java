package panatorch.func;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.ForwardAd;
import panatorch.InferenceMode;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.calls.TransformLevel;

/** Forward-mode derivatives of a function, at a level of their own. */
final class Forward {
    private Forward() {}

    /** libtorch's only level of dual tensors; the levels of transforms keep those of nested functions apart. */
    private static final long DUAL_LEVEL = 0;

    /**
     * Computes the output and the product of the Jacobian and a vector.
     *
     * @param numbers the arguments that have a tangent
     * @param tangents the vector, of the structure of these arguments
     */
    static Jvp<Object> jvp(Function<List<@Nullable Object>, ?> f, List<@Nullable Object> arguments, int[] numbers,
            @Nullable Object tangents) {
        if (InferenceMode.isEnabled())
            throw new IllegalStateException("this thread is in inference mode, in which nothing has derivatives; use NoGrad, or close it");
        Object wanted = Reverse.chosen(arguments, numbers);
        if (!Trees.structure(wanted).equals(Trees.structure(tangents)))
            throw new IllegalArgumentException("jvp: the vector has the structure " + Trees.structure(tangents) + ", but the input has "
                    + Trees.structure(wanted));
        List<Tensor> primals = Trees.tensors(wanted, "jvp: the input"), vectors = Trees.tensors(tangents, "jvp: the vector");
        if (primals.isEmpty()) throw new IllegalArgumentException("jvp: the input has no tensors");
        check(primals, vectors);
        boolean outermost = !TransformLevel.isAnyForward();
        try (var scope = Scope.open()) {
            Object result;
            List<Tensor> outputs = new ArrayList<>(), products = new ArrayList<>();
            try (var level = TransformLevel.jvp(); var dual = outermost ? ForwardAd.enter() : null) {
                var given = new ArrayList<@Nullable Object>(Reverse.wrapped(arguments, level));
                var duals = new ArrayList<Tensor>();
                for (int i = 0; i < primals.size(); i++) duals.add(Aten._makeDual(primals.get(i), vectors.get(i), DUAL_LEVEL));
                replace(given, numbers, Trees.with(wanted, duals.iterator()));
                result = f.apply(given);
                var found = Trees.tensors(result, "jvp: the result of the function");
                if (found.isEmpty()) throw new IllegalArgumentException("jvp: the function must return at least one tensor");
                for (Tensor t : found) {
                    var parts = Aten._unpackDual(t, DUAL_LEVEL);
                    outputs.add(parts.primal());
                    Tensor tangent = parts.tangent();
                    products.add(tangent == null ? Aten.zerosLike(parts.primal()) : tangent);
                }
            }
            return new Jvp<>(Objects.requireNonNull(Wrappers.released(scope, Trees.with(result, outputs.iterator()))),
                    Objects.requireNonNull(Wrappers.released(scope, Trees.with(result, products.iterator()))));
        }
    }

    private static void replace(List<@Nullable Object> given, int[] numbers, @Nullable Object duals) {
        for (int i = 0; i < numbers.length; i++) {
            int at = numbers[i] < 0 ? numbers[i] + given.size() : numbers[i];
            given.set(at, numbers.length == 1 ? duals : ((List<?>) Objects.requireNonNull(duals)).get(i));
        }
    }

    static void check(List<Tensor> primals, List<Tensor> vectors) {
        for (int i = 0; i < primals.size(); i++) {
            Tensor x = primals.get(i), v = vectors.get(i);
            if (!Arrays.equals(x.shape(), v.shape()) || x.dtype() != v.dtype() || !x.device().equals(v.device()))
                throw new IllegalArgumentException("the vector must have the type, shape and device of the input, " + x.describe()
                        + ", but it is " + v.describe());
        }
    }
}
