package panatorch.nn.dropout.multisample;

import panatorch.Tensor;

/** What a training step reports to metrics, of the logits of all its samples. */
public enum PredictionMean {
    /** The mean of the logits. */
    LOGITS {
        @Override Tensor share(Tensor logits, int samples, int all) {
            Tensor mean = Samples.split(logits, samples).mean(0);
            return samples == all ? mean : mean.mul((double) samples / all);
        }

        @Override Tensor plus(Tensor a, Tensor b) { return a.add(b); }
    },

    /** The logarithm of the mean of the probabilities over dimension 1; their softmax is that mean. */
    PROBABILITIES {
        @Override Tensor share(Tensor logits, int samples, int all) { return Samples.split(logits.logSoftmax(1), samples).logsumexp(new long[] {0}).sub(Math.log(all)); }

        @Override Tensor plus(Tensor a, Tensor b) { return a.logaddexp(b); }
    };

    /** The part of {@code samples} samples in the mean of {@code all}. @param logits [samples·N, C, …]; @return [N, C, …] */
    abstract Tensor share(Tensor logits, int samples, int all);

    /** Two parts as one. */
    abstract Tensor plus(Tensor a, Tensor b);
}
