package panatorch.bench;

import java.util.Map;
import java.util.function.DoubleSupplier;
import jdk.jfr.Recording;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.Tag;

/**
 * Measures the overhead of PanaTorch itself: closing scopes beyond freeing their tensors, the flight recorder's events, guards, and the
 * scaling of calls over threads. No Python takes part.
 */
final class OwnCosts {
    private static final int ROUNDS = 300, TEMPORARIES = 100, CALLS = 2000;

    private final DispatcherStack stack = new DispatcherStack();

    static void print() {
        Torch.setNumThreads(1);
        var costs = new OwnCosts();
        costs.scopes();
        costs.events();
        GuardCosts.print();
        ThreadScaling.print();
    }

    /** Measures closing a scope and freeing its tensors, in turn, so that both see the same state of the machine. */
    private void scopes() {
        var close = new double[ROUNDS];
        var free = new double[ROUNDS];
        try (var outer = Scope.open()) {
            Tensor x = Aten.rand(8, 8);
            for (int warmUp = 0; warmUp < 20; warmUp++) for (int i = 0; i < ROUNDS; i++) {
                close[i] = close(x);
                free[i] = free(x);
            }
        }
        double closing = Figures.Spread.of(close).median(), freeing = Figures.Spread.of(free).median();
        System.out.printf("a scope of %d temporaries: closing it %.1f µs, freeing them alone %.1f µs: %.1f µs more (medians of %d)%n",
                TEMPORARIES, closing / 1e3, freeing / 1e3, (closing - freeing) / 1e3, ROUNDS);
    }

    private static double close(Tensor x) {
        var scope = Scope.open();
        for (int i = 0; i < TEMPORARIES; i++) x.mul(x);
        long start = System.nanoTime();
        scope.close();
        return System.nanoTime() - start;
    }

    /** Returns the nanoseconds to free the same tensors by a vector of their references that libtorch empties. */
    private double free(Tensor x) {
        try (var scope = Scope.open()) {
            for (int i = 0; i < TEMPORARIES; i++) {
                Tensor t = x.mul(x);
                try (var own = t.unwrap()) {
                    stack.pushShared(Tag.TENSOR, Memory.getLong(own.address()));
                }
                t.close();
            }
        }
        long start = System.nanoTime();
        stack.release();
        return System.nanoTime() - start;
    }

    private void events() {
        DoubleSupplier mul = OwnCosts::mul;
        for (int i = 0; i < 20; i++) {
            double _ = mul.getAsDouble();
        }
        double without = median(mul);
        try (var recording = new Recording()) {
            recording.start();
            double off = median(mul);
            recording.setSettings(Map.of("panatorch.Operator#enabled", "true"));
            System.out.printf(
                    "mul of 8×8: %.0f ns before the flight recorder is started, %.0f ns while it records, %.0f ns with "
                            + "panatorch.Operator%n",
                    without, off, median(mul));
        }
    }

    private static double mul() {
        try (var outer = Scope.open()) {
            Tensor x = Torch.ones(DType.FLOAT32, 8, 8);
            long start = System.nanoTime();
            for (int i = 0; i < CALLS / TEMPORARIES; i++) {
                try (var scope = Scope.open()) {
                    for (int k = 0; k < TEMPORARIES; k++) x.mul(x);
                }
            }
            return (System.nanoTime() - start) / (double) CALLS;
        }
    }

    private static double median(DoubleSupplier measured) {
        var values = new double[ROUNDS];
        for (int i = 0; i < ROUNDS; i++) values[i] = measured.getAsDouble();
        return Figures.Spread.of(values).median();
    }
}
