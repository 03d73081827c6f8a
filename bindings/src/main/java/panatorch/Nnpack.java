package panatorch;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import panatorch.internal.libtorch.Memory;

/**
 * libtorch's NNPACK, for convolutions of few small images. Of a processor that it does not know it says so at each of them, on standard error, which takes
 * twice as long as the convolution: it is asked once, quietly, and left alone from then on.
 */
final class Nnpack {
    private Nnpack() {}

    private static final String LEAST_SEVERITY = "FLAGS_caffe2_log_level", OPERATOR = "aten::_nnpack_available";
    private static final int ERROR = 2;

    /** Before any operator is called. */
    static void leaveAloneIfUnknown() {
        MemorySegment least = SymbolLookup.loaderLookup().find(LEAST_SEVERITY).orElse(null);
        if (least == null || !BackendFlag.NNPACK.isOn()) return;
        int before = Memory.getInt(least.address());
        Memory.setInt(least.address(), Math.max(before, ERROR));
        try {
            if (!isAvailable()) BackendFlag.NNPACK.set(false);
        } finally {
            Memory.setInt(least.address(), before);
        }
    }

    private static boolean isAvailable() {
        Call call = Call.pooled();
        call.stack.call(new Operator(OPERATOR).handle());
        boolean available = (call.stack.payload(0) & 0xff) != 0;
        call.stack.forget();
        Call.giveBack(call);
        return available;
    }
}
