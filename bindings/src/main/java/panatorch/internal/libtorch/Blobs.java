package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.logging.log4j.Level;
import panatorch.internal.log.Log;
import panatorch.internal.natives.Native;

/** Native tensors over memory that Java allocated. Each holds a Java task, which runs when libtorch frees the tensor's memory. */
public final class Blobs {
    private Blobs() {}

    private static final ConcurrentHashMap<Long, Runnable> TASKS = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT = new AtomicLong(1);
    private static final MemorySegment DELETER = Native.stub(MethodHandles.lookup(), "freed", FunctionDescriptor.ofVoid(ADDRESS, ADDRESS));

    @SuppressWarnings("unused") private static void freed(MemorySegment data, MemorySegment key) {
        try {
            Runnable task = TASKS.remove(key.address());
            if (task != null) task.run();
        } catch (Throwable t) { // it may not leave for C++, which would end the process
            Log.say(Blobs.class, Level.ERROR, "The action for a freed tensor failed.", t);
        }
    }

    /**
     * Makes a contiguous tensor over {@code segment}.
     *
     * @param dtype libtorch's number of the element type
     * @param then task that runs when libtorch no longer uses the memory, on any thread; it stays reachable until then
     * @return a {@code TensorImpl}, with a reference that the caller owns
     */
    public static long tensor(MemorySegment segment, int dtype, long[] shape, Runnable then) {
        var strides = new long[shape.length];
        long stride = 1;
        for (int d = shape.length - 1; d >= 0; d--) {
            strides[d] = stride;
            stride *= Math.max(1, shape[d]);
        }
        long key = NEXT.getAndIncrement();
        TASKS.put(key, then);
        try (var arena = Arena.ofConfined()) {
            return CApi.fromBlob(segment, arena.allocateFrom(JAVA_LONG, shape), arena.allocateFrom(JAVA_LONG, strides), dtype,
                    arena.allocate(JAVA_LONG), DELETER, MemorySegment.ofAddress(key));
        } catch (RuntimeException e) {
            TASKS.remove(key);
            throw e;
        }
    }
}
