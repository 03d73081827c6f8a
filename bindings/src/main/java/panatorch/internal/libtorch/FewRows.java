package panatorch.internal.libtorch;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.OperatorHandle;
import org.jspecify.annotations.Nullable;
import panatorch.internal.library.OpenBlas;

/**
 * Lets oneDNN compute linear layers of few rows and many weights on the CPU, if nothing is differentiated. OpenBLAS copies all weights into
 * an order of its own for each product beyond {@value #SMALL} multiplications, which takes longer than a product of few rows itself: oneDNN
 * took 0.1 to 0.5 of its time on an AMD EPYC (docs/measurements.md).
 */
public final class FewRows {
    private FewRows() {}

    public static final String OPERATOR = "aten::linear";
    private static final long SMALL = 1_000_000, MOST_ROWS = 16;
    private static final int FLOAT32 = 6, STRIDED = 0, CPU = 0;
    private static final long TRACKING = ThreadModes.bit("ADInplaceOrView"), AUTOCAST = ThreadModes.bit("AutocastCPU");
    /** Null if this libtorch has another BLAS, or no oneDNN. */
    private static final @Nullable OperatorHandle ONEDNN = find();

    private static @Nullable OperatorHandle find() {
        if (!OpenBlas.isLoaded()) return null;
        try {
            return Dispatcher.singleton().findSchemaOrThrow("mkldnn::_linear_pointwise", "");
        } catch (RuntimeException e) {
            return null;
        }
    }

    /** No activation, and no parameters of one. Lists are kept for good. */
    private static final class Plain {
        static final long NAME = NativeLists.of("none"), PARAMETERS = NativeLists.objects("Scalar?[]", 0);
    }

    /**
     * Returns the operator to call instead of {@code aten::linear}, with its arguments on the stack; null if the call should stay as it is.
     *
     * @param scratch address of 16 bytes for a handle and a result, and 8 bytes further on 16 bytes for a guard of libtorch
     */
    public static @Nullable OperatorHandle instead(DispatcherStack stack, long scratch) {
        if (ONEDNN == null || stack.size() != 3 || stack.tag(0) != Tag.TENSOR || stack.tag(1) != Tag.TENSOR) return null;
        long handle = scratch, result = scratch + 8, input = stack.payload(0), weight = stack.payload(1);
        boolean biased = stack.tag(2) == Tag.TENSOR && !References.isUndefinedTensor(stack.payload(2));
        long rows = rows(input, weight, biased ? stack.payload(2) : 0, handle, result);
        if (rows < 1 || rows > MOST_ROWS || differentiated(stack) || isUnusual(scratch + 24)) return null;
        if (stack.tag(2) == Tag.TENSOR && !biased) stack.take(2);
        stack.pushShared(Tag.STRING, Plain.NAME);
        stack.pushShared(Tag.LIST, Plain.PARAMETERS);
        stack.push(Tag.NONE, 0);
        return ONEDNN;
    }

    /** Returns the number of rows of a product that oneDNN can take over; 0 for others. */
    private static long rows(long input, long weight, long bias, long handle, long result) {
        Memory.setLong(handle, weight);
        if (CApi.dim(handle, result) != 2) return 0;
        long[] w = CApi.shape(handle, result);
        if (w[0] * w[1] * MOST_ROWS <= SMALL || !isPlain(handle, result)) return 0;
        long strides = CApi.strides(handle, result);
        if (Memory.getLong(strides) != w[1] || Memory.getLong(strides + 8) != 1) return 0;
        if (bias != 0) {
            Memory.setLong(handle, bias);
            boolean fits = CApi.dim(handle, result) == 1 && CApi.numel(handle, result) == w[0] && isPlain(handle, result);
            if (!fits || Memory.getLong(CApi.strides(handle, result)) != 1) return 0; // oneDNN's operator takes no notice of strides
        }
        Memory.setLong(handle, input);
        long dims = CApi.dim(handle, result);
        if (dims < 1 || Memory.getLong(CApi.sizes(handle, result) + 8 * (dims - 1)) != w[1] || !isPlain(handle, result)) return 0;
        long rows = CApi.numel(handle, result) / w[1];
        return rows * w[0] * w[1] > SMALL ? rows : 0;
    }

    private static boolean isPlain(long handle, long result) {
        return CApi.dtype(handle, result) == FLOAT32 && CApi.deviceType(handle, result) == CPU && CApi.layout(handle, result) == STRIDED;
    }

    private static boolean differentiated(DispatcherStack stack) {
        boolean needed = false;
        for (int i = 0; i < 3; i++) needed |= stack.tag(i) == Tag.TENSOR && TensorImpl.requiresGrad(stack.payload(i));
        return needed && CApi.gradMode();
    }

    /** Returns whether this thread is under autocast, or a transform that wants to see the layer itself. */
    private static boolean isUnusual(long guard) {
        long keySets = ThreadModes.keySets(guard);
        return (Memory.getLong(keySets) & ~TRACKING) != 0 || (Memory.getLong(keySets + 8) & AUTOCAST) != 0;
    }
}
