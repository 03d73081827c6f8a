package panatorch;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.CheckedKernel.Check;
import panatorch.CheckedKernel.KernelArguments;

/**
 * Checks for legal arguments on which libtorch's kernels crash or never return, mostly values of diverged models.
 * {@code panatorch.fuzz.Operators --diverged} found them. PyTorch in Python crashes or hangs on most, too.
 */
final class UnsafeValues {
    private UnsafeValues() {}

    private static final String CPU = "CPU";
    /** The largest coordinate of a grid point, in units of half the image. */
    private static final double FARTHEST = 1e30;

    static final List<Check> CHECKS = List.of(
            new Check("_linalg_eigvals", CPU, UnsafeValues::eigenvalues),
            new Check("linalg_eigvals.out", CPU, UnsafeValues::eigenvalues),
            new Check("_linalg_svd", CPU, UnsafeValues::singularValues),
            new Check("_linalg_svd.U", CPU, UnsafeValues::singularValues),
            new Check("linalg_lstsq", CPU, UnsafeValues::leastSquares),
            new Check("linalg_lstsq.out", CPU, UnsafeValues::leastSquares),
            new Check("binomial", CPU, UnsafeValues::binomial),
            new Check("_ctc_loss", CPU, UnsafeValues::labels),
            new Check("grid_sampler_2d_backward", CPU, UnsafeValues::gridPoints),
            new Check("_pdist_backward", CPU, UnsafeValues::distancesOfNothing),
            new Check("zero_", "MkldnnCPU", UnsafeValues::zero));

    /**
     * Requires finite numbers. LAPACK's {@code geev} balances the matrix first ({@code gebal}). That gives up at a NaN, also at one that
     * {@code geev} has made of an infinity by scaling, and does not write which rows it balanced. {@code geev} ignores that error and takes
     * uninitialised numbers for bounds of the matrix: it writes beyond the matrix, or never ends. libtorch requires finite numbers before
     * it computes eigenvectors, with this message, but not before eigenvalues alone.
     */
    private static @Nullable Tensor eigenvalues(KernelArguments a) {
        return finite(a, "torch.linalg.eigvals: input tensor should not contain infs or NaNs.");
    }

    /**
     * Requires finite numbers. LAPACK's {@code gesdd} refuses NaN, for which libtorch has this message. But scaling turns infinities into
     * NaN, and its QR iteration ({@code bdsqr}) then may never end.
     */
    private static @Nullable Tensor singularValues(KernelArguments a) {
        return finite(a, "linalg.svd: The algorithm failed to converge because the input matrix contained non-finite values.");
    }

    /** Requires finite numbers of the drivers that compute a singular value decomposition in the same way. */
    private static @Nullable Tensor leastSquares(KernelArguments a) {
        String driver = a.string(3);
        return "gelsd".equals(driver) || "gelss".equals(driver)
                ? finite(a,
                        "torch.linalg.lstsq: the input matrix contains infs or NaNs, with which driver " + driver + " may never return.")
                : null;
    }

    /** Requires finite counts, as the kernel counts trials up to them. */
    private static @Nullable Tensor binomial(KernelArguments a) {
        return finite(a, "binomial: count should not contain infs or NaNs.");
    }

    private static @Nullable Tensor finite(KernelArguments a, String otherwise) {
        Tensor t = a.tensor(0);
        boolean real = t.dtype().isFloatingPoint();
        if (!real && !t.dtype().isComplex() || real && Double.isFinite(t.sum().itemDouble())) return null;
        // the sum of huge numbers is infinite, but not of their products with zero
        if (t.mul(0).sum().isnan().itemBoolean()) throw new IllegalArgumentException(otherwise);
        return null;
    }

    /**
     * Checks that labels are within the classes, as the kernel reads a label's probability unchecked. Labels beyond a target's length may
     * be anything.
     */
    private static @Nullable Tensor labels(KernelArguments a) {
        long classes = a.tensor(0).size(-1);
        Tensor targets = a.tensor(1);
        long[] lengths = a.integers(3), labels = targets.dim() <= 2 ? targets.to(DType.INT64).flatten(0, -1).toLongArray() : new long[0];
        long from = 0;
        for (int i = 0; i < lengths.length; i++) {
            long start = targets.dim() == 2 ? i * targets.size(1) : from;
            // refused by libtorch
            if (start + lengths[i] > labels.length || lengths[i] < 0 || targets.dim() == 2 && lengths[i] > targets.size(1)) return null;
            for (long k = start; k < start + lengths[i]; k++) {
                if (labels[(int) k] < 0 || labels[(int) k] >= classes)
                    throw new IllegalArgumentException(
                            "ctc_loss: label " + labels[(int) k] + " of target " + i + " is out of range: there are "
                                    + classes + " classes, numbered from 0 to " + (classes - 1) + ".");
            }
            from = start + lengths[i];
        }
        return null;
    }

    /**
     * Replaces points that have no place in the image. Padding by the border or by reflection places every point within the image, and
     * bilinear sampling reads there unchecked. But NaN has no place, and reflection turns points that are too far away into NaN. Such a
     * point is moved to the centre, and its gradient becomes NaN.
     */
    private static @Nullable Tensor gridPoints(KernelArguments a) {
        final int gradOutput = 0, grid = 2, interpolation = 3, padding = 4, bilinear = 0, zeros = 0, border = 1;
        if (a.integer(interpolation) != bilinear || a.integer(padding) == zeros) return null;
        Tensor points = a.tensor(grid), nowhere = a.integer(padding) == border ? points.isnan() : points.abs().lt(FARTHEST).logicalNot();
        if (!nowhere.any().itemBoolean()) return null;
        a.replace(grid, points.maskedFill(nowhere, 0));
        a.replace(gradOutput, a.tensor(gradOutput).maskedFill(nowhere.any(-1).unsqueeze(1), Double.NaN));
        return null;
    }

    /** Returns the gradient of no elements itself, as the kernel divides by the number of rows. */
    private static @Nullable Tensor distancesOfNothing(KernelArguments a) {
        Tensor self = a.tensor(1);
        return self.numel() == 0 ? Aten.zerosLike(self) : null;
    }

    /**
     * Zeroes oneDNN tensors that are not float32 itself, as the kernel treats every one as float32 and writes beyond the end of shorter
     * types.
     */
    private static @Nullable Tensor zero(KernelArguments a) {
        Tensor self = a.tensor(0);
        return self.dtype() == DType.FLOAT32 ? null : self.copy_(Aten.zeros(self.shape(), self.dtype()).toMkldnn());
    }
}
