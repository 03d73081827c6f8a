package panatorch.func;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Scope;
import panatorch.Tensor;

/** Jacobians: products with all vectors of the standard basis, which {@code vmap} computes together. */
final class Jacobians {
    private Jacobians() {}

    /**
     * Computes a Jacobian by one product for each element of the output.
     *
     * @param chunk the most products to compute at a time; 0 for all
     * @return the structure of the output, with the structure of the argument in the place of each tensor
     */
    static @Nullable Object reverse(Function<List<@Nullable Object>, ?> f, List<@Nullable Object> arguments, int number, int chunk) {
        real(arguments, "jacrev: the arguments");
        try (var scope = Scope.open()) {
            Vjp<Object, Object> vjp = Vjp.of(f, arguments, number);
            Object output = vjp.output(), input = Reverse.chosen(arguments, new int[] {number});
            List<Tensor> outputs = Trees.tensors(output, "jacrev: the result"), inputs = Trees.tensors(input, "jacrev: the argument");
            real(output, "jacrev: the result");
            Object basis = Trees.with(output, basis(outputs).iterator());
            VmapOptions options = chunk == 0 ? VmapOptions.DEFAULTS : VmapOptions.DEFAULTS.chunkSize(chunk);
            Object rows = new Vmap(v -> vjp.apply(Objects.requireNonNull(v.getFirst())), options).call(basis);
            var stacked = Trees.tensors(rows, "the rows"); // for each input [all elements of the outputs, *input]
            long[] sizes = outputs.stream().mapToLong(Tensor::numel).toArray();
            var jacobians = new ArrayList<@Nullable Object>();
            for (int o = 0; o < outputs.size(); o++) {
                long from = LongStream.of(sizes).limit(o).sum();
                var row = new ArrayList<Tensor>();
                for (int i = 0; i < inputs.size(); i++)
                    row.add(scope.move(stacked.get(i).narrow(0, from, sizes[o]).reshape(joined(outputs.get(o), inputs.get(i)))));
                jacobians.add(Trees.with(input, row.iterator()));
            }
            return Trees.with(output, jacobians.iterator());
        }
    }

    /** Computes a Jacobian as {@link #reverse} does, but by one product for each element of the argument. */
    static @Nullable Object forward(Function<List<@Nullable Object>, ?> f, List<@Nullable Object> arguments, int number,
            Randomness randomness) {
        real(arguments, "jacfwd: the arguments");
        try (var scope = Scope.open()) {
            Object input = Reverse.chosen(arguments, new int[] {number});
            List<Tensor> inputs = Trees.tensors(input, "jacfwd: the argument");
            Object basis = Trees.with(input, basis(inputs).iterator());
            Object columns = new Vmap(v -> {
                Object tangent = Forward.jvp(f, arguments, new int[] {number}, v.getFirst()).tangent();
                real(tangent, "jacfwd: the result");
                return tangent;
            }, VmapOptions.DEFAULTS.randomness(randomness)).call(basis);
            long[] sizes = inputs.stream().mapToLong(Tensor::numel).toArray();
            var jacobians = new ArrayList<@Nullable Object>();
            for (Tensor stacked : Trees.tensors(columns, "the columns")) { // [all elements of the inputs, *output]
                Tensor last = stacked.movedim(0, -1);
                var row = new ArrayList<Tensor>();
                for (int i = 0; i < inputs.size(); i++) {
                    long from = LongStream.of(sizes).limit(i).sum();
                    Tensor part = last.narrow(-1, from, sizes[i]);
                    Tensor one = stacked.select(0, 0);
                    row.add(scope.move(part.reshape(joined(one, inputs.get(i)))));
                }
                jacobians.add(Trees.with(input, row.iterator()));
            }
            return Trees.with(columns, jacobians.iterator());
        }
    }

    private static long[] joined(Tensor first, Tensor second) {
        return LongStream.concat(LongStream.of(first.shape()), LongStream.of(second.shape())).toArray();
    }

    /** The rows of the identity matrix, divided among tensors: for each [all elements, *its shape]. */
    private static List<Tensor> basis(List<Tensor> tensors) {
        long all = tensors.stream().mapToLong(Tensor::numel).sum(), from = 0;
        var basis = new ArrayList<Tensor>();
        for (Tensor t : tensors) {
            long n = t.numel();
            Tensor part = Aten.newZeros(t, new long[] {all, n});
            part.diagonal(-from).fill_(1);
            basis.add(part.reshape(LongStream.concat(LongStream.of(all), LongStream.of(t.shape())).toArray()));
            from += n;
        }
        return basis;
    }

    private static void real(@Nullable Object tree, String what) {
        for (Object leaf : Trees.leaves(tree))
            if (leaf instanceof Tensor t && t.dtype().isComplex())
                throw new IllegalArgumentException(what + " must be real, but contain " + t.describe());
    }
}
