package panatorch.nn.utils.parametrizations;

import java.util.List;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.nn.functional.Normalization;
import panatorch.nn.utils.parametrize.RightInverse;

/**
 * A weight divided by its largest singular value. Buffers: the singular vectors {@code _u} [outputs] and {@code _v} [all else], which a
 * weight of one dimension does not need.
 */
final class SpectralNorm extends Module implements RightInverse {
    private final int iterations;
    private final long dim;
    private final double eps;

    SpectralNorm(Tensor weight, int iterations, long dim, double eps) {
        long dims = weight.dim();
        if (dim >= dims || dim < -dims)
            throw new IllegalArgumentException("the dimension has to be between " + -dims + " and " + (dims - 1) + ", not " + dim);
        if (iterations < 1) throw new IllegalArgumentException("the number of power iterations has to be at least 1, not " + iterations);
        this.iterations = iterations;
        this.dim = dim < 0 ? dim + dims : dim;
        this.eps = eps;
        if (dims < 2) return;
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor matrix = matrix(weight);
            Tensor u = matrix.newEmpty(matrix.size(0)).normal_(0, 1), v = matrix.newEmpty(matrix.size(1)).normal_(0, 1);
            registerBuffer("_u", normalized(u), true);
            registerBuffer("_v", normalized(v), true);
            iterate(matrix, 15);
        }
    }

    private SpectralNorm(SpectralNorm like) {
        iterations = like.iterations;
        dim = like.dim;
        eps = like.eps;
        for (String name : List.of("_u", "_v")) {
            Tensor t = like.bufferOrNull(name);
            if (t != null) registerBuffer(name, t.emptyLike(), true);
        }
    }

    private Tensor matrix(Tensor weight) { return weight.movedim(dim, 0).flatten(1, -1); }

    private Tensor normalized(Tensor t) { return Normalization.normalize(t, 2, 0, eps); }

    private void iterate(Tensor matrix, int n) {
        Tensor u = buffer("_u"), v = buffer("_v");
        for (int i = 0; i < n; i++) {
            u.copy_(normalized(matrix.mv(v)));
            v.copy_(normalized(matrix.mH().mv(u)));
        }
    }

    @Override public Tensor forward(Tensor weight) {
        if (weight.dim() < 2) return normalized(weight);
        try (var scope = Scope.open()) {
            Tensor matrix = matrix(weight);
            if (isTraining()) try (var noGrad = NoGrad.enter()) {
                iterate(matrix, iterations);
            }
            // copies, since the next use changes the buffers, perhaps before the backward pass of this one
            Tensor u = buffer("_u").clone(), v = buffer("_v").clone();
            return scope.move(weight.div(u.vdot(matrix.mv(v))));
        }
    }

    @Override public List<Tensor> rightInverse(Tensor value) { return List.of(value); }

    @Override protected Module recreate() { return new SpectralNorm(this); }
}
