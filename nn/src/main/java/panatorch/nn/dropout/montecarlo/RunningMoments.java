package panatorch.nn.dropout.montecarlo;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Tensor;

/**
 * Mean and squared deviations of samples that come in chunks, merged without cancellation (Chan et al., 1979). Owns its tensors until it is
 * closed.
 */
final class RunningMoments implements AutoCloseable {
    private long count;
    private @Nullable Tensor mean, deviations;

    /**
     * Adds a chunk.
     *
     * @param samples samples [k, …]
     */
    void add(Tensor samples) {
        Tensor x = samples.to(DType.FLOAT64);
        long k = x.size(0);
        Tensor m = x.mean(0), d = x.sub(m).square().sum(0);
        if (mean == null || deviations == null) {
            mean = m.escape();
            deviations = d.escape();
        } else {
            Tensor apart = m.sub(mean);
            mean.add_(apart, (double) k / (count + k));
            deviations.add_(d).add_(apart.square(), (double) count * k / (count + k));
        }
        count += k;
    }

    Tensor mean() { return Objects.requireNonNull(mean).clone(); }

    Tensor variance() { return Objects.requireNonNull(deviations).div(count); }

    @Override public void close() {
        if (mean != null) mean.close();
        if (deviations != null) deviations.close();
    }
}
