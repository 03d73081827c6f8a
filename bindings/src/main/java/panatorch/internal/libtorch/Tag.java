package panatorch.internal.libtorch;

/**
 * The kinds of value on a dispatcher stack: numbers of {@code c10::IValue}'s tags, read from values that libtorch made. An {@code IValue}
 * is 16 bytes, the payload and then a 32-bit tag.
 */
public final class Tag {
    private Tag() {}

    public static final int NONE, TENSOR, DOUBLE, COMPLEX, INT, BOOL, STRING, LIST, DEVICE, GENERATOR;
    /** The tag of unsigned integers. It follows INT in libtorch 2.13; it is not probed, as no value of it can be made cheaply. */
    public static final int UINT;

    static {
        int[] tags = Probe.tags();
        NONE = tags[0];
        TENSOR = tags[1];
        DOUBLE = tags[2];
        COMPLEX = tags[3];
        INT = tags[4];
        BOOL = tags[5];
        STRING = tags[6];
        LIST = tags[7];
        DEVICE = tags[8];
        GENERATOR = tags[9];
        UINT = INT + 1;
    }

    /** Returns whether the payload is a number rather than a pointer to a counted object. */
    public static boolean plain(int tag) {
        return tag == NONE || tag == DOUBLE || tag == INT || tag == UINT || tag == BOOL || tag == DEVICE;
    }
}
