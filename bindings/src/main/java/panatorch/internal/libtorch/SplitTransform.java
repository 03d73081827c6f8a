package panatorch.internal.libtorch;

import org.bytedeco.pytorch.DispatchKeySet;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.SafeKernelFunction;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.threads.Region;

/**
 * A Fourier transform on the CPU of which each thread computes a part of the batch. libtorch without MKL computes transforms by pocketfft,
 * on one thread.
 */
public final class SplitTransform {
    /** The number of elements below which threads would only wait for each other. */
    private static final long SMALLEST = 100_000;

    private final OperatorHandle operator;
    private final SafeKernelFunction kernel;
    private final DispatchKeySet keys = new DispatchKeySet(torch.DispatchKey.CPU);
    private final int arguments;

    /**
     * @param name such as {@code aten::_fft_r2c}
     * @param arguments number of its arguments
     */
    public SplitTransform(String name, int arguments) {
        operator = Dispatcher.singleton().findSchemaOrThrow(name, "");
        kernel = operator.getComputedKernelForDispatchKey(torch.DispatchKey.CPU);
        this.arguments = arguments;
    }

    /**
     * Returns the largest dimension that is not transformed; −1 if there is none, or the transform is too small to be split.
     *
     * @param self the tensor
     * @param transformed the list of transformed dimensions
     * @param scratch address of 16 bytes for a handle and a result
     */
    public int dimension(long self, long transformed, long scratch) {
        Memory.setLong(scratch, self);
        if (CApi.numel(scratch, scratch + 8) < SMALLEST || !Region.isFree() || torch.get_num_threads() == 1) return -1;
        long[] shape = CApi.shape(scratch, scratch + 8);
        for (int i = 0; i < NativeLists.size(transformed); i++) {
            long dim = NativeLists.payload(transformed, i), place = dim < 0 ? dim + shape.length : dim;
            if (place < 0 || place >= shape.length) return -1;
            shape[(int) place] = 1;
        }
        int largest = -1;
        for (int d = 0; d < shape.length; d++) if (shape[d] > 1 && (largest < 0 || shape[d] > shape[largest])) largest = d;
        return largest;
    }

    /**
     * Transforms parts of a tensor at the same time.
     *
     * @param parts the parts, whose references stay the caller's
     * @param first address of the operator's first argument, for which the parts stand
     * @return the results, each with a reference that the caller owns
     */
    public long[] transform(long[] parts, long first) {
        var stacks = new DispatcherStack[parts.length];
        for (int i = 0; i < parts.length; i++) {
            stacks[i] = new DispatcherStack();
            stacks[i].pushShared(Tag.TENSOR, parts[i]);
            for (int k = 1; k < arguments; k++) stacks[i].pushCopy(DispatcherStack.next(first, k));
        }
        try {
            Region.run(parts.length, i -> stacks[i].call(vector -> kernel.callBoxed(operator, keys, vector)));
            var results = new long[parts.length];
            for (int i = 0; i < parts.length; i++) results[i] = stacks[i].take(0);
            return results;
        } finally {
            for (DispatcherStack s : stacks) s.close();
        }
    }
}
