package panatorch.internal.libtorch;

import java.lang.invoke.MethodHandle;
import org.bytedeco.pytorch.AutogradState;
import org.bytedeco.pytorch.DispatchKeySet;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.natives.Symbol;

/**
 * Access to the memory where libtorch keeps the modes of a thread of the operating system. Guards read and write them there, as JavaCPP's
 * objects take several times as long. None of the functions throws or waits.
 */
public final class ThreadModes {
    private ThreadModes() {}

    private static final MethodHandle EXCLUDE = CApi.function(Symbol.EXCLUDE_KEYS),
            AUTOGRAD_STATE = CApi.function(Symbol.AUTOGRAD_STATE);

    private static final class Autocast {
        static final MethodHandle DTYPE = CApi.function(Symbol.AUTOCAST_DTYPE),
                SET_DTYPE = CApi.function(Symbol.SET_AUTOCAST_DTYPE),
                INCREMENT = CApi.function(Symbol.INCREMENT_AUTOCAST),
                DECREMENT = CApi.function(Symbol.DECREMENT_AUTOCAST);
    }

    /**
     * Switches of autograd in {@link #autogradState}.
     *
     * @param offset offset of a 32-bit word there
     * @param mask the bits of the word that inference mode sets
     * @param inference the values of these bits in inference mode
     */
    public record Switches(int offset, int mask, int inference) {
        private static final Switches FOUND = find();

        public static Switches found() { return FOUND; }

        /** Finds the switches: changes them in an {@code AutogradState}, and looks what has changed in its memory. */
        private static Switches find() {
            try (var state = new AutogradState(true, false, true, true)) {
                var before = new int[state.sizeof() / Integer.BYTES];
                for (int i = 0; i < before.length; i++) before[i] = word(state, i);
                state.set_grad_mode(false);
                state.set_inference_mode(true);
                state.set_fw_grad_mode(false);
                state.set_multithreading_enabled(false);
                Switches found = null;
                for (int i = 0; i < before.length; i++) {
                    int mask = before[i] ^ word(state, i);
                    if (mask == 0) continue;
                    if (found != null || Integer.bitCount(mask) != 4)
                        throw otherLayout();
                    found = new Switches(Integer.BYTES * i, mask, word(state, i) & mask);
                }
                if (found == null) throw otherLayout();
                return found;
            }
        }

        private static UnsatisfiedLinkError otherLayout() {
            return new UnsatisfiedLinkError("This libtorch lays out the thread-local autograd state differently from libtorch "
                    + Symbol.LIBTORCH_VERSION + "; use that version.");
        }

        private static int word(AutogradState state, int i) { return Memory.getInt(state.address() + Integer.BYTES * i); }
    }

    /**
     * Returns the address of this thread's two sets of dispatch keys, valid as long as the thread. The first word holds the keys that are
     * added to a tensor's, the second those that are excluded, each with the bits of libtorch's default inverted.
     *
     * @param scratch address of 16 bytes for a guard of libtorch, which begins with the address and excludes no more keys
     */
    public static long keySets(long scratch) {
        try {
            EXCLUDE.invokeExact(scratch, 0L);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
        return Memory.getLong(scratch);
    }

    /** Returns the bit of a key in {@link #keySets}. */
    public static long bit(String key) {
        try (var set = new DispatchKeySet(torch.parseDispatchKey(key))) {
            return set.raw_repr();
        }
    }

    /** Returns the address of this thread's {@code AutogradState}. */
    public static long autogradState() {
        try {
            return (long) AUTOGRAD_STATE.invokeExact();
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** Returns the code of the type in which autocast of a device computes. */
    public static byte autocastDtype(byte device) {
        try {
            return (byte) Autocast.DTYPE.invokeExact(device);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    public static void setAutocastDtype(byte device, byte dtype) {
        try {
            Autocast.SET_DTYPE.invokeExact(device, dtype);
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }

    /** Opens or closes a nested autocast, and returns the number of open ones afterwards. */
    public static int nestAutocast(boolean more) {
        try {
            return more ? (int) Autocast.INCREMENT.invokeExact() : (int) Autocast.DECREMENT.invokeExact();
        } catch (Throwable t) {
            throw new AssertionError(t);
        }
    }
}
