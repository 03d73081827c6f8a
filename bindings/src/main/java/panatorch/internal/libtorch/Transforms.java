package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * functorch's stack of transforms ("dynamic layers") of a thread of the operating system, and the wrapped tensors of its levels. The bodies
 * are those of the small functions that Python's extension has over the same libtorch functions. The functions throw only for arguments
 * that the callers of this class have checked: tensors of strided layout, dimensions in range, levels that are on the stack.
 *
 * <p>
 * A tensor is given and returned as the address of its {@code TensorImpl}. The caller keeps the reference of the one it gives, and owns the
 * one that is returned.
 */
public final class Transforms {
    private Transforms() {}

    /** The kinds of a transform, with libtorch's numbers. */
    public enum Kind {
        VMAP(1), GRAD(2), JVP(3);

        private final int code;

        Kind(int code) { this.code = code; }
    }

    private static final class Functions {
        static final MethodHandle PUSH = CApi.function(Symbol.PUSH_LAYER), POP = CApi.function(Symbol.POP_LAYER),
                STACK = CApi.function(Symbol.LAYER_STACK), INCLUDE = CApi.function(Symbol.INCLUDE_LAYER_KEYS),
                LIFE = CApi.function(Symbol.LAYER_LIFE), BATCH = CApi.function(Symbol.ADD_BATCH_DIM),
                UNBATCH = CApi.function(Symbol.UNWRAP_AT_LEVEL), WRAP = CApi.function(Symbol.MAKE_WRAPPER),
                UNWRAP_DEAD = CApi.function(Symbol.UNWRAP_DEAD);
        /** A virtual function of a control block of a {@code std::shared_ptr}, by its address. */
        static final MethodHandle METHOD = Native.byAddress(FunctionDescriptor.ofVoid(JAVA_LONG));
    }

    private static final boolean AVAILABLE = Stream.of(Symbol.PUSH_LAYER, Symbol.POP_LAYER, Symbol.LAYER_STACK, Symbol.INCLUDE_LAYER_KEYS,
            Symbol.LAYER_LIFE, Symbol.ADD_BATCH_DIM, Symbol.UNWRAP_AT_LEVEL, Symbol.MAKE_WRAPPER, Symbol.UNWRAP_DEAD)
            .allMatch(Symbol::isThere);

    /**
     * Checks that this libtorch has the functions.
     *
     * @throws UnsupportedOperationException if it does not; the message says so
     */
    public static void require() {
        if (!AVAILABLE) Symbol.PUSH_LAYER.address();
    }

    /** More bytes than a popped layer has. */
    private static final int LAYER_BYTES = 256;
    private static final long ABSENT = 0, PRESENT = 1L << 32;
    private static final int NO_FLAG = 0, FLAG_FALSE = 1 << 8, FLAG_TRUE = 1 << 8 | 1;

    /**
     * Pushes a transform onto this thread's stack and returns its level, from 1.
     *
     * @param batchSize of {@link Kind#VMAP}
     * @param randomness libtorch's number of the random mode of {@link Kind#VMAP}
     * @param before the thread's grad mode, for {@link Kind#GRAD}
     */
    public static long push(Kind kind, long batchSize, int randomness, boolean before) {
        try (var arena = Arena.ofConfined()) {
            boolean vmap = kind == Kind.VMAP;
            MemorySegment size = arena.allocateFrom(JAVA_LONG, vmap ? batchSize : 0, vmap ? 1 : 0); // a std::optional<SymInt>
            int grad = kind == Kind.GRAD ? before ? FLAG_TRUE : FLAG_FALSE : NO_FLAG;
            int forward = kind == Kind.JVP ? FLAG_TRUE : NO_FLAG, inference = vmap ? NO_FLAG : FLAG_FALSE;
            long random = vmap ? PRESENT | randomness : ABSENT;
            return Native
                    .call(() -> (long) Functions.PUSH.invokeExact(kind.code, size.address(), random, grad, forward, NO_FLAG, inference));
        }
    }

