package panatorch.internal.library;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.IntStream;
import org.apache.logging.log4j.Level;
import panatorch.internal.log.Log;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * Runs the jobs into which OpenBLAS splits a product, on OpenMP's threads, which libtorch's other operators use. OpenBLAS has its own
 * threads. But if each library has as many threads as there are cores, threads that wait for work take the cores from those that have some:
 * a step of a small BERT took twice as long.
 *
 * <p>
 * The jobs of a call busy-wait for one another, so all run at once. Jobs of two calls would use the same buffers, so one call runs at a
 * time.
 */
final class BlasJobs {
    private BlasJobs() {}

    /**
     * Returns the function that OpenBLAS calls:
     * {@code void (int sync, void (*job)(int, void*, int), int number, size_t size, void* data, int what)}.
     */
    static long callback() {
        return stub("call", FunctionDescriptor.ofVoid(JAVA_INT, JAVA_LONG, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT));
    }

    private static final MethodHandle JOB = Native.byAddress(FunctionDescriptor.ofVoid(JAVA_INT, JAVA_LONG, JAVA_INT)),
            PARALLEL = Symbol.OMP_PARALLEL.function(), THREAD = Symbol.OMP_THREAD.function(), THREADS = Symbol.OMP_THREADS.function();
    private static final long REGION = stub("region", FunctionDescriptor.ofVoid(JAVA_LONG));

    private static final ReentrantLock ONE_CALL = new ReentrantLock();
    /**
     * The job of the running call. Nothing here allocates an object per call, since an OutOfMemoryError could not be reported to OpenBLAS.
     */
    private static MemorySegment job = MemorySegment.NULL;
    private static long size, data;
    private static int what;
    private static boolean begun;
    private static volatile int number;
    private static long calls, aside;

    private static long stub(String method, FunctionDescriptor type) { return Native.stub(MethodHandles.lookup(), method, type).address(); }

    /** Returns the number of calls that OpenBLAS made so far. */
    static long calls() { return calls; }

    /** Returns the number of those calls that OpenMP had too few threads for. */
    static long aside() { return aside; }

    @SuppressWarnings("unused") private static void call(int sync, long function, int jobs, long bytes, long first, int kind) {
        ONE_CALL.lock();
        try {
            if (job.address() != function) job = MemorySegment.ofAddress(function);
            size = bytes;
            data = first;
            what = kind;
            begun = false;
            number = jobs;
            calls++;
            PARALLEL.invokeExact(REGION, 0L, jobs, 0);
            if (!begun) runAside();
        } catch (Throwable t) {
            failed(t);
        } finally {
            ONE_CALL.unlock();
        }
    }

    /**
     * Runs on each thread of a parallel region. The region has fewer threads than requested if it is inside another one, or because of
     * {@code OMP_THREAD_LIMIT}.
     */
    @SuppressWarnings("unused") private static void region(long nothing) {
        try {
            if ((int) THREADS.invokeExact() != number) return;
            begun = true;
            run((int) THREAD.invokeExact());
        } catch (Throwable t) {
            failed(t);
        }
    }

    private static void run(int i) {
        try {
            JOB.invokeExact(job, i, data + i * size, what);
        } catch (Throwable t) {
            failed(t);
        }
    }

    /** Logs a failure. It cannot be reported to OpenBLAS, so the product's numbers are wrong. */
    private static void failed(Throwable t) {
        Log.say(BlasJobs.class, Level.ERROR, "A matrix product failed.", t);
    }

    private static final class Aside {
        /** The threads for jobs that OpenMP has too few threads for: as many as there are jobs. */
        static final ExecutorService THREADS =
                Executors.newCachedThreadPool(Thread.ofPlatform().daemon().name("panatorch-blas-", 0).factory());
    }

    private static void runAside() {
        aside++;
        var others = IntStream.range(1, number).mapToObj(i -> CompletableFuture.runAsync(() -> run(i), Aside.THREADS))
                .toArray(CompletableFuture<?>[]::new);
        run(0);
        CompletableFuture.allOf(others).join();
    }
}
