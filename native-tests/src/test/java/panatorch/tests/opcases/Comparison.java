package panatorch.tests.opcases;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Tensor;

/**
 * Whether two tensors are the same up to rounding: type and shape exactly, whole numbers and truth values exactly, NaN where NaN is,
 * infinities where they are, and every other element within {@code absolute + relative · largest expected element}.
 *
 * <p>
 * Scaled by the largest element and not by each, because cancellation leaves small elements of a sum or product with the rounding of the
 * large ones, and how much depends on the order in which a BLAS adds.
 */
final class Comparison {
    private Comparison() {}

    /**
     * The bounds hold for another BLAS and other vector instructions than those of the PyTorch that made the numbers: they were tried with
     * OpenBLAS's and libtorch's kernels for SSE, AVX2 and AVX-512.
     * <ul>
     * <li>float32 has 24 bits, ε = 1.2e-7. The worst case differs by 2.5e-5 of the largest element (the gradient of a matrix exponential,
     * whose terms are larger than their sum), a condition number's gradient by 1.6e-6, all others by less than 1.3e-6, PyTorch's own bound:
     * twice the worst.
     * <li>float64 has 53 bits, ε = 2.2e-16: as many ε would be 4e-14; a pseudo-inverse is among the few cases.
     * <li>float16 and bfloat16 have 11 and 8 bits. Operators compute in float32 and round once, which may go either way: one unit in the
     * last place of the largest element, 2⁻¹⁰ and 2⁻⁷.
     * </ul>
     */
    private record Tolerance(double absolute, double relative) {
        static Tolerance of(DType t) {
            return switch (t) {
                case FLOAT64, COMPLEX128 -> new Tolerance(1e-13, 1e-13);
                case FLOAT32, COMPLEX64 -> new Tolerance(1e-6, 5e-5);
                case FLOAT16 -> new Tolerance(1e-6, 0x1p-10);
                case BFLOAT16 -> new Tolerance(1e-6, 0x1p-7);
                default -> new Tolerance(0, 0);
            };
        }
    }

    /** What differs, in words; null if nothing does. */
    static @Nullable String difference(Tensor expected, Tensor actual) {
        String shapes = differenceOfShape(expected, actual);
        if (shapes != null) return shapes;
        DType type = expected.dtype();
        if (!type.isComplex() && !type.isFloatingPoint()) {
            long[] e = expected.toLongArray(), a = actual.toLongArray();
            int at = Arrays.mismatch(e, a);
            return at < 0 ? null : "element " + at + " is " + a[at] + ", not " + e[at];
        }
        return difference(elements(expected), elements(actual), Tolerance.of(type));
    }

    static @Nullable String differenceOfShape(Tensor expected, Tensor actual) {
        if (expected.dtype() != actual.dtype()) return "the type is " + actual.dtype() + ", not " + expected.dtype();
        if (!Arrays.equals(expected.shape(), actual.shape()))
            return "the shape is " + Arrays.toString(actual.shape()) + ", not " + Arrays.toString(expected.shape());
        return null;
    }

    static @Nullable String difference(double expected, double actual) {
        return difference(new double[] {expected}, new double[] {actual}, Tolerance.of(DType.FLOAT32));
    }

    private static double[] elements(Tensor t) {
        return (t.dtype().isComplex() ? t.resolveConj().viewAsReal() : t).toDoubleArray();
    }

    private static @Nullable String difference(double[] expected, double[] actual, Tolerance tolerance) {
        double largest = Arrays.stream(expected).filter(Double::isFinite).map(Math::abs).max().orElse(0);
        double allowed = tolerance.absolute + tolerance.relative * largest;
        for (int i = 0; i < expected.length; i++) {
            double e = expected[i], a = actual[i];
            boolean same = Double.isFinite(e) ? Math.abs(e - a) <= allowed : Double.compare(e, a) == 0;
            if (!same)
                return "element " + i + " of " + expected.length + " is " + a + ", not " + e + ", and only " + allowed + " is allowed";
        }
        return null;
    }
}
