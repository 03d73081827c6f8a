package panatorch.tests;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Linalg;
import panatorch.Operators;
import panatorch.Out;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;

/** A program whose calls ended the process, or never returned, before they were checked: {@code -Dcase=NAME}. It prints how each ends. */
final class DivergedCalls {
    private DivergedCalls() {}

    private static final double NAN = Double.NaN, INF = Double.POSITIVE_INFINITY;
    private static final Map<String, Runnable> CASES = new TreeMap<>(Map.of("eigenvalues", DivergedCalls::eigenvalues, "singular-values",
            DivergedCalls::singularValues, "least-squares", DivergedCalls::leastSquares,
            "binomial", DivergedCalls::binomial, "grid", DivergedCalls::grid, "labels", DivergedCalls::labels, "pdist",
            DivergedCalls::pdist, "onednn", DivergedCalls::zeros, "quantisation", DivergedCalls::quantisation));

    public static void main(String[] args) {
        CASES.get(System.getProperty("case")).run();
        for (int i = 0; i < 2000; i++) Torch.ones(i).add(1).close(); // a damaged heap shows
        System.out.println("END");
    }

    static List<String> names() { return List.copyOf(CASES.keySet()); }

    private static void say(String what, Supplier<Object> call) {
        Object result;
        try {
            result = call.get();
        } catch (TorchException | IllegalArgumentException e) {
            result = "refused: " + e.getMessage();
        }
        System.out.println(what + " " + result);
    }

    private static void eigenvalues() {
        for (DType dtype : List.of(DType.FLOAT64, DType.FLOAT32, DType.COMPLEX64))
            for (double v : new double[] {INF, NAN}) for (int n = 2; n < 40; n += 3) {
                Tensor all = Torch.full(new long[] {3, n, n}, v, dtype), one = Torch.eye(n, n, dtype);
                one.select(0, 1).fill_(v);
                say("eigvals", () -> Linalg.eigvals(all));
                say("one", () -> Linalg.eigvals(one));
                say("inner", () -> Operators.call("aten::_linalg_eigvals", one));
                say("into", () -> Out.into(Torch.empty(DType.COMPLEX64, 0).to(dtype == DType.FLOAT64 ? DType.COMPLEX128 : DType.COMPLEX64),
                        () -> Linalg.eigvals(all)));
                say("gradient", () -> Linalg.eigvals(one.clone().requiresGrad_(true)));
            }
    }

    /** Matrices that the fuzzer found. */
    private static void singularValues() {
        Tensor ones = Torch.ones(3, 7), eye = Torch.eye(3, 3, DType.FLOAT64);
        for (int row = 0; row < 3; row++)
            for (int column = 0; column < 3; column++) for (Tensor healthy : List.of(ones, ones.to(DType.COMPLEX64), eye)) {
                Tensor a = healthy.clone();
                a.select(0, row).select(0, column).fill_(-INF);
                say("svd", () -> Linalg.svd(a));
                say("svdvals", () -> Linalg.svdvals(a));
                say("nuclear", () -> Aten.linalgMatrixNorm(a, "nuc"));
                say("pinv", () -> Aten.pinverse(a));
                say("rank", () -> Aten.linalgMatrixRank(a, 1e-3));
                say("gradient", () -> Aten.linalgMatrixNorm(a.clone().requiresGrad_(true), "nuc"));
            }
    }

    private static void leastSquares() {
        for (int row = 0; row < 3; row++) for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64, DType.COMPLEX128)) {
            Tensor a = Torch.eye(3, 3, dtype).add(Torch.ones(dtype, 3, 3));
            a.select(0, row).select(0, 0).fill_(INF);
            Tensor wide = Torch.ones(dtype, 3, 7);
            wide.select(0, row).select(0, 0).fill_(-INF);
            for (String driver : List.of("gelsd", "gelss"))
                for (Tensor t : List.of(a, wide))
                    say("lstsq", () -> Operators.call("aten::linalg_lstsq", t, Torch.ones(dtype, 3, 2), 1e-3, driver));
        }
    }

    private static void binomial() {
        for (double v : new double[] {NAN, INF})
            say("binomial", () -> Aten.binomial(Torch.full(new long[] {3}, v), Torch.full(new long[] {3}, 0.25)));
    }

    /** How the points' gradients end, and the sum of the image's. */
    private static void grid() {
        for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64))
            for (double v : new double[] {NAN, INF, 3e38})
                for (long mode = 0; mode < 3; mode++) for (long padding = 0; padding < 3; padding++) {
                    Tensor x = Torch.ones(dtype, 2, 1, 5, 31).requiresGrad_(true),
                            points = Torch.full(new long[] {2, 31, 3, 2}, v, dtype).requiresGrad_(true);
                    Aten.gridSampler(x, points, mode, padding, false).sum().backward();
                    System.out.println(dtype + " " + v + " " + mode + " " + padding + ": " + points.grad().sum().itemDouble() + " "
                            + x.grad().sum().itemDouble());
                }
    }

    private static void labels() {
        for (long label : new long[] {5, -1, 100_000, 1L << 40, Long.MIN_VALUE}) {
            Tensor p = Torch.randn(12, 2, 5).requiresGrad_(true), targets = Torch.tensor(new long[] {1, 2, 3, 4, label, 1}, 2, 3),
                    inARow = targets.flatten(0, 1);
            say("matrix", () -> Aten.ctcLoss(p, targets, new long[] {12, 12}, new long[] {3, 3}));
            say("row", () -> Aten.ctcLoss(p, inARow, new long[] {12, 12}, new long[] {3, 3}));
            say("lengths", () -> Aten.ctcLoss(p, targets, Torch.tensor(new long[] {12, 12}, 2), Torch.tensor(new long[] {3, 3}, 2)));
            say("behind", () -> Aten.ctcLoss(p, targets, new long[] {12, 12}, new long[] {3, 1}).isnan().itemBoolean());
        }
    }

    private static void pdist() {
        for (double p : new double[] {0, 1, 2, 3, INF}) for (DType dtype : List.of(DType.FLOAT32, DType.FLOAT64)) {
            Tensor x = Torch.zeros(dtype, 0, 3).requiresGrad_(true);
            Aten.pdist(x, p).sum().backward();
            System.out.println("gradient " + x.grad());
        }
    }

    private static void zeros() {
        for (DType dtype : List.of(DType.BFLOAT16, DType.INT8, DType.UINT8, DType.FLOAT32)) {
            Tensor t = Torch.ones(200, 200).to(dtype).toMkldnn(), other = Torch.ones(3, 1).to(dtype).toMkldnn();
            if (t.zero_() != t) throw new AssertionError();
            Operators.call("aten::_foreach_zero_", List.of(Torch.ones(2), other));
            System.out.println(dtype + " " + t.toDense().to(DType.FLOAT32).sum().itemDouble() + " "
                    + other.toDense().to(DType.FLOAT32).sum().itemDouble());
        }
    }

    private static void quantisation() {
        Tensor denormal = Torch.arange(0, 128, 1, DType.FLOAT32).mul(1e-45), near = Torch.linspace(0, 1e-3, 128).add(1000);
        for (Tensor t : List.of(denormal, near))
            say("qparams", () -> Operators.call("aten::choose_qparams_optimized", t, 128, 200, 0.5, 8).size());
    }
}
