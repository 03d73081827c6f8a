package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.MemCopyFunction;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.Nodes;
import panatorch.internal.libtorch.References;
import panatorch.internal.natives.Native;

/**
 * Hooks of leaves, called after their gradient was accumulated. libtorch has one object for each leaf, of the abstract C++ class
 * {@code PostAccumulateGradHook}, which it owns and deletes. Here such an object is two words of memory: the address of a table of virtual
 * functions, which are Java's, and a number.
 */
final class AccumulationHooks {
    private AccumulationHooks() {}

    /** One leaf's hooks, with the memory of its object. */
    private record Leaf(MemorySegment object, List<Consumer<Tensor>> hooks) {}

    private static final ConcurrentHashMap<Long, Leaf> LEAVES = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT = new AtomicLong(1);
    private static final Object SLOTS = new Object();

    /**
     * The virtual function that calls the hooks. It extends this class of JavaCPP because that passes three words to Java, of which the
     * object and the tensor are the first two, and turns a Java exception into a C++ one.
     */
    private static final class Call extends MemCopyFunction {
        @Override public void call(Pointer object, Pointer tensor, long unused) {
            try {
                Leaf leaf = LEAVES.get(Memory.getLong(object.address() + 8));
                if (leaf == null) return;
                long impl = Memory.getLong(tensor.address());
                References.retain(impl);
                ThreadContext c = ThreadContext.current();
                c.calledBack(() -> {
                    Tensor t = c.adopt(impl);
                    leaf.hooks.forEach(h -> h.accept(t));
                    return t;
                });
            } catch (Throwable t) {
                throw NativeErrors.carrier(t);
            }
        }
    }

    private static final Call CALL = new Call();
    private static final long FUNCTIONS = functions();

    /** Returns the address of the table as GCC lays it out: two words about the class, two destructors, then the functions in order. */
    private static long functions() {
        long delete = Native.stub(MethodHandles.lookup(), "deleted", FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG)).address();
        return Arena.global().allocateFrom(ValueLayout.JAVA_LONG, 0, 0, delete, delete, Memory.getLong(CALL.address()), delete, delete)
                .address() + 16;
    }

    @SuppressWarnings("unused") private static void deleted(long object) { LEAVES.remove(Memory.getLong(object + 8)); }

    static Hook register(Tensor leaf, Consumer<Tensor> hook) {
        if (!leaf.requiresGrad() || !leaf.isLeaf())
            throw new IllegalArgumentException(
                    "only a leaf that requires a gradient accumulates one; this tensor does not: " + leaf.describe());
        Nodes.requireAccumulationHooks();
        long slot = leaf.read(c -> Nodes.accumulationHook(c.handle));
        synchronized (SLOTS) {
            long object = Memory.getLong(slot);
            if (object == 0) Memory.setLong(slot, object = newObject());
            else
                if (Memory.getLong(object) != FUNCTIONS)
                    throw new IllegalStateException("another library has already set a hook on this tensor");
            var hooks = Objects.requireNonNull(LEAVES.get(Memory.getLong(object + 8))).hooks;
            hooks.add(hook);
            return new Hook(() -> hooks.remove(hook));
        }
    }

    private static long newObject() {
        long number = NEXT.getAndIncrement();
        var object = Arena.ofAuto().allocateFrom(ValueLayout.JAVA_LONG, FUNCTIONS, number);
        LEAVES.put(number, new Leaf(object, new CopyOnWriteArrayList<>()));
        return object.address();
    }
}
