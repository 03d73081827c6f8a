package panatorch.internal.calls;

import java.util.function.LongSupplier;
import panatorch.internal.libtorch.Transforms;
import panatorch.internal.libtorch.Transforms.Kind;

/**
 * A level of libtorch's function transforms, open on this thread until it is closed. Levels close in the reverse order of their opening, on
 * the thread that opened them. A virtual thread takes its levels along when it goes on elsewhere.
 *
 * <p>
 * A tensor is given and returned as its native object; the caller keeps the reference of the one that it gives, and owns the one that is
 * returned.
 */
public final class TransformLevel implements AutoCloseable {
    private static final ThreadLocal<Levels> LEVELS = ThreadLocal.withInitial(Levels::new);

    /** The levels of a thread of Java. */
    private static final class Levels {
        int open, forward;
        /** libtorch's stack of them, while a virtual thread does not run native code. */
        final long[] away = new long[3];
    }

    private final Levels levels = LEVELS.get();
    private final Kind kind;
    private final AutoCloseable mode;
    private final long number;
    private boolean closed;

    private TransformLevel(Kind kind, long batchSize, int randomness, boolean before) {
        this.kind = kind;
        Levels mine = levels;
        RawValues access = RawValues.access();
        Transforms.require();
        mode = access.carried(mine.open == 0 ? () -> Transforms.exchange(mine.away) : () -> {});
        try {
            number = computed(() -> {
                if (mine.open > 0 && Transforms.isEmpty()) throw closedAround();
                return Transforms.push(kind, batchSize, randomness, before);
            });
        } catch (RuntimeException e) {
            closeMode();
            throw e;
        }
        mine.open++;
        if (kind == Kind.JVP) mine.forward++;
    }

    /**
     * Opens a level that hides a dimension of tensors.
     *
     * @param randomness libtorch's number of the random mode
     */
    public static TransformLevel vmap(long batchSize, int randomness) {
        return new TransformLevel(Kind.VMAP, batchSize, randomness, false);
    }

    /**
     * Opens a level with derivatives of its own.
     *
     * @param recordedBefore whether operators outside of it are recorded for {@code backward}
     */
    public static TransformLevel grad(boolean recordedBefore) {
        return new TransformLevel(Kind.GRAD, 0, 0, recordedBefore);
    }

    /** Opens a level with forward-mode derivatives of its own. */
    public static TransformLevel jvp() {
        return new TransformLevel(Kind.JVP, 0, 0, true);
    }

    /** Returns whether this thread has an open level. */
    public static boolean isAny() { return LEVELS.get().open > 0; }

    /** Returns whether a level of {@link #jvp} is open on this thread. */
    public static boolean isAnyForward() {
        return LEVELS.get().forward > 0;
    }

    /** Hides a dimension, from 0, of a strided tensor. */
    public long batched(long tensor, long dim) {
        return computed(() -> Transforms.batched(tensor, dim, number));
    }

    /** Returns what this level has batched, see {@link Transforms#unbatched}. */
    public Transforms.Unbatched unbatched(long tensor) {
        return Transforms.unbatched(tensor, number);
    }

    /** Wraps a strided tensor for derivatives of this level. */
    public long wrapped(long tensor) {
        return computed(() -> Transforms.wrapped(tensor, number));
    }

    /** Returns the tensor that a closed level of derivatives has wrapped, or the tensor itself. */
    public static long unwrapped(long tensor) {
        return Transforms.unwrapped(tensor);
    }

    private static long computed(LongSupplier call) {
        var result = new long[1];
        RawValues.access().during(() -> result[0] = call.getAsLong());
        return result[0];
    }

    /** Closes this level. Closing twice is harmless. */
    @Override public void close() {
        if (closed) return;
        closed = true;
        levels.open--;
        if (kind == Kind.JVP) levels.forward--;
        var missing = new boolean[1];
        RawValues.access().during(() -> {
            missing[0] = Transforms.isEmpty();
            if (missing[0]) Transforms.exchange(levels.away); // a guard around this level was closed inside it, and with it the mode
            Transforms.pop(number);
            if (missing[0]) Transforms.exchange(levels.away);
        });
        closeMode();
        if (missing[0]) throw closedAround();
    }

    private void closeMode() {
        try {
            mode.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new AssertionError(e);
        }
    }

    private static IllegalStateException closedAround() {
        return new IllegalStateException("the function closed a guard that was opened outside of it; close guards where they are opened");
    }
}
