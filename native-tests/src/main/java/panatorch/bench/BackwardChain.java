package panatorch.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import panatorch.Aten;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Measures the seconds of a chain of 20 operators whose input needs a gradient: the chain with the freeing of its results and their graph,
 * and separately {@code backward}. The gradient is freed in between, untimed.
 */
final class BackwardChain implements Workload {
    private static final double SECONDS = 0.5;
    private static final int OPERATORS = 20, A_ROUND = 5;

    private final Scope scope = Scope.open();
    private final Tensor x = Aten.arange(64, DType.FLOAT32).view(8, 8).div(64), factor = x.add(0.5), shift = x.sub(0.5), matrix = x.div(8);
    /** The seconds of each part since the last {@link #run} began. */
    private double forward, backward;

    BackwardChain() {
        x.requiresGrad_(true);
    }

    /** Runs the chain; the tanh of the last round is replaced by the sum. */
    private Tensor chain() {
        Tensor h = x;
        for (int done = 0; done < OPERATORS; done += A_ROUND) {
            h = h.mul(factor).add(shift).matmul(matrix).relu();
            h = done + A_ROUND < OPERATORS ? h.tanh() : h.sum();
        }
        return h;
    }

    @Override public String script() { return "backward_chain.py"; }

    @Override public String parts() { return "passes"; }

    @Override public double tolerance() { return 1e-5; }

    @Override public Map<String, Double> check() {
        try (var inner = Scope.open()) {
            Tensor loss = chain();
            Autograd.backward(loss);
            double gradient = Checksum.ofGradient(x);
            x.setGrad(null);
            return Map.of("forward", Checksum.of(loss), "backward", gradient);
        }
    }

    @Override public Map<String, Double> run() {
        pass();
        forward = backward = 0;
        int passes = 0;
        for (; forward + backward < SECONDS; passes++) pass();
        var seconds = new LinkedHashMap<String, Double>();
        seconds.put("forward", forward / passes);
        seconds.put("backward", backward / passes);
        return seconds;
    }

    private void pass() {
        long start = System.nanoTime(), built, derived;
        try (var inner = Scope.open()) {
            Tensor loss = chain();
            built = System.nanoTime();
            Autograd.backward(loss);
            derived = System.nanoTime();
        }
        long freed = System.nanoTime();
        forward += (built - start + freed - derived) / 1e9;
        backward += (derived - built) / 1e9;
        x.setGrad(null);
    }

    @Override public void close() { scope.close(); }
}
