package panatorch.func;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.calls.TransformLevel;

/** One call of a mapped function. */
final class Vmap {
    private final Function<List<@Nullable Object>, ? extends @Nullable Object> function;
    private final VmapOptions options;

    Vmap(Function<List<@Nullable Object>, ? extends @Nullable Object> function, VmapOptions options) {
        this.function = function;
        this.options = options;
    }

    @Nullable Object call(@Nullable Object... arguments) {
        return call(Arrays.asList(arguments));
    }

    private @Nullable Object call(List<@Nullable Object> arguments) {
        List<@Nullable Object> leaves = Trees.leaves(arguments);
        List<@Nullable Integer> dims = dims(arguments, leaves);
        int size = batchSize(leaves, dims);
        Decompositions.register();
        if (options.chunkSize() == 0 || options.chunkSize() >= size) return once(arguments, leaves, dims, size);
        var results = new ArrayList<@Nullable Object>();
        try (var scope = Scope.open()) {
            for (int from = 0; from < size; from += options.chunkSize()) {
                int length = Math.min(options.chunkSize(), size - from);
                var part = new ArrayList<@Nullable Object>();
                for (int i = 0; i < leaves.size(); i++) {
                    Integer dim = dims.get(i);
                    part.add(leaves.get(i) instanceof Tensor t && dim != null ? t.narrow(dim, from, length) : leaves.get(i));
                }
                results.add(once(arguments, part, dims, length));
            }
            return joined(scope, results);
        }
    }

    private @Nullable Object joined(Scope scope, List<@Nullable Object> chunks) {
        Object first = chunks.getFirst();
        List<@Nullable Object> outDims = outDims(first);
        var all = new ArrayList<@Nullable Object>();
        for (int i = 0; i < outDims.size(); i++) {
            int at = i;
            if (outDims.get(i) == null)
                all.add(Trees.leaves(first).get(i) instanceof Tensor t ? scope.move(t) : Trees.leaves(first).get(i));
            else
                all.add(scope.move(Aten.cat(chunks.stream().map(c -> (Tensor) Objects.requireNonNull(Trees.leaves(c).get(at))).toList(),
                        (int) outDims.get(i))));
        }
        return Trees.with(first, all.iterator());
    }

    private @Nullable Object once(List<@Nullable Object> arguments, List<@Nullable Object> leaves, List<@Nullable Integer> dims, int size) {
        try (var scope = Scope.open()) {
            Object result;
            List<@Nullable Object> outDims;
            var inner = new ArrayList<@Nullable Object>();
            try (var level = TransformLevel.vmap(size, options.randomness().ordinal())) {
                var batched = new ArrayList<@Nullable Object>();
                for (int i = 0; i < leaves.size(); i++) {
                    Integer dim = dims.get(i);
                    batched.add(leaves.get(i) instanceof Tensor t && dim != null ? Wrappers.batched(t, dim, level) : leaves.get(i));
                }
                @SuppressWarnings("unchecked") var given = (List<@Nullable Object>) Trees.with(arguments, batched.iterator());
                result = function.apply(Objects.requireNonNull(given));
                outDims = outDims(result);
                for (Object leaf : Trees.leaves(result)) inner.add(leaf instanceof Tensor t ? Wrappers.unbatched(t, level) : leaf);
            }
            for (int i = 0; i < inner.size(); i++) {
                if (inner.get(i) instanceof Wrappers.Unbatched u) inner.set(i, scope.move(placed(u, outDims.get(i), size)));
                else
                    if (outDims.get(i) != null)
                        throw new IllegalArgumentException("vmap: the function must return tensors only, but it returned "
                                + Trees.named(inner.get(i)) + "; set outDims to null for such a result");
            }
            return Trees.with(result, inner.iterator());
        }
    }

