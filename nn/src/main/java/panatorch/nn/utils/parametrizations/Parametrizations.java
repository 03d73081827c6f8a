package panatorch.nn.utils.parametrizations;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.ConvTranspose1d;
import panatorch.nn.ConvTranspose2d;
import panatorch.nn.ConvTranspose3d;
import panatorch.nn.Module;
import panatorch.nn.utils.parametrize.Parametrize;

/**
 * Ready-made parametrizations of layers. The numbers are Python's, and so are the names in state dicts and the random numbers drawn.
 *
 * <pre>{@code
 * Conv2d layer = Parametrizations.spectralNorm(new Conv2d(3, 64, 3));
 * }</pre>
 *
 * <p>
 * {@link Parametrize} says who owns what, and removes them.
 */
public final class Parametrizations {
    private Parametrizations() {}

    /** Parametrizes {@code weight} by direction and length of each output's weights, as {@link #weightNorm(Module, String, long)}. */
    public static <M extends Module> M weightNorm(M module) {
        return weightNorm(module, "weight", 0);
    }

    /**
     * Parametrizes a weight as {@code g · v / ‖v‖} (Salimans and Kingma 2016, arXiv:1602.07868). In the state dict g is
     * {@code parametrizations.weight.original0} and v {@code parametrizations.weight.original1}; {@code weight_g} and {@code weight_v}, as
     * PyTorch's older weight normalisation named them, are loaded too.
     *
     * @param name name of the parameter
     * @param dim dimension along which there is one g for each index; −1 for one g in all
     * @return {@code module}
     */
    public static <M extends Module> M weightNorm(M module, String name, long dim) {
        Parametrize.registerParametrization(module, name, new WeightNorm(dim), true);
        module.stateHooks().beforeLoad((m, prefix, state) -> {
            String now = prefix + "parametrizations." + name + ".original";
            for (String part : List.of("g", "v")) {
                Tensor old = state.remove(prefix + name + "_" + part);
                if (old != null) state.put(now + (part.equals("g") ? 0 : 1), old);
            }
        });
        return module;
    }

    /** Divides {@code weight} by its largest singular value, as {@link #spectralNorm(Module, String, int, double, Long)}. */
    public static <M extends Module> M spectralNorm(M module) {
        return spectralNorm(module, "weight", 1, 1e-12, null);
    }

    /**
     * Divides a weight by its largest singular value, which the power method estimates, one step or more at each use in training (Miyato et
     * al., 2018, arXiv:1802.05957). The weight is seen as a matrix of its outputs by all else. A vector is divided by its length.
     *
     * @param name name of the parameter
     * @param powerIterations steps of the power method at each use
     * @param eps smallest length by which vectors are divided
     * @param dim dimension of the outputs; null for 1 in transposed convolutions and 0 elsewhere
     * @return {@code module}
     */
    public static <M extends Module> M spectralNorm(M module, String name, int powerIterations, double eps, @Nullable Long dim) {
        boolean transposed = module instanceof ConvTranspose1d || module instanceof ConvTranspose2d || module instanceof ConvTranspose3d;
        long outputs = dim != null ? dim : transposed ? 1 : 0;
        return Parametrize.registerParametrization(module, name, new SpectralNorm(weight(module, name), powerIterations, outputs, eps));
    }

    /** The maps from unconstrained matrices to orthogonal ones. */
    public enum OrthogonalMap {
        /** The matrix exponential of a skew-symmetric matrix. */
        MATRIX_EXP,
        /** The Cayley map {@code (I + A/2)(I − A/2)⁻¹} of a skew-symmetric matrix A. */
        CAYLEY,
        /** A product of Householder reflections; for real matrices. */
        HOUSEHOLDER
    }

    /** Makes {@code weight} orthogonal, as {@link #orthogonal(Module, String, OrthogonalMap, boolean)}. */
    public static <M extends Module> M orthogonal(M module) {
        return orthogonal(module, "weight", null, true);
    }

    /**
     * Makes a matrix, or a batch of matrices [*, n, k], orthogonal: its columns are orthonormal if n ≥ k, its rows otherwise. Complex ones
     * are unitary. A square orthogonal matrix keeps its value, and any other starts as the Q of its QR decomposition.
     *
     * @param name name of the parameter
     * @param map the map; null for {@code MATRIX_EXP} of square or complex matrices and {@code HOUSEHOLDER} of others
     * @param trivialization whether the map starts from the matrix's value (Lezcano-Casado 2019, arXiv:1909.09501), kept in the buffer
     * {@code base}
     * @return {@code module}
     * @throws IllegalArgumentException if the tensor has less than 2 dimensions, or is complex with {@code HOUSEHOLDER}
     */
    public static <M extends Module> M orthogonal(M module, String name, @Nullable OrthogonalMap map, boolean trivialization) {
        Tensor w = weight(module, name);
        if (w.dim() < 2) throw new IllegalArgumentException("an orthogonal parametrization takes a matrix or a batch, not " + w.describe());
        OrthogonalMap chosen = map != null ? map
                : w.size(-2) == w.size(-1) || w.isComplex() ? OrthogonalMap.MATRIX_EXP : OrthogonalMap.HOUSEHOLDER;
        if (w.isComplex() && chosen == OrthogonalMap.HOUSEHOLDER)
            throw new IllegalArgumentException("Householder reflections take real matrices, not " + w.describe() + ". Use MATRIX_EXP");
        return Parametrize.registerParametrization(module, name, new Orthogonal(w.shape(), chosen, trivialization), true);
    }

    private static Tensor weight(Module module, String name) {
        Tensor parameter = module.parameterOrNull(name);
        return parameter != null ? parameter : module.buffer(name);
    }
}
