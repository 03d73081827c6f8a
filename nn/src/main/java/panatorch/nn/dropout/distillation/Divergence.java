package panatorch.nn.dropout.distillation;

import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/**
 * The divergence of a student's output from a teacher's. Both are Bregman divergences, so Bulò et al., 2016, theorem 1 (ii), holds: the
 * mean divergence from K outputs of the teacher is the divergence from their mean plus a floor that does not depend on the student.
 * Everything is computed in float32 at least.
 */
public enum Divergence {
    /**
     * The Kullback-Leibler divergence of the student's softmax from the teacher's, in nats, for logits [N, …, C]. Its floor is the mutual
     * information.
     */
    KL {
        @Override Target target(Tensor outputs) {
            Tensor log = outputs.logSoftmax(-1, precise(outputs));
            long k = log.size(0);
            if (k == 1) return new Target(this, log.select(0, 0), null);
            Tensor mean = log.logsumexp(0).sub(Math.log(k));
            return new Target(this, mean, negativeEntropies(log).div(k).sub(negativeEntropies(mean)).div(rows(mean)));
        }

        @Override Tensor between(Tensor mean, Tensor output) {
            // log-probabilities of the teacher, since probabilities that underflow would make 0 · log 0
            return Aten.klDiv(output.logSoftmax(-1, precise(output)), mean, Reduction.SUM.ordinal(), true).div(rows(mean));
        }

        private static Tensor negativeEntropies(Tensor log) { return log.exp().mul(log).sum(); }

        private static long rows(Tensor log) { return log.numel() / log.size(-1); }
    },

    /** The squared Euclidean distance of outputs [N, …], for regression. Its floor is the teacher's variance. */
    SQUARED_ERROR {
        @Override Target target(Tensor outputs) {
            Tensor all = outputs.to(precise(outputs));
            if (all.size(0) == 1) return new Target(this, all.select(0, 0), null);
            Tensor mean = all.mean(0);
            return new Target(this, mean, all.sub(mean).square().sum().div(all.size(0) * mean.size(0)));
        }

        @Override Tensor between(Tensor mean, Tensor output) {
            return output.to(precise(output)).sub(mean).square().sum().div(mean.size(0));
        }
    };

    /**
     * Summarises the teacher's outputs.
     *
     * @param outputs the teacher's outputs, [K, N, …]
     */
    abstract Target target(Tensor outputs);

    /**
     * Returns the mean divergence over rows, [].
     *
     * @param mean mean of the teacher's outputs, as in {@link Target}
     */
    abstract Tensor between(Tensor mean, Tensor output);

    static DType precise(Tensor t) { return t.dtype() == DType.FLOAT16 || t.dtype() == DType.BFLOAT16 ? DType.FLOAT32 : t.dtype(); }
}
