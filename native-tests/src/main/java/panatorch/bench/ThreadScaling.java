package panatorch.bench;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Measures how many more calls eight threads make than one in the same time: of a small operator, and of a libtorch function that does
 * nothing.
 */
final class ThreadScaling {
    private ThreadScaling() {}

    private static final int THREADS = 8, PAIRS = 21;
    private static final long NANOS = 300_000_000;
    private static final MethodHandle NOTHING = nothing();

    @SuppressWarnings("restricted") private static MethodHandle nothing() {
        Torch.numThreads(); // libtorch is loaded
        var function = SymbolLookup.loaderLookup().find("aoti_torch_device_type_cpu").orElseThrow(); // it returns a constant
        return Linker.nativeLinker().downcallHandle(function, FunctionDescriptor.of(ValueLayout.JAVA_INT));
    }

    static void print() {
        for (int i = 0; i < 3; i++) {
            scaling(ThreadScaling::operators);
            scaling(ThreadScaling::emptyCalls);
        }
        var operators = new double[PAIRS];
        var calls = new double[PAIRS];
        var ratios = new double[PAIRS];
        for (int i = 0; i < PAIRS; i++) {
            operators[i] = scaling(ThreadScaling::operators);
            calls[i] = scaling(ThreadScaling::emptyCalls);
            ratios[i] = operators[i] / calls[i];
        }
        var ratio = Figures.Spread.of(ratios);
        System.out.printf(
                "%d threads on %d cores make %.2f times the calls of one thread with mul of 8×8, %.2f times with an empty native call "
                        + "(medians of %d, in turn); their ratio is %.2f (%.2f to %.2f)%n",
                THREADS, Runtime.getRuntime().availableProcessors(), Figures.Spread.of(operators).median(),
                Figures.Spread.of(calls).median(), PAIRS, ratio.median(), ratio.min(), ratio.max());
    }

    /** Repeats calls until it is time to end. */
    @FunctionalInterface
    private interface Calls {
        long until(long nanoTime);
    }

    private static double scaling(Calls calls) {
        long one = count(calls, 1);
        return count(calls, THREADS) / (double) one;
    }

    private static long count(Calls calls, int n) {
        var made = new long[n];
        var threads = new Thread[n];
        var ready = new CountDownLatch(n);
        for (int i = 0; i < n; i++) {
            int own = i;
            threads[i] = Thread.ofPlatform().start(() -> {
                ready.countDown();
                try {
                    ready.await();
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                made[own] = calls.until(System.nanoTime() + NANOS);
            });
        }
        try {
            for (Thread t : threads) t.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return Arrays.stream(made).sum();
    }

    private static long operators(long end) {
        long n = 0;
        try (var outer = Scope.open()) {
            Tensor x = Torch.ones(8, 8);
            for (; System.nanoTime() < end; n += 100) {
                try (var scope = Scope.open()) {
                    for (int i = 0; i < 100; i++) x.mul(x);
                }
            }
        }
        return n;
    }

    private static long emptyCalls(long end) {
        long n = 0;
        try {
            for (; System.nanoTime() < end; n += 1000) {
                int sum = 0;
                for (int i = 0; i < 1000; i++) sum += (int) NOTHING.invokeExact();
                if (sum != 0) throw new AssertionError("the code of the CPU is 0");
            }
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
        return n;
    }
}
