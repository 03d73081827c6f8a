package panatorch;

import org.bytedeco.pytorch.global.torch;

/** The type of a tensor's elements. The constants have PyTorch's names. */
public enum DType {
    UINT8(0, 1), INT8(1, 1), INT16(2, 2), INT32(3, 4), INT64(4, 8), FLOAT16(5, 2), FLOAT32(6, 4), FLOAT64(7, 8),
    COMPLEX32(8, 4), COMPLEX64(9, 8), COMPLEX128(10, 16), BOOL(11, 1), QINT8(12, 1), QUINT8(13, 1), QINT32(14, 4), BFLOAT16(15, 2),
    QUINT4X2(16, 1), QUINT2X4(17, 1), BITS1X8(18, 1), BITS2X4(19, 1), BITS4X2(20, 1), BITS8(21, 1), BITS16(22, 2),
    FLOAT8_E5M2(23, 1), FLOAT8_E4M3FN(24, 1), FLOAT8_E5M2FNUZ(25, 1), FLOAT8_E4M3FNUZ(26, 1),
    UINT16(27, 2), UINT32(28, 4), UINT64(29, 8), FLOAT8_E8M0FNU(44, 1), FLOAT4_E2M1FN_X2(45, 1);

    private static final DType[] BY_CODE = new DType[46];

    static {
        for (DType t : values()) BY_CODE[t.code] = t;
    }

    private final int code;
    private final int bytes;

    DType(int code, int bytes) {
        this.code = code;
        this.bytes = bytes;
    }

    /** Returns libtorch's number of this type. */
    public int code() { return code; }

    /** Returns the number of bytes of one element. */
    public int bytes() { return bytes; }

    /** Returns the bytes of one element of the type with this code; 1 if the code is unknown. */
    static int bytesOf(int code) {
        return code >= 0 && code < BY_CODE.length && BY_CODE[code] != null ? BY_CODE[code].bytes : 1;
    }

    static boolean isCode(long code) { return code >= 0 && code < BY_CODE.length && BY_CODE[(int) code] != null; }

    public boolean isFloatingPoint() {
        return this == FLOAT32 || this == FLOAT64 || this == FLOAT16 || this == BFLOAT16 || name().startsWith("FLOAT8")
                || name().startsWith("FLOAT4");
    }

    /** Returns whether this is an integer type. Bool and quantized types are not. */
    public boolean isInteger() {
        return name().startsWith("INT") || name().startsWith("UINT");
    }

    public boolean isQuantized() { return name().startsWith("Q"); }

    public boolean isComplex() { return this == COMPLEX32 || this == COMPLEX64 || this == COMPLEX128; }

    /** Returns the limits of this floating-point or complex type; see {@link FloatInfo#of}. */
    public FloatInfo finfo() {
        return FloatInfo.of(this);
    }

    /** Returns the limits of this integer type; see {@link IntInfo#of}. */
    public IntInfo iinfo() { return IntInfo.of(this); }

    /** Returns the default type; see {@link Torch#defaultDtype}. */
    static DType standard() {
        return ofCode(torch.get_default_dtype_as_scalartype().intern().value);
    }

    /**
     * Returns the type with libtorch's number {@code code}.
     *
     * @throws IllegalArgumentException if there is no such type
     */
    public static DType ofCode(int code) {
        DType t = code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
        if (t == null) throw new IllegalArgumentException("unknown dtype code " + code);
        return t;
    }

    /** Returns PyTorch's name of this type, such as {@code float32}. */
    @Override public String toString() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