    /** Returns a result with the mapped dimension in its place. */
    private static Tensor placed(Wrappers.Unbatched result, @Nullable Object outDim, int size) {
        Tensor t = result.tensor();
        if (outDim == null) {
            if (result.dim() < 0) return t;
            throw new IllegalArgumentException("vmap: a result differs between samples, but its outDims is null");
        }
        int rank = (int) (result.dim() < 0 ? t.dim() + 1 : t.dim()), at = (int) outDim;
        if (at < -rank || at >= rank)
            throw new IllegalArgumentException("vmap: outDims is " + at + ", but with the mapped dimension the result has " + rank
                    + " dimensions, so it must be from " + -rank + " to " + (rank - 1));
        if (at < 0) at += rank;
        if (result.dim() >= 0) return result.dim() == at ? t : t.movedim(result.dim(), at);
        Tensor one = t.unsqueeze(at);
        long[] shape = one.shape();
        shape[at] = size;
        return one.expand(shape);
    }

    private List<@Nullable Object> outDims(@Nullable Object result) {
        Object wanted = options.outDims();
        if (result instanceof Tensor && wanted instanceof List<?> one && one.size() == 1) wanted = one.getFirst();
        List<@Nullable Object> dims = Trees.dims(wanted, result);
        if (dims == null)
            throw new IllegalArgumentException("vmap: outDims has the structure " + Trees.structure(options.outDims())
                    + ", but the result of the function has the structure " + Trees.structure(result));
        for (Object dim : dims)
            if (dim != null && !(dim instanceof Integer))
                throw new IllegalArgumentException(
                        "vmap: outDims must be integers, nulls, or lists and maps of them, not " + Trees.named(dim));
        return dims;
    }

    /** Returns the dimension to map over for each leaf, from 0. */
    private List<@Nullable Integer> dims(List<@Nullable Object> arguments, List<@Nullable Object> leaves) {
        List<@Nullable Object> wanted = options.inDims();
        List<@Nullable Object> given = Trees.dims(wanted == null ? Integer.valueOf(0) : wanted, arguments);
        if (given == null)
            throw new IllegalArgumentException("vmap: inDims has the structure " + Trees.structure(wanted)
                    + ", but the arguments have the structure " + Trees.structure(arguments));
        var dims = new ArrayList<@Nullable Integer>();
        for (int i = 0; i < given.size(); i++) {
            Object dim = given.get(i);
            if (dim == null) {
                dims.add(null);
                continue;
            }
            if (!(dim instanceof Integer number))
                throw new IllegalArgumentException(
                        "vmap: inDims must be integers, nulls, or lists and maps of them, not " + Trees.named(dim));
            if (!(leaves.get(i) instanceof Tensor t))
                throw new IllegalArgumentException("vmap: inDims is " + number + " for an argument that is " + Trees.named(leaves.get(i))
                        + "; only tensors can be mapped over, pass null for it");
            int rank = (int) t.dim();
            if (number < -rank || number >= rank)
                throw new IllegalArgumentException("vmap: inDims is " + number + " for a tensor of " + rank + " dimensions, "
                        + (rank == 0 ? "which has none to map over" : "so it must be from " + -rank + " to " + (rank - 1)));
            dims.add(number < 0 ? number + rank : number);
        }
        return dims;
    }

    private static int batchSize(List<@Nullable Object> leaves, List<@Nullable Integer> dims) {
        var sizes = new ArrayList<Long>();
        for (int i = 0; i < leaves.size(); i++) {
            Integer dim = dims.get(i);
            if (dim != null && leaves.get(i) instanceof Tensor t) sizes.add(t.size(dim));
        }
        if (sizes.isEmpty())
            throw new IllegalArgumentException("vmap: at least one tensor must be mapped over, but every one of inDims is null");
        if (sizes.stream().distinct().count() > 1)
            throw new IllegalArgumentException(
                    "vmap: all tensors must have the same size in the mapped dimension, but the sizes are " + sizes);
        return Math.toIntExact(sizes.getFirst());
    }
}
