package panatorch;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongConsumer;
import org.bytedeco.pytorch.Argument;
import org.bytedeco.pytorch.DispatchKeySet;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Blobs;
import panatorch.internal.libtorch.Borrowed;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.HeldSegment;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Registrations;
import panatorch.internal.libtorch.Storages;
import panatorch.internal.libtorch.Tag;
import panatorch.internal.libtorch.ThreadModes;

/**
 * Memory of an arena that can be closed, and the check that refuses operators on tensors over it once it is closed. Such tensors have a
 * dispatch key that libtorch reserves for wrapper tensors and does not use. Their views and what autograd saves of them have it, too; the
 * results of other operators do not. One kernel, in this class, handles all operators under this key. It calls the operator's next kernel
 * while the arena cannot be closed. So operators on other tensors take no longer, and operators on these take two more calls of Java.
 */
final class ArenaMemory {
    private static final String KEY = "TESTING_ONLY_GenericWrapper";
    private static final long BIT = ThreadModes.bit(KEY);
    /** The class names of the JDK's scopes that nobody can close. */
    private static final Set<String> OPEN_FOR_EVER = Set.of("GlobalSession", "ImplicitSession");
    private static final ConcurrentHashMap<Long, ArenaMemory> BY_STORAGE = new ConcurrentHashMap<>();

    /**
     * The arities by the address of libtorch's definition of the operator. Cached, as JavaCPP copies a schema's vectors at each request.
     */
    private static final ConcurrentHashMap<Long, Arity> ARITIES = new ConcurrentHashMap<>();

    private record Arity(String name, int arguments, int results) {
        static Arity of(OperatorHandle operator) {
            var schema = operator.schema();
            return new Arity(OperatorSchema.text(schema.name()), count(schema.arguments()), count(schema.returns()));
        }

        /** Returns the length of a vector, for which JavaCPP returns a pointer to its first element, or null if it is empty. */
        private static int count(@Nullable Argument first) {
            return first == null ? 0 : (int) (first.limit() - first.position());
        }
    }

    final MemorySegment segment;
    private long storage;

    static {
        Registrations.implementAll(KEY, Registrations.stub(MethodHandles.lookup()));
    }

    private ArenaMemory(MemorySegment segment) { this.segment = segment; }

    static boolean isCloseable(MemorySegment segment) { return !OPEN_FOR_EVER.contains(segment.scope().getClass().getSimpleName()); }

    /** Returns a tensor over a segment of an arena that can be closed. */
    static Tensor tensor(MemorySegment segment, DType dtype, long[] shape) {
        var memory = new ArenaMemory(segment);
        Tensor t = ThreadContext.current().adopt(Blobs.tensor(segment, dtype.code(), shape, memory::forget));
        long impl = t.read(c -> Memory.getLong(c.handle));
        memory.storage = Storages.of(impl);
        BY_STORAGE.put(memory.storage, memory);
        Storages.addKeys(impl, BIT);
        return t;
    }

    private void forget() { BY_STORAGE.remove(storage, this); }

    /** Returns the memory of {@code storage}; null if it does not belong to an arena that can be closed. */
    static @Nullable ArenaMemory of(long storage) {
        return BY_STORAGE.isEmpty() ? null : BY_STORAGE.get(storage);
    }

    void requireOpen() {
        if (!segment.scope().isAlive())
            throw new IllegalStateException(
                    "the tensor uses memory that was given to Torch.fromBlob and whose arena is closed; close the arena after the tensor "
                            + "and its views, or use Torch.copyOf");
    }

    @SuppressWarnings("unused") private static void upcall(long functor, long handle, long keys, long stack) {
        var operator = new OperatorHandle(Borrowed.at(handle));
        Arity arity = ARITIES.computeIfAbsent(Memory.getLong(handle), definition -> Arity.of(operator));
        long below = DispatcherStack.size(stack) - arity.arguments;
        var failure = new AtomicReference<@Nullable Throwable>();
        try {
            var used = new LinkedHashSet<ArenaMemory>();
            for (long i = below; i < DispatcherStack.size(stack); i++)
                visit(DispatcherStack.address(stack, i), impl -> arguments(impl, used));
            during(used.iterator(), failure, () -> {
                try (var others = new DispatchKeySet(DispatchKeySet.Raw.RAW, keys & ~BIT)) {
                    operator.redispatchBoxed(others, new IValueVector(Borrowed.at(stack)));
                    for (long i = below; i < DispatcherStack.size(stack); i++)
                        visit(DispatcherStack.address(stack, i), ArenaMemory::result);
                } catch (Throwable t) {
                    if (ResizeErrors.saysNotResizable(t)) shrink(stack, below);
                    failure.set(t instanceof RuntimeException e ? new NativeErrors.InKernel(e) : t);
                }
            });
        } catch (Throwable t) {
            failure.set(t);
        }
        Throwable thrown = failure.get();
        if (thrown == null) return;
        DispatcherStack.leaveNones(stack, below, arity.results);
        ThreadContext.current().upcalls.failed(arity.name, thrown);
    }

    private static void shrink(long stack, long below) {
        ThreadContext.current().calledBack(() -> {
            for (long i = below; i < DispatcherStack.size(stack); i++) visit(DispatcherStack.address(stack, i), ResizeErrors::shrink);
            return stack;
        });
    }

    /**
     * Runs {@code code} while keeping the arenas open that this thread can keep open. It cannot do so for another thread's confined arena.
     */
    private static void during(Iterator<ArenaMemory> used, AtomicReference<@Nullable Throwable> failure, Runnable code) {
        if (!used.hasNext()) {
            code.run();
            return;
        }
        ArenaMemory next = used.next();
        next.requireOpen();
        if (!next.segment.isAccessibleBy(Thread.currentThread())) during(used, failure, code);
        else HeldSegment.during(next.segment, () -> {
            try {
                during(used, failure, code);
            } catch (Throwable t) { // native frames are between here and who called
                failure.set(t);
            }
        });
    }

    private static void visit(long value, LongConsumer tensors) {
        int tag = DispatcherStack.tagAt(value);
        long payload = Memory.getLong(value);
        if (tag == Tag.TENSOR) tensors.accept(payload);
        else
            if (tag == Tag.LIST)
                for (int i = 0; i < NativeLists.size(payload); i++)
                    if (NativeLists.tag(payload, i) == Tag.TENSOR) tensors.accept(NativeLists.payload(payload, i));
    }

    private static void arguments(long impl, Set<ArenaMemory> used) {
        ArenaMemory memory = References.isUndefinedTensor(impl) || !Storages.hasKeys(impl, BIT) ? null : of(Storages.of(impl));
        if (memory != null) used.add(memory);
    }

    /** Adds the key to a result over such memory that lacks it, for example that of {@code set_}. */
    private static void result(long impl) {
        if (!References.isUndefinedTensor(impl) && of(Storages.of(impl)) != null) Storages.addKeys(impl, BIT);
    }
}
