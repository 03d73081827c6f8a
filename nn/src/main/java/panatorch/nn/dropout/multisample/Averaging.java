package panatorch.nn.dropout.multisample;

/** The quantity that is averaged over the samples. */
public enum Averaging {
    /** The losses (Inoue 2019). */
    LOSS_MEAN,
    /**
     * The logits, of which one loss is then computed: a variant in many public implementations, and a different regulariser. For a linear
     * head it equals the head of the mean of the dropped features, and approaches no dropout as the number of samples grows. For a convex
     * loss it is never above {@link #LOSS_MEAN}.
     */
    LOGIT_MEAN
}
