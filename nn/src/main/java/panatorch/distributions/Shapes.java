package panatorch.distributions;

import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import panatorch.Aten;
import panatorch.Linalg;
import panatorch.Tensor;
import panatorch.Torch;

/** Operations on shapes and batches that several distributions share. */
final class Shapes {
    private Shapes() {}

    /** The Euler-Mascheroni constant. */
    static final double EULER = 0.57721566490153286060;

    static long[] concat(long[]... parts) { return Stream.of(parts).flatMapToLong(LongStream::of).toArray(); }

    /** Returns a shape without its last {@code n} dimensions. */
    static long[] dropLast(long[] shape, int n) {
        return Arrays.copyOf(shape, shape.length - n);
    }

    /** Returns the last {@code n} dimensions of a shape. */
    static long[] last(long[] shape, int n) {
        return Arrays.copyOfRange(shape, shape.length - n, shape.length);
    }

    static List<Tensor> broadcast(Tensor... tensors) { return Aten.broadcastTensors(tensors); }

    /**
     * Returns the shape to which all shapes can be broadcast.
     *
     * @throws IllegalArgumentException if there is none
     */
    static long[] broadcast(long[]... shapes) {
        long[] result = new long[Stream.of(shapes).mapToInt(s -> s.length).max().orElse(0)];
        Arrays.fill(result, 1);
        for (long[] s : shapes) {
            for (int i = 1; i <= s.length; i++) {
                int at = result.length - i;
                long size = s[s.length - i];
                if (result[at] == 1) result[at] = size;
                else
                    if (size != 1 && size != result[at])
                        throw new IllegalArgumentException("the shapes " + Arrays.deepToString(shapes) + " cannot be broadcast together");
            }
        }
        return result;
    }

    /** Returns tensors [] of the default type. */
    static Tensor number(double value) { return Torch.scalar(value); }

    static Tensor sumRightmost(Tensor t, int dims) { return dims == 0 ? t : t.flatten(-dims, -1).sum(-1); }

    static Tensor standardNormal(long[] shape, Tensor like) { return Aten.empty(shape, like.dtype(), null, like.device()).normal_(); }

    static Tensor rand(long[] shape, Tensor like) { return Aten.rand(shape, like.dtype(), null, like.device()); }

    /** Raises and lowers probabilities to ε and 1 − ε. */
    static Tensor clampProbs(Tensor probs) {
        double eps = probs.dtype().finfo().eps();
        return probs.clamp(eps, 1 - eps);
    }

    /** Products of matrices [*, M, N] and vectors [*, N]. */
    static Tensor matrixVector(Tensor matrix, Tensor vector) {
        return matrix.matmul(vector.unsqueeze(-1)).squeeze(-1);
    }

    /** Sums of the logarithms of diagonals: [*, N, N] → [*]. */
    static Tensor logDiagonalSum(Tensor matrix) {
        return matrix.diagonal(0, -2, -1).log().sum(-1);
    }

    /** Sums of squares of matrices: [*, M, N] → [*]. */
    static Tensor squares(Tensor matrix) {
        return matrix.pow(2).flatten(-2, -1).sum(-1);
    }

    /**
     * Squared Mahalanobis distances ‖L⁻¹x‖². Leading dimensions of {@code x} that {@code factor} lacks become columns of one solve, so that
     * the factor is not repeated for every sample.
     *
     * @param factor lower triangular L, [B, N, N]
     * @param x [*, B, N]
     * @return [*, B]
     */
    static Tensor mahalanobis(Tensor factor, Tensor x) {
        int batch = (int) factor.dim() - 2, samples = Math.max(0, (int) x.dim() - 1 - batch);
        long[] outer = Arrays.copyOf(x.shape(), samples);
        long[] inner = Arrays.copyOfRange(x.shape(), samples, (int) x.dim());
        Tensor columns = x.reshape(concat(new long[] {-1}, inner)).movedim(0, -1);
        Tensor distances = Linalg.solveTriangular(factor, columns, false).pow(2).sum(-2).movedim(-1, 0);
        return distances.reshape(concat(outer, Arrays.copyOfRange(distances.shape(), 1, (int) distances.dim())));
    }
}
