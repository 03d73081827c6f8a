package panatorch;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import panatorch.internal.calls.TransformLevel;

/** Gradients of the same outputs for several weights at once, by libtorch's vmap; Jacobians and Hessians of them. */
final class BatchedGradients {
    private BatchedGradients() {}

    /**
     * Computes the gradients.
     *
     * @param weights for each output [n, *its shape]
     * @return for each input [n, *its shape], or null if the outputs do not depend on it
     */
    static List<@Nullable Tensor> of(List<Tensor> outputs, List<Tensor> inputs, List<Tensor> weights, boolean retain, boolean create) {
        check(outputs, weights);
        long n = weights.getFirst().size(0);
        var gradients = new ArrayList<@Nullable Tensor>();
        try (var scope = Scope.open()) {
            var inner = new ArrayList<@Nullable Tensor>();
            var dims = new ArrayList<Long>();
            try (var level = TransformLevel.vmap(n, 0)) {
                var batched = new ArrayList<Tensor>();
                for (Tensor w : weights) batched.add(adopt(level.batched(own(w), 0)));
                for (Tensor g : Autograd.gradAllowUnused(outputs, inputs, batched, retain, create)) {
                    if (g == null) {
                        inner.add(null);
                        dims.add(-1L);
                        continue;
                    }
                    var found = level.unbatched(own(g));
                    inner.add(adopt(found.tensor()));
                    dims.add(found.dim());
                }
            }
            for (int i = 0; i < inner.size(); i++) {
                Tensor g = inner.get(i);
                if (g == null) gradients.add(null);
                else if (dims.get(i) > 0) gradients.add(scope.move(g.movedim(dims.get(i), 0)));
                else gradients.add(scope.move(dims.get(i) == 0 ? g : g.unsqueeze(0).expand(joined(new long[] {n}, g.shape()))));
            }
        }
        return gradients;
    }

    private static void check(List<Tensor> outputs, List<Tensor> weights) {
        if (outputs.size() != weights.size())
            throw new IllegalArgumentException("there are " + outputs.size() + " outputs, but " + weights.size() + " weights");
        for (int i = 0; i < outputs.size(); i++) {
            long[] shape = weights.get(i).shape(), one = outputs.get(i).shape();
            if (shape.length == 0 || !Arrays.equals(one, Arrays.copyOfRange(shape, 1, shape.length)))
                throw new IllegalArgumentException("each weight must have the shape of its output and one dimension more at the front, but "
                        + "for an output " + Arrays.toString(one) + " it is " + Arrays.toString(shape));
            if (shape[0] != weights.getFirst().size(0))
                throw new IllegalArgumentException("all weights must have the same number of rows, but there are " + shape[0] + " and "
                        + weights.getFirst().size(0));
        }
        if (weights.getFirst().layout() != Layout.STRIDED) throw new IllegalArgumentException("the weights must be strided tensors");
    }

    /** The native object, with a reference that the current scope owns. */
    private static long own(Tensor t) {
        long impl = t.shareImpl();
        adopt(impl);
        return impl;
    }

    private static Tensor adopt(long impl) { return ThreadContext.current().adopt(impl); }

    private static long[] joined(long[] first, long[] second) {
        return LongStream.concat(LongStream.of(first), LongStream.of(second)).toArray();
    }

    /** Makes inputs that results can be differentiated by: views, if the results are to be connected with what came before. */
    private static List<Tensor> differentiable(List<Tensor> inputs, boolean createGraph) {
        var all = new ArrayList<Tensor>();
        for (Tensor x : inputs) {
            if (!x.dtype().isFloatingPoint() && !x.dtype().isComplex())
                throw new IllegalArgumentException("only floating-point and complex tensors have derivatives, not " + x.describe());
            all.add(createGraph && x.requiresGrad() ? x.viewAs(x) : x.detach().requiresGrad_(true));
        }
        return all;
    }

    static List<List<Tensor>> jacobian(Function<List<Tensor>, List<Tensor>> f, List<Tensor> inputs, boolean createGraph) {
        try (var scope = Scope.open(); var on = NoGrad.enableGrad()) {
            List<Tensor> x = differentiable(inputs, createGraph);
            var jacobians = new ArrayList<List<Tensor>>();
            for (Tensor y : f.apply(x)) {
                long n = y.numel();
                List<@Nullable Tensor> rows = null;
                if (y.requiresGrad() && n > 0) {
                    Tensor basis = Aten.newZeros(y, new long[] {n, n});
                    basis.diagonal(0).fill_(1);
                    rows = of(List.of(y), x, List.of(basis.reshape(joined(new long[] {n}, y.shape()))), true, createGraph);
                }
                var row = new ArrayList<Tensor>();
                for (int i = 0; i < x.size(); i++) {
                    long[] shape = joined(y.shape(), x.get(i).shape());
                    Tensor g = rows == null ? null : rows.get(i);
                    row.add(scope.move(g == null ? Aten.newZeros(x.get(i), shape) : g.reshape(shape)));
                }
                jacobians.add(row);
            }
            return jacobians;
        }
    }

    static List<List<Tensor>> hessian(Function<List<Tensor>, Tensor> f, List<Tensor> inputs, boolean createGraph) {
        return jacobian(x -> gradient(scalar(f.apply(x)), x), inputs, createGraph);
    }

    private static Tensor scalar(Tensor y) {
        if (y.numel() != 1) throw new IllegalArgumentException("the function must return one element, but it returned " + y.describe());
        return y;
    }

    private static List<Tensor> gradient(Tensor y, List<Tensor> x) {
        var all = new ArrayList<Tensor>();
        if (!y.requiresGrad()) {
            for (Tensor each : x) all.add(each.zerosLike());
            return all;
        }
        List<@Nullable Tensor> found = Autograd.gradAllowUnused(List.of(y), x, null, true, true);
        for (int i = 0; i < x.size(); i++) all.add(Objects.requireNonNullElseGet(found.get(i), x.get(i)::zerosLike));
        return all;
    }

    static Autograd.Product hessianProduct(Function<List<Tensor>, Tensor> f, List<Tensor> inputs, List<Tensor> vectors,
            boolean createGraph) {
        if (inputs.size() != vectors.size())
            throw new IllegalArgumentException("there are " + inputs.size() + " inputs, but " + vectors.size() + " vectors");
        for (int i = 0; i < inputs.size(); i++)
            if (!Arrays.equals(inputs.get(i).shape(), vectors.get(i).shape()))
                throw new IllegalArgumentException(
                        "the vector for an input " + inputs.get(i).describe() + " is " + vectors.get(i).describe());
        try (var scope = Scope.open(); var on = NoGrad.enableGrad()) {
            List<Tensor> x = differentiable(inputs, createGraph);
            Tensor y = scalar(f.apply(x));
            var some = new ArrayList<Tensor>();
            var their = new ArrayList<Tensor>();
            List<Tensor> g = gradient(y, x);
            for (int i = 0; i < g.size(); i++) {
                if (!g.get(i).requiresGrad()) continue; // a linear function
                some.add(g.get(i));
                their.add(vectors.get(i));
            }
            List<@Nullable Tensor> found = some.isEmpty() ? null : Autograd.gradAllowUnused(some, x, their, createGraph, createGraph);
            var products = new ArrayList<Tensor>();
            for (int i = 0; i < x.size(); i++) {
                Tensor p = found == null ? null : found.get(i);
                products.add(scope.move(p == null ? x.get(i).zerosLike() : p));
            }
            return new Autograd.Product(scope.move(createGraph ? y : y.detach()), products);
        }
    }
}
