package panatorch;

/** The order of a tensor's dimensions in memory, in libtorch's order. */
public enum MemoryFormat {
    CONTIGUOUS, PRESERVE, CHANNELS_LAST, CHANNELS_LAST_3D;

    int code() { return ordinal(); }

    static MemoryFormat ofCode(int code) { return values()[code]; }
}
