package panatorch.distributions;

import panatorch.Linalg;
import panatorch.Tensor;
import panatorch.Torch;

/** A batch of covariance matrices Σ, given as themselves, as their inverses, or as their Cholesky factors, [*, N, N]. */
record Covariance(Form form, Tensor given) {
    /** How the matrices are given. */
    enum Form {
        COVARIANCE("covarianceMatrix", Constraints.POSITIVE_DEFINITE),
        PRECISION("precisionMatrix", Constraints.POSITIVE_DEFINITE),
        SCALE_TRIL("scaleTril", Constraints.LOWER_CHOLESKY);

        final String parameter;
        final Constraint constraint;

        Form(String parameter, Constraint constraint) {
            this.parameter = parameter;
            this.constraint = constraint;
        }
    }

    long[] batchShape() {
        if (given.dim() < 2 || given.size(-1) != given.size(-2))
            throw new IllegalArgumentException(form.parameter + " has to be [*, N, N], not " + given.describe());
        return Shapes.dropLast(given.shape(), 2);
    }

    void check(Distribution owner) { owner.require(form.parameter, given, form.constraint); }

    /** Returns the lower triangular L with LLᵀ = Σ, of the given matrices' shape. */
    Tensor factor() {
        return switch (form) {
            case COVARIANCE -> Linalg.cholesky(given);
            case PRECISION -> Distribution.within(() -> ofPrecision(given));
            case SCALE_TRIL -> given;
        };
    }

    private static Tensor ofPrecision(Tensor precision) {
        Tensor inverse = Linalg.cholesky(precision.flip(-2, -1)).flip(-2, -1).transpose(-2, -1);
        return Linalg.solveTriangular(inverse, Torch.eye(precision.size(-1), precision.size(-1), precision.dtype(), precision.device()),
                false);
    }
}
