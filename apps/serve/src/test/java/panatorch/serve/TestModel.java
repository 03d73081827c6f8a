package panatorch.serve;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.export.Signature;
import panatorch.nn.Module;

/** A model of one formula, [batch, width] → the same, which tests can hold up; it records its batches and threads. */
final class TestModel implements Model {
    private final Model model;
    /** The rows of each batch. */
    final List<Long> batches = Collections.synchronizedList(new ArrayList<>());
    /** The threads that ran it. */
    final Set<Thread> threads = ConcurrentHashMap.newKeySet();
    final AtomicInteger closed = new AtomicInteger();
    /** Each run takes one permit; there are plenty until {@link #hold}. */
    private final Semaphore permits = new Semaphore(Integer.MAX_VALUE / 2);
    private volatile CountDownLatch entered = new CountDownLatch(0);

    TestModel(UnaryOperator<Tensor> formula) {
        this(formula, "batch", "width");
    }

    TestModel(UnaryOperator<Tensor> formula, Object... dims) {
        var module = new Module() {
            @Override public Tensor forward(Tensor input) { return formula.apply(input); }
        };
        module.eval();
        model = Model.of(module).range("batch", 1, 1000).input("x", DType.FLOAT32, dims).output("y", DType.FLOAT32, dims);
    }

    /** Lets runs wait from now on, until {@link #release}. */
    void hold() {
        permits.drainPermits();
        entered = new CountDownLatch(1);
    }

    /** Waits until a worker is within a run. */
    void awaitRun() throws InterruptedException { entered.await(); }

    void release() { permits.release(Integer.MAX_VALUE / 2); }

    @Override public Signature signature() { return model.signature(); }

    @Override public List<Tensor> run(List<Tensor> inputs) {
        threads.add(Thread.currentThread());
        batches.add(inputs.getFirst().size(0));
        entered.countDown();
        permits.acquireUninterruptibly();
        return model.run(inputs);
    }

    @Override public long memoryBytes() { return 1000; }

    @Override public void close() { closed.incrementAndGet(); }
}
