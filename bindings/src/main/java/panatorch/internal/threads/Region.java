package panatorch.internal.threads;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/** A parallel region of OpenMP, whose threads run Java code that calls libtorch's kernels. They are no callers of their own. */
public final class Region {
    private Region() {}

    private static final @Nullable MethodHandle PARALLEL = Symbol.OMP_PARALLEL.functionIfThere(),
            THREAD = Symbol.OMP_THREAD.functionIfThere(),
            THREADS = Symbol.OMP_THREADS.functionIfThere();
    private static final ReentrantLock ONE_REGION = new ReentrantLock();
    private static volatile @Nullable IntConsumer running;
    private static volatile int number;
    private static volatile boolean begun;
    private static volatile @Nullable RuntimeException failure;

    private static final class Stub {
        static final long REGION = Native.stub(MethodHandles.lookup(), "upcall", FunctionDescriptor.ofVoid(JAVA_LONG)).address();

        @SuppressWarnings("unused") private static void upcall(long nothing) { Region.part(); }
    }

    /** Returns whether no region of this kind is running, as within one of its parts. */
    public static boolean isFree() {
        return running == null;
    }

    /**
     * Runs the parts 0 to {@code parts} − 1 of something at the same time, on as many threads; one after the other if OpenMP has too few,
     * or if another region of this kind is running.
     *
     * @throws RuntimeException what a part throws, once all have ended
     */
    public static void run(int parts, IntConsumer part) {
        MethodHandle parallel = PARALLEL;
        if (parallel == null || THREAD == null || THREADS == null || ONE_REGION.isHeldByCurrentThread() || !ONE_REGION.tryLock()) {
            for (int i = 0; i < parts; i++) part.accept(i);
            return;
        }
        try {
            running = part;
            number = parts;
            begun = false;
            failure = null;
            Native.run(() -> { parallel.invokeExact(Stub.REGION, 0L, parts, 0); });
            if (!begun) for (int i = 0; i < parts; i++) part.accept(i);
            RuntimeException failed = failure;
            if (failed != null) throw failed;
        } finally {
            running = null;
            ONE_REGION.unlock();
        }
    }

    private static void part() {
        MethodHandle thread = THREAD, threads = THREADS;
        IntConsumer part = running;
        if (thread == null || threads == null || part == null) return;
        try {
            if ((int) threads.invokeExact() != number) return;
            begun = true;
            part.accept((int) thread.invokeExact());
        } catch (Throwable t) {
            failure = t instanceof RuntimeException e ? e : new IllegalStateException(t);
        }
    }
}
