package panatorch.nn.dropout.distillation;

import java.util.Collections;
import java.util.stream.Stream;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.models.Classifier;
import panatorch.nn.Masked;
import panatorch.nn.Modes;
import panatorch.nn.Module;
import panatorch.nn.Stochastic;

/**
 * The average over the masks of any network with stochastic layers ({@link Stochastic}: dropout, DropConnect, …). Stochastic layers draw;
 * all others evaluate, with frozen statistics. No gradient is recorded, nothing is changed, and every module gets its own mode back
 * afterwards.
 *
 * <pre>{@code
 * var teacher = new Teacher(network, 4);
 * Tensor loss = teacher.target(images).loss(student.call(images));
 * }</pre>
 *
 * <p>
 * The K masks of an example are drawn in one pass over [K·N, …] rows, or in K passes where a layer's rows share masks
 * ({@link Masked#isPerRow}). If only the head of a {@link Classifier} is stochastic, the trunk computes N rows once and the head K·N; hooks
 * of the whole network are then not called. Owns nothing. For use by one thread, because it changes modes.
 */
public final class Teacher {
    private final Module network;
    private final int samples;
    private final Divergence divergence;

    /** Creates a teacher with one mask an example, as in the paper, and the Kullback-Leibler divergence. */
    public Teacher(Module network) {
        this(network, 1, Divergence.KL);
    }

    public Teacher(Module network, int samples) { this(network, samples, Divergence.KL); }

    /**
     * Creates a teacher.
     *
     * @param samples K, the number of masks an example, at least 1
     */
    public Teacher(Module network, int samples, Divergence divergence) {
        if (samples < 1) throw new IllegalArgumentException("the number of masks an example has to be at least 1, not " + samples);
        this.network = network;
        this.samples = samples;
        this.divergence = divergence;
    }

    public Module network() { return network; }

    public int samples() { return samples; }

    /**
     * Returns the teacher's prediction for a batch.
     *
     * @param input inputs [N, …]
     */
    public Target target(Tensor input) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter(); var modes = Modes.sampling(network)) {
            Target t = divergence.target(outputs(input).unflatten(0, samples, input.size(0)));
            return new Target(divergence, scope.move(t.mean()), t.floor() == null ? null : scope.move(t.floor()));
        }
    }

    /** Returns the outputs, sample-major, [K·N, …]. */
    private Tensor outputs(Tensor input) {
        if (samples > 1 && !isPerRow()) return Aten.cat(Stream.generate(() -> network.call(input)).limit(samples).toList());
        if (samples > 1 && network instanceof Classifier c && !c.drawsInTrunk()) return c.head().call(tiled(c.features(input)));
        return network.call(tiled(input));
    }

    private boolean isPerRow() { return network.modules().stream().allMatch(m -> !(m instanceof Masked masked) || masked.isPerRow()); }

    /** Repeats the rows by {@code cat}, which keeps the memory format; {@code repeat} does not. */
    private Tensor tiled(Tensor rows) {
        return samples == 1 ? rows : Aten.cat(Collections.nCopies(samples, rows));
    }
}
