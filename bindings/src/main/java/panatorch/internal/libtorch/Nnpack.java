package panatorch.internal.libtorch;

import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.natives.Symbol;

/**
 * libtorch's NNPACK, which computes convolutions of few small images. On a processor that it does not support, every such convolution
 * writes a warning to standard error, which takes twice as long as the convolution.
 */
public final class Nnpack {
    private Nnpack() {}

    private static final String OPERATOR = "aten::_nnpack_available";
    private static final int ERROR = 2;

    /** Turns NNPACK off if it does not support this processor. Call it before any operator. */
    public static void disableIfUnavailable() {
        MemorySegment leastSeverity = Symbol.LOG_LEVEL.find();
        if (leastSeverity == null || !torch.globalContext().userEnabledNNPACK()) return;
        int before = Memory.getInt(leastSeverity.address());
        Memory.setInt(leastSeverity.address(), Math.max(before, ERROR));
        try {
            if (!isAvailable()) torch.globalContext().setUserEnabledNNPACK(false);
        } finally {
            Memory.setInt(leastSeverity.address(), before);
        }
    }

    private static boolean isAvailable() {
        var stack = new DispatcherStack();
        stack.call(Dispatcher.singleton().findSchemaOrThrow(OPERATOR, ""));
        boolean available = (stack.payload(0) & 0xff) != 0;
        stack.forget();
        return available;
    }
}