    /** Pops this thread's last transform, which must be of {@code level}. Tensors that it has wrapped are dead from now on. */
    public static void pop(long level) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment layer = arena.allocate(LAYER_BYTES, 16);
            // The layer holds a std::shared_ptr: the address of a boolean, and of a control block, which are known while it is on the stack
            long life = Native.call(() -> (long) Functions.LIFE.invokeExact(level));
            long alive = Memory.getLong(life), control = Memory.getLong(life + 8);
            Native.run(() -> {
                Functions.POP.invokeExact(layer.address());
            });
            for (long at = 0; at < LAYER_BYTES - 8; at += 8) {
                if (layer.get(JAVA_LONG, at) == alive && layer.get(JAVA_LONG, at + 8) == control) {
                    releaseShared(control);
                    return;
                }
            }
            throw new AssertionError("the popped transform does not hold its life handle");
        }
    }

    /** Releases a reference of a {@code std::shared_ptr} of GCC's library; it is the inline code of its destructor. */
    private static void releaseShared(long control) {
        if (Memory.getAndAddInt(control + 8, -1) != 1) return;
        long virtual = Memory.getLong(control);
        callMethod(Memory.getLong(virtual + 16), control);
        if (Memory.getAndAddInt(control + 12, -1) == 1) callMethod(Memory.getLong(virtual + 24), control);
    }

    private static void callMethod(long function, long object) {
        Native.run(() -> {
            Functions.METHOD.invokeExact(MemorySegment.ofAddress(function), object);
        });
    }

    /** Returns the address of the three words of this thread's {@code std::vector} of transforms. */
    private static long stack() {
        return Native.call(() -> (long) Functions.STACK.invokeExact());
    }

    /** Returns whether this thread's stack has no transform. */
    public static boolean isEmpty() {
        long stack = stack();
        return Memory.getLong(stack) == Memory.getLong(stack + 8);
    }

    /**
     * Exchanges this thread's stack for another one, for a virtual thread that goes on elsewhere.
     *
     * @param other the three words of a {@code std::vector}, zeros for an empty one, which are replaced
     */
    public static void exchange(long[] other) {
        long stack = stack();
        for (int i = 0; i < 3; i++) {
            long word = Memory.getLong(stack + 8 * i);
            Memory.setLong(stack + 8 * i, other[i]);
            other[i] = word;
        }
        boolean included = !isEmpty();
        Native.run(() -> {
            Functions.INCLUDE.invokeExact(included);
        });
    }

    /**
     * The memory of the two kinds of wrapped tensors: libtorch checks their levels by assertions, which would end the process. It is read
     * off the first of each kind, which cannot be wrong.
     *
     * @param table the table of the class's virtual functions
     * @param value offset of the tensor inside; the level follows it, and in a wrapper for derivatives a flag and the address of the life
     */
    private record Wrapper(long table, int value) {
        private static final int FROM = 64, TO = 400, LIFE = 24;

        static Wrapper of(long wrapper, long tensor, long level) {
            for (int at = FROM; at < TO; at += 8)
                if (Memory.getLong(wrapper + at) == tensor && Memory.getLong(wrapper + at + 8) == level)
                    return new Wrapper(Memory.getLong(wrapper), at);
            throw new AssertionError("a wrapped tensor does not hold its level");
        }

        /** Returns the level of a tensor that is such a wrapper, or 0. */
        long level(long tensor) {
            return Memory.getLong(tensor) == table ? Memory.getLong(tensor + value + 8) : 0;
        }

        boolean isAlive(long tensor) {
            return (Memory.getInt(Memory.getLong(tensor + value + LIFE)) & 0xff) != 0;
        }
    }

    private static volatile @Nullable Wrapper batch, derivative;

    /** Returns whether a tensor is wrapped by a level, which may be over: it has no memory of its own. */
    public static boolean isWrapped(long tensor) {
        Wrapper b = batch, d = derivative;
        return b != null && b.level(tensor) > 0 || d != null && d.level(tensor) > 0;
    }

    /** Returns the tensor inside a wrapped one, which the wrapper keeps alive. */
    public static long inside(long tensor) {
        Wrapper w = Objects.requireNonNull(isBatched(tensor) ? batch : derivative);
        return Memory.getLong(tensor + w.value());
    }

    /** Returns whether a level of vmap has wrapped this tensor. */
    public static boolean isBatched(long tensor) {
        Wrapper b = batch;
        return b != null && b.level(tensor) > 0;
    }

    /** Returns the level that has wrapped this tensor. */
    public static long levelOf(long tensor) {
        return Memory.getLong(tensor + Objects.requireNonNull(isBatched(tensor) ? batch : derivative).value() + 8);
    }

    private static void check(long tensor, long level) {
        Wrapper b = batch, d = derivative;
        if (b != null && b.level(tensor) >= level || d != null && d.level(tensor) >= level && d.isAlive(tensor))
            throw new IllegalArgumentException("this tensor belongs to a function transform that has ended, or to one of another thread; "
                    + "return it from the transformed function to use it elsewhere");
    }

    /**
     * Wraps a tensor so that a dimension is hidden from operators at {@code level}, which compute for each of its indices.
     *
     * @throws IllegalArgumentException if the tensor is of this level or one inside
     */
    public static long batched(long tensor, long dim, long level) {
        check(tensor, level);
        try (var arena = Arena.ofConfined()) {
            References.retain(tensor); // passed by value
            MemorySegment words = arena.allocateFrom(JAVA_LONG, tensor, 0);
            Native.run(() -> {
                Functions.BATCH.invokeExact(words.address() + 8, words.address(), dim, level);
            });
            long left = words.get(JAVA_LONG, 0);
            if (!References.isUndefinedTensor(left)) References.releaseShared(left);
            long result = words.get(JAVA_LONG, 8);
            if (batch == null) batch = Wrapper.of(result, tensor, level);
            return result;
        }
    }

    /**
     * A tensor that a level may have batched.
     *
     * @param tensor the tensor with all dimensions
     * @param dim the dimension that was hidden; -1 if the tensor is not batched at that level
     */
    public record Unbatched(long tensor, long dim) {}

    /** Returns the tensor in a batched one of {@code level}, or the tensor itself if that level has not batched it. */
    public static Unbatched unbatched(long tensor, long level) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment words = arena.allocateFrom(JAVA_LONG, tensor, 0, 0, 0); // result: a std::optional<int64_t>, then a Tensor
            Native.run(() -> {
                Functions.UNBATCH.invokeExact(words.address() + 8, words.address(), level);
            });
            boolean is = (words.get(JAVA_LONG, 16) & 0xff) != 0;
            return new Unbatched(words.get(JAVA_LONG, 24), is ? words.get(JAVA_LONG, 8) : -1);
        }
    }

    /**
     * Wraps a tensor so that it has derivatives of its own at {@code level}.
     *
     * @throws IllegalArgumentException if the tensor is of this level or one inside
     */
    public static long wrapped(long tensor, long level) {
        check(tensor, level);
        try (var arena = Arena.ofConfined()) {
            MemorySegment words = arena.allocateFrom(JAVA_LONG, tensor, 0);
            Native.run(() -> {
                Functions.WRAP.invokeExact(words.address() + 8, words.address(), level, false);
            });
            long result = words.get(JAVA_LONG, 8);
            if (derivative == null) derivative = Wrapper.of(result, tensor, level);
            return result;
        }
    }

    /** Returns the tensor in a wrapper of a level that is over, or the tensor itself if it is no such wrapper. */
    public static long unwrapped(long tensor) {
        try (var arena = Arena.ofConfined()) {
            MemorySegment words = arena.allocateFrom(JAVA_LONG, tensor, 0);
            Native.run(() -> {
                Functions.UNWRAP_DEAD.invokeExact(words.address() + 8, words.address());
            });
            return words.get(JAVA_LONG, 8);
        }
    }
}
