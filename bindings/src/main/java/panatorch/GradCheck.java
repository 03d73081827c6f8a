package panatorch;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A comparison of derivatives with finite differences, for tests of functions written by hand. Inputs are float64. All elements of the
 * inputs that require gradients and of all outputs are checked, so these tensors should be small.
 *
 * @param step the distance of a finite difference
 * @param absolute the absolute tolerance
 * @param relative the tolerance relative to the finite difference
 */
public record GradCheck(double step, double absolute, double relative) {
    /** PyTorch's tolerances: 1e-6, 1e-5, 1e-3. */
    public static final GradCheck DEFAULT = new GradCheck(1e-6, 1e-5, 1e-3);

    /**
     * Checks the first derivatives of {@code function}.
     *
     * @throws AssertionError if a derivative differs from the finite difference, or from its own value when computed again
     * @throws IllegalArgumentException if no input requires a gradient, or one that does is not float64
     */
    public void gradcheck(Function<List<Tensor>, List<Tensor>> function, List<Tensor> inputs) {
        try (var scope = Scope.open()) {
            var by = inputs.stream().filter(Tensor::requiresGrad).toList();
            if (by.isEmpty()) throw new IllegalArgumentException("no input requires a gradient");
            for (Tensor x : by)
                if (x.dtype() != DType.FLOAT64)
                    throw new IllegalArgumentException("finite differences need float64 inputs, not " + x.dtype());
            var outputs = differentiable(function.apply(inputs));
            if (outputs.isEmpty()) throw new AssertionError("no output requires a gradient");
            for (int i = 0; i < by.size(); i++) {
                double[][] numeric = finiteDifferences(function, inputs, by.get(i));
                for (int k = 0; k < outputs.size(); k++) compare(i, k, jacobian(outputs.get(k), by.get(i)), numeric[k]);
            }
        }
    }

    /**
     * Checks the second derivatives of {@code function}: applies {@link #gradcheck} to its gradients, weighted with random numbers, as a
     * function of the inputs and the weights.
     */
    public void gradgradcheck(Function<List<Tensor>, List<Tensor>> function, List<Tensor> inputs) {
        try (var scope = Scope.open(); var generator = Generator.of(0)) {
            var all = new ArrayList<>(inputs);
            for (Tensor y : differentiable(function.apply(inputs)))
                all.add(Aten.randn(y.shape(), generator, DType.FLOAT64).requiresGrad_(true));
            gradcheck(values -> {
                var own = values.subList(0, inputs.size());
                var by = own.stream().filter(Tensor::requiresGrad).toList();
                var used = new ArrayList<Tensor>();
                for (Tensor g : Autograd.gradAllowUnused(differentiable(function.apply(own)), by,
                        values.subList(inputs.size(), values.size()), true, true))
                    if (g != null) used.add(g);
                return used;
            }, all);
        }
    }

    private static List<Tensor> differentiable(List<Tensor> outputs) { return outputs.stream().filter(Tensor::requiresGrad).toList(); }

    /** Computes the Jacobian d output / d x, row by row, of shape [elements of x, elements of output]. */
    private double[] jacobian(Tensor output, Tensor x) {
        int n = (int) output.numel(), m = (int) x.numel();
        var j = new double[m * n];
        for (int k = 0; k < n; k++) {
            try (var scope = Scope.open()) {
                Tensor one = Aten.zeros(new long[] {n}, output.dtype());
                one.set(Index.index(k), 1);
                double[] row = gradient(output, x, one), again = gradient(output, x, one);
                for (int i = 0; i < m; i++) {
                    if (row[i] != again[i])
                        throw new AssertionError(
                                "the derivative is not deterministic: computed twice, it is " + row[i] + ", then " + again[i]);
                    j[i * n + k] = row[i];
                }
            }
        }
        return j;
    }

    private static double[] gradient(Tensor output, Tensor x, Tensor weights) {
        @Nullable Tensor g =
                Autograd.gradAllowUnused(List.of(output), List.of(x), List.of(weights.reshape(output.shape())), true, false).getFirst();
        return g == null ? new double[(int) x.numel()] : g.toDoubleArray();
    }

    /** Estimates the Jacobian of each output by differences, which {@link #jacobian} should equal. */
    private double[][] finiteDifferences(Function<List<Tensor>, List<Tensor>> function, List<Tensor> inputs, Tensor x) {
        var moved = new ArrayList<>(inputs);
        Tensor other = x.detach().clone().contiguous().requiresGrad_(true);
        moved.set(inputs.indexOf(x), other);
        int m = (int) x.numel();
        double[][] differences = {};
        for (int i = 0; i < m; i++) {
            double[][] above = moved(function, moved, other, i, step), below = moved(function, moved, other, i, -step);
            if (i == 0) {
                differences = new double[above.length][];
                for (int k = 0; k < above.length; k++) differences[k] = new double[m * above[k].length];
            }
            for (int k = 0; k < above.length; k++) {
                int n = above[k].length;
                for (int e = 0; e < n; e++) differences[k][i * n + e] = (above[k][e] - below[k][e]) / (2 * step);
            }
        }
        return differences;
    }

    private static double[][] moved(Function<List<Tensor>, List<Tensor>> function, List<Tensor> inputs, Tensor x, int i, double by) {
        var element = x.detach().data();
        double before = element.getAtIndex(ValueLayout.JAVA_DOUBLE, i);
        element.setAtIndex(ValueLayout.JAVA_DOUBLE, i, before + by);
        try (var scope = Scope.open()) {
            return differentiable(function.apply(inputs)).stream().map(Tensor::toDoubleArray).toArray(double[][]::new);
        } finally {
            element.setAtIndex(ValueLayout.JAVA_DOUBLE, i, before);
        }
    }

    private void compare(int input, int output, double[] analytic, double[] numeric) {
        for (int i = 0; i < analytic.length; i++) {
            if (Math.abs(analytic[i] - numeric[i]) <= absolute + relative * Math.abs(numeric[i])) continue;
            int n = numeric.length == 0 ? 1 : numeric.length;
            throw new AssertionError(
                    "the derivative of output " + output + " by input " + input + " is " + analytic[i] + " at element " + i + " of " + n
                            + " of its Jacobian, where finite differences give " + numeric[i]);
        }
    }
}
