package panatorch.text.internal.models;

import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/** Tokens of single bytes, {@code <0x00>} to {@code <0xFF>}, that write characters which no token has. */
final class ByteTokens {
    private ByteTokens() {}

    /** Returns the ids of the 256 tokens, -1 for those that are missing; null if all are. */
    static int @Nullable [] of(ToIntFunction<String> ids) {
        var bytes = new int[256];
        boolean any = false;
        for (int b = 0; b < 256; b++) {
            bytes[b] = ids.applyAsInt(String.format("<0x%02X>", b));
            any |= bytes[b] >= 0;
        }
        return any ? bytes : null;
    }

    /** Returns whether all these bytes have tokens. */
    static boolean has(int[] ids, byte[] bytes) {
        for (byte b : bytes) if (ids[b & 0xFF] < 0) return false;
        return true;
    }
}
