package panatorch.nn.dropout.multisample;

import panatorch.Tensor;

/** The prediction that a training step gives to metrics, made of the logits of all samples. */
public enum PredictionMean {
    /** The mean of the logits. */
    LOGITS {
        @Override Tensor share(Tensor logits, int samples, int all) {
            Tensor mean = Samples.split(logits, samples).mean(0);
            return samples == all ? mean : mean.mul((double) samples / all);
        }

        @Override Tensor plus(Tensor a, Tensor b) { return a.add(b); }
    },

    /** The logarithm of the mean of the probabilities over dimension 1. The softmax of the result is that mean. */
    PROBABILITIES {
        @Override Tensor share(Tensor logits, int samples, int all) {
            return Samples.split(logits.logSoftmax(1), samples).logsumexp(new long[] {0}).sub(Math.log(all));
        }

        @Override Tensor plus(Tensor a, Tensor b) { return a.logaddexp(b); }
    };

    /**
     * Returns the contribution of {@code samples} samples to the mean of {@code all}, [N, C, …].
     *
     * @param logits logits [samples·N, C, …]
     */
    abstract Tensor share(Tensor logits, int samples, int all);

    /** Combines two contributions. */
    abstract Tensor plus(Tensor a, Tensor b);
}
