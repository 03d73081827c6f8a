package panatorch.testing;

import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * Assertions on tensors, and tensors to try things on: {@code torch.testing}.
 *
 * <pre>{@code
 * Testing.assertClose(layer.call(x), expected);
 * Testing.assertClose(sum, expected, 1e-3, 0);
 * }</pre>
 */
public final class Testing {
    private record Tolerance(double relative, double absolute) {}

    private static final Tolerance EXACT = new Tolerance(0, 0);
    private static final Map<DType, Tolerance> STANDARD = Map.of(DType.FLOAT16, new Tolerance(1e-3, 1e-5), DType.BFLOAT16,
            new Tolerance(1.6e-2, 1e-5), DType.FLOAT32, new Tolerance(1.3e-6, 1e-5), DType.FLOAT64, new Tolerance(1e-7, 1e-7),
            DType.COMPLEX64, new Tolerance(1.3e-6, 1e-5), DType.COMPLEX128, new Tolerance(1e-7, 1e-7));
    private static final int LOW = -9, HIGH = 9;

    private Testing() {}

    /**
     * Asserts that two tensors have the same shape, type and device, and values within the tolerance of their type, PyTorch's: relative
     * 1.3e-6 and absolute 1e-5 for float32, 1e-7 both for float64, 1e-3 and 1e-5 for float16, 1.6e-2 and 1e-5 for bfloat16, none for whole
     * numbers. NaN equals nothing.
     *
     * @throws AssertionError if they differ; the message says how many elements do, by how much, and where most
     */
    public static void assertClose(Tensor actual, Tensor expected) {
        Tolerance t = STANDARD.getOrDefault(actual.dtype(), EXACT);
        assertClose(actual, expected, t.relative, t.absolute);
    }

    /**
     * Asserts that two tensors have the same shape, type and device, and values with
     * {@code |actual − expected| ≤ absolute + relative · |expected|}.
     *
     * @throws AssertionError if they differ
     */
    public static void assertClose(Tensor actual, Tensor expected, double relative, double absolute) {
        if (!Arrays.equals(actual.shape(), expected.shape()))
            throw new AssertionError("The values for attribute 'shape' do not match: " + Arrays.toString(actual.shape()) + " != "
                    + Arrays.toString(expected.shape()) + ".");
        if (!actual.device().equals(expected.device()))
            throw new AssertionError(
                    "The values for attribute 'device' do not match: " + actual.device() + " != " + expected.device() + ".");
        if (actual.dtype() != expected.dtype())
            throw new AssertionError("The values for attribute 'dtype' do not match: " + actual.dtype() + " != " + expected.dtype() + ".");
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor close = Aten.isclose(actual, expected, relative, absolute, false);
            if (!close.all().itemBoolean()) throw new AssertionError(mismatch(actual, expected, close, relative, absolute));
        }
    }

    private static String mismatch(Tensor actual, Tensor expected, Tensor close, double relative, double absolute) {
        DType wide = actual.dtype().isComplex() ? DType.COMPLEX128 : DType.FLOAT64;
        boolean whole = !actual.dtype().isComplex() && !actual.dtype().isFloatingPoint();
        Tensor a = actual.to(wide), e = expected.to(wide), difference = a.sub(e).abs();
        Tensor differences = Aten.where(close, difference.zerosLike(), difference), relatives = Aten.where(close, difference.zerosLike(),
                difference.div(e.abs()));
        long wrong = close.logicalNot().sum().itemLong(), all = close.numel();
        return "Tensor-likes are not " + (whole && relative == 0 && absolute == 0 ? "equal" : "close") + "!\n\nMismatched elements: "
                + wrong
                + " / " + all + String.format(Locale.ROOT, " (%.1f%%)", 100.0 * wrong / all) + "\nGreatest absolute difference: "
                + greatest(differences, absolute) + "\nGreatest relative difference: " + greatest(relatives, relative);
    }

    private static String greatest(Tensor differences, double allowed) {
        long at = differences.flatten().argmax().itemLong();
        double value = differences.flatten().get(at).itemDouble();
        long[] shape = differences.shape(), index = new long[shape.length];
        for (int d = shape.length - 1; d >= 0; d--) {
            index[d] = at % shape[d];
            at /= shape[d];
        }
        String place = Arrays.toString(index).replace('[', '(').replace("]", shape.length == 1 ? ",)" : ")");
        return value + (shape.length == 0 ? "" : " at index " + place) + " (up to " + allowed + " allowed)";
    }

    /**
     * Returns a tensor of random numbers on the CPU: from −9 up to 9, for a floating-point or complex type below it, from 0 for uint8, and
     * false or true for bool. Python's {@code make_tensor} draws the same from the same seed.
     */
    public static Tensor makeTensor(DType dtype, long... shape) {
        boolean continuous = dtype.isFloatingPoint() || dtype.isComplex();
        if (dtype == DType.BOOL) return makeTensor(dtype, shape, 0, 2);
        return makeTensor(dtype, shape, dtype == DType.UINT8 ? 0 : LOW, continuous ? HIGH : HIGH + 1);
    }

    /**
     * Returns a tensor of random numbers on the CPU.
     *
     * @param low smallest number; for whole numbers rounded up
     * @param high bound that no number reaches; for whole numbers rounded up
     */
    public static Tensor makeTensor(DType dtype, long[] shape, double low, double high) {
        if (!(low < high)) throw new IllegalArgumentException("low must be below high, but they are " + low + " and " + high);
        try (var scope = Scope.open()) {
            if (!dtype.isFloatingPoint() && !dtype.isComplex())
                return scope.move(Aten.randint((long) Math.ceil(low), (long) Math.ceil(high), shape, dtype));
            Tensor t = Aten.empty(shape, dtype, null, Device.CPU);
            (dtype.isComplex() ? Aten.viewAsReal(t) : t).uniform_(low, high);
            return scope.move(t);
        }
    }
}
