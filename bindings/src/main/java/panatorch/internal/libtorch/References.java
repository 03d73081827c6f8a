package panatorch.internal.libtorch;

/** Reference counts of libtorch's {@code intrusive_ptr} objects: a 64-bit word at offset 8, strong references in its lower half. */
public final class References {
    private References() {}

    private static final long OFFSET = 8;

    /** The object that stands for an undefined tensor; it is not counted. */
    private static final long UNDEFINED_TENSOR = Probe.undefinedTensor();

    /** Adds a reference to an object; somebody must hold one already. */
    public static void retain(long object) {
        Memory.getAndAdd(object + OFFSET, 1);
    }

    /** Releases a reference that is not the last one. */
    public static void releaseShared(long object) {
        Memory.getAndAdd(object + OFFSET, -1);
    }

    /** Returns the number of strong references. */
    public static int count(long object) { return Memory.getInt(object + OFFSET); }

    public static long undefinedTensor() { return UNDEFINED_TENSOR; }

    public static boolean isUndefinedTensor(long tensor) { return tensor == UNDEFINED_TENSOR; }
}
