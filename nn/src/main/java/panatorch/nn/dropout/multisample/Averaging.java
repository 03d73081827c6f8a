package panatorch.nn.dropout.multisample;

/** What is averaged over the samples. */
public enum Averaging {
    /** Their losses (Inoue 2019). */
    LOSS_MEAN,
    /**
     * Their logits, which then have one loss: a variant of many public implementations, and another regulariser. Of a linear head it is the
     * head of the mean of the dropped features, and tends to no dropout with the number of samples. It is never above {@link #LOSS_MEAN} for a convex loss.
     */
    LOGIT_MEAN
}
