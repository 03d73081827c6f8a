package panatorch.nn;

import org.jspecify.annotations.Nullable;

/**
 * Options of batch and instance normalisation. Each method returns changed options.
 *
 * @param channels number of channels C
 * @param eps number added to the variance
 * @param momentum weight of the newest batch in the running averages; null for the plain mean of all batches
 * @param affine whether there is a weight
 * @param trackRunningStats whether there are running averages; without them, evaluation uses the batch's statistics too
 * @param bias whether there is a bias beside the weight
 */
public record NormOptions(long channels, double eps, @Nullable Double momentum, boolean affine, boolean trackRunningStats, boolean bias) {
    public NormOptions eps(double e) { return new NormOptions(channels, e, momentum, affine, trackRunningStats, bias); }

    public NormOptions momentum(@Nullable Double m) { return new NormOptions(channels, eps, m, affine, trackRunningStats, bias); }

    public NormOptions affine(boolean on) { return new NormOptions(channels, eps, momentum, on, trackRunningStats, bias); }

    public NormOptions trackRunningStats(boolean on) { return new NormOptions(channels, eps, momentum, affine, on, bias); }

    public NormOptions bias(boolean on) { return new NormOptions(channels, eps, momentum, affine, trackRunningStats, on); }

    String describe(boolean hasBias) {
        return channels + ", eps=" + Repr.of(eps) + ", momentum=" + Repr.of((Object) momentum) + ", affine=" + Repr.of(affine) + ", bias="
                + Repr.of(hasBias)
                + ", track_running_stats=" + Repr.of(trackRunningStats);
    }
}
