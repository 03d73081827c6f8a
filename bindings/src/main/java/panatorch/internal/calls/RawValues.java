package panatorch.internal.calls;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Values as libtorch holds them, a tag and a payload each, for programs that run many operators without a {@code Tensor} object for every
 * value in between. The tags are those of {@code panatorch.internal.libtorch.Tag}; the payload of a counted value is a reference, which
 * somebody owns. Any thread may use the methods at any time.
 */
public abstract class RawValues {
    private static volatile @Nullable RawValues access;

    static {
        Implementation.initialise("RawAccess");
    }

    protected RawValues() {}

    /** Sets the implementation, which does so once. */
    protected static void accessBy(Supplier<RawValues> implementation) {
        access = implementation.get();
    }

    /** Returns the implementation. */
    public static RawValues access() {
        RawValues a = access;
        if (a == null) throw new IllegalStateException("nothing gives access to values yet");
        return a;
    }

    /** A value; whoever received it owns its reference. */
    public record Value(int tag, long payload) {}

    /**
     * Looks up an operator.
     *
     * @param qualified name with the overload: {@code aten::add.Tensor}
     * @throws RuntimeException a {@code TorchException} if there is no such operator
     */
    public abstract PreparedOperator operator(String qualified);

    /**
     * Converts a Java object to a value, which the caller owns.
     *
     * @param type type as the operator's schema writes it
     * @throws IllegalArgumentException if {@code value} is not of this type
     */
    public abstract Value value(String type, @Nullable Object value);

    /**
     * Makes a tensor of a number that promotes types as a Python number does: {@code int64 * 0.5} is float32, not float64.
     *
     * @param number a {@code Long}, {@code Double} or {@code Boolean}
     * @return the tensor, which the caller owns
     */
    public abstract long wrappedNumber(Object number);

    /**
     * Returns a {@code Tensor}'s object with one more reference, which the caller owns.
     *
     * @throws IllegalStateException if the tensor is closed
     */
    public abstract long share(Object tensor);

    /** Returns a {@code Tensor} of the current scope that takes over a reference; null for an undefined tensor. */
    public abstract @Nullable Object adopt(long tensor);

    /**
     * Returns a {@code Tensor}'s object with one more reference, for another thread. It counts as a live tensor until {@link #unpack} or
     * {@link #discard} takes it.
     *
     * @throws IllegalStateException if the tensor is closed
     */
    public abstract long pack(Object tensor);

    /** Returns a {@code Tensor} of the current scope that takes over a packed reference. */
    public abstract Object unpack(long tensor);

    /** Releases a packed reference. */
    public abstract void discard(long tensor);

    /**
     * Runs code on this thread as it would run on a new one, without gradients and with a number of libtorch threads.
     *
     * @return false, and the code has not run, if this thread is in a mode that would change results, or in a call from libtorch
     */
    public abstract boolean runApart(int threads, Runnable code);

    /** Runs code whose native calls may wait inside for calls of other threads of this process. */
    public abstract void waitingForOthers(Runnable code);

    /**
     * Opens a mode that a virtual thread takes along: {@code exchange} runs before and after each of its native calls. On any other thread,
     * and in a call from libtorch, it does not run. Closing the result also closes guards that were opened inside and are still open.
     */
    public abstract AutoCloseable carried(Runnable exchange);

    /** Runs a native call that is no operator's, with this thread's modes. */
    public abstract void during(Runnable call);

    /** Runs code while a recorder sees the operators that this thread calls. */
    public abstract void recording(CallRecorder recorder, Runnable code);

    public abstract long numel(long tensor);

    /**
     * Returns the size of a dimension, which may be counted from the end.
     *
     * @throws IllegalArgumentException if the tensor has no such dimension
     */
    public abstract long size(long tensor, long dim);

    /** Returns the sizes of all dimensions. */
    public abstract long[] shape(long tensor);

    /** Returns a stride, as {@link #size} returns a size. */
    public abstract long stride(long tensor, long dim);

    /** Returns the index of the first element in the storage. */
    public abstract long storageOffset(long tensor);

    /** Returns the type and shape of a tensor for a message. */
    public abstract String describe(long tensor);

    /** Releases all counted values and sets their tags to none; the others stay. */
    public abstract void release(int[] tags, long[] payloads);

    /**
     * Returns an exception of the class of {@code failure}, a {@code TorchException} or {@code IllegalArgumentException}, whose message
     * goes on with {@code where}. Any other exception is returned as it is.
     */
    public abstract RuntimeException located(RuntimeException failure, String where);
}
