package panatorch.profiler;

import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.ObservedCall;
import panatorch.internal.libtorch.OperatorObserver;

/**
 * Counts the floating-point operations of matrix products, convolutions and attention, forward and backward: PyTorch's
 * {@code FlopCounterMode}. A product and the addition of its result are two operations; all other operators count nothing.
 *
 * <pre>{@code
 * try (var flops = FlopCounter.start()) {
 *     net.call(images);
 *     System.out.println(flops.total() / 1e9 + " GFLOP");
 * }
 * }</pre>
 *
 * <p>
 * The formulas are PyTorch's ({@code torch/utils/flop_counter.py}), so it counts nothing for attention by the CPU's fused kernel, as
 * PyTorch does not; within {@code SdpaKernel.only(BackendFlag.MATH_SDP)} attention is made of products, which count. It observes the thread
 * that starts it, which must close it, and the threads on which libtorch works for that one. It works on Linux with x86-64; elsewhere
 * starting is an {@link UnsupportedOperationException}.
 */
public final class FlopCounter implements AutoCloseable {
    private final Counting counting = new Counting();
    private final OperatorObserver observer = OperatorObserver.start(counting, true, true);

    private FlopCounter() {}

    /** Begins to count on this thread. */
    public static FlopCounter start() {
        return new FlopCounter();
    }

    /** Returns the number of operations so far. */
    public long total() {
        return byOperator().values().stream().mapToLong(n -> n).sum();
    }

    /** Returns the number of operations so far by operator, such as {@code aten::convolution}. */
    public Map<String, Long> byOperator() {
        synchronized (counting) {
            if (counting.failure != null)
                throw new IllegalStateException("an operator could not be counted: " + counting.failure, counting.failure);
            return Collections.unmodifiableMap(new TreeMap<>(counting.flops));
        }
    }

    /** Stops counting; the counts remain. Closing twice is harmless. */
    @Override public void close() { observer.close(); }

    /** Counts the outermost operator that has a formula: those inside it do the same work. */
    private static final class Counting implements OperatorObserver.Listener {
        private record Counted(long call, String name, long[][] inputs, boolean transposed) {}

        private final ThreadLocal<ArrayDeque<Counted>> open = ThreadLocal.withInitial(ArrayDeque::new);
        private final Map<String, Long> flops = new TreeMap<>();
        private @Nullable Throwable failure;

        @Override public void started(ObservedCall call) {
            try {
                ArrayDeque<Counted> counted = open.get();
                String name = call.name();
                if (!Flops.known(name) || !counted.isEmpty() && counted.getLast().call != call.address()) return;
                boolean transposed =
                        name.endsWith("convolution") && call.isTrue(6) || name.endsWith("convolution_backward") && call.isTrue(7);
                counted.clear();
                counted.addLast(new Counted(call.address(), name, call.inputShapes(), transposed));
            } catch (Throwable t) { // which would end the process
                failed(t);
            }
        }

        @Override public void ended(ObservedCall call) {
            try {
                Counted own = open.get().peekLast();
                if (own == null || own.call != call.address()) return;
                open.get().removeLast();
                long n = Flops.of(own.name, own.inputs, call.outputShapes(), own.transposed);
                synchronized (this) {
                    flops.merge(own.name, n, Long::sum);
                }
            } catch (Throwable t) {
                failed(t);
            }
        }

        private synchronized void failed(Throwable t) {
            if (failure == null) failure = t;
        }
    }
}
