package panatorch.nn.dropout.multisample;

import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Dropout;
import panatorch.nn.Module;
import panatorch.nn.Stochastic;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

/**
 * Multi-sample dropout (Inoue 2019, arXiv:1905.09788): in training, M dropout samples of the same features go through one shared head, and their
 * losses are averaged. The trunk runs once; the head runs once, too, over a batch of M·N rows, with no loop over samples. With M = 1 it is plain dropout, bit
 * for bit. In evaluation nothing is dropped and no random number drawn.
 *
 * <pre>{@code
 * var method = new MultiSampleDropout(0.5, 8, new Linear(512, 100));                             // one dropout in front of the head
 * Tensor loss = method.apply(features, target, CrossEntropy.mean().labelSmoothing(0.1)).loss();  // features [N, 512]
 * var own = new MultiSampleDropout(MultiSampleDropout.options(8), vgg.head());                   // the head's own dropout layers
 * }</pre>
 *
 * <p>Whether it trains, the head's mode says. Batch normalisation inside the head takes the mean and variance of all rows of a chunk, M·N without
 * chunks, and updates its averages once a chunk: with as many chunks as samples it does what a loop over the samples does.
 *
 * <p>Owns nothing: head and dropout stay the caller's. As for modules, training is one thread's, and evaluation any number's.
 */
public final class MultiSampleDropout {
    /**
     * Each method returns changed options.
     *
     * @param samples M
     * @param dropout in front of the head; null where the head has dropout layers of its own. It is called on rows [M·N, …]; {@link Dropout}, out of place, on the
     *     view [M, N, …], which saves a copy
     * @param prediction what is reported to metrics
     * @param chunks how many times the head runs, each time on M/chunks samples, to bound memory
     */
    public record Options(int samples, @Nullable Module dropout, Averaging averaging, PredictionMean prediction, int chunks, Diversity diversity) {
        /** @throws IllegalArgumentException if there are fewer samples than one or chunks, or no chunk */
        public Options {
            if (samples < 1) throw new IllegalArgumentException("at least one dropout sample is needed, not " + samples);
            if (chunks < 1 || chunks > samples) throw new IllegalArgumentException(samples + " samples make between 1 and " + samples + " chunks, not " + chunks);
        }

        /** {@link Dropout} of its own in front of the head. @param p probability of dropping, in [0, 1] */
        public Options dropout(double p) { return dropout(new Dropout(p)); }

        public Options dropout(@Nullable Module layer) { return new Options(samples, layer, averaging, prediction, chunks, diversity); }

        public Options averaging(Averaging a) { return new Options(samples, dropout, a, prediction, chunks, diversity); }

        public Options prediction(PredictionMean p) { return new Options(samples, dropout, averaging, p, chunks, diversity); }

        /**
         * A training step keeps what its backward pass needs of one chunk at a time: each chunk is differentiated as soon as its loss is known, and
         * {@code backward} only scales and hands on. So it is for means and sums of {@link Averaging#LOSS_MEAN}, of which then no derivatives of derivatives
         * exist, and all that the head trains has to be among its parameters; for other losses chunks give the same numbers, but save no memory before {@code backward}.
         */
        public Options chunks(int n) { return new Options(samples, dropout, averaging, prediction, n, diversity); }

        public Options diversity(Diversity d) { return new Options(samples, dropout, averaging, prediction, chunks, d); }
    }

    /** @param loss [], or as without samples of a criterion without reduction; @param logits [N, C], see {@link PredictionMean}, for metrics: no gradient goes through them in training */
    public record Result(Tensor loss, Tensor logits) {}

    private final Options options;
    private final Module head;
    /** The shape of maps that {@link MirrorCheck} was content with. */
    private long[] checked = new long[4];

    /** The mean of the losses of M samples of the head's own dropout, in one chunk, reporting mean logits. */
    public static Options options(int samples) { return new Options(samples, null, Averaging.LOSS_MEAN, PredictionMean.LOGITS, 1, Diversity.NONE); }

    /** @param p probability of dropping in front of the head, in [0, 1]; @param samples M, at least 1; @param head from [*, D] to [*, C] */
    public MultiSampleDropout(double p, int samples, Module head) { this(options(samples).dropout(p), head); }

    /**
     * @param head from features [*, …] to logits [*, C]; with diversity it takes maps (begin it with {@code Flatten} where it needs rows)
     * @throws IllegalArgumentException if there are several samples and nothing to tell them apart
     */
    public MultiSampleDropout(Options options, Module head) {
        this.options = options;
        this.head = head;
        if (options.samples > 1 && options.dropout == null && options.diversity.isNone() && head.modules().stream().noneMatch(m -> m instanceof Stochastic))
            throw new IllegalArgumentException("the head has no dropout layer, so that its " + options.samples + " samples would be the same: put a dropout in front of it");
    }

    public Options options() { return options; }

    Module head() { return head; }

    /** {@link #apply(Tensor, Tensor, Criterion)} with cross-entropy of any options. @param target [N] int64, or probabilities [N, C] */
    public Result apply(Tensor features, Tensor target, CrossEntropy criterion) { return apply(features, target, Criterion.of(criterion)); }

    /**
     * @param features [N, D] (or [N, …], as the head takes them); N may be 0
     * @param target [N, …]
     */
    public Result apply(Tensor features, Tensor target, Criterion criterion) {
        if (head.isTraining()) return train(features, target, criterion);
        try (var scope = Scope.open()) {
            Tensor logits = head.call(options.diversity.plain(features));
            return new Result(scope.move(criterion.apply(logits, target)), scope.move(logits));
        }
    }

    /** The mean cross-entropy []. */
    public Tensor loss(Tensor features, Tensor target) { return apply(features, target, CrossEntropy.mean()).loss(); }

    /** Whatever the head's mode. */
    Result train(Tensor features, Tensor target, Criterion criterion) {
        try (var scope = Scope.open()) {
            Result r = options.averaging == Averaging.LOGIT_MEAN ? logitMean(features, target, criterion)
                    : options.chunks > 1 && criterion.reduction() != Reduction.NONE && NoGrad.isGradEnabled() ? ChunkedLoss.of(this, features, target, criterion)
                    : lossMean(features, target, criterion);
            return new Result(scope.move(r.loss), scope.move(r.logits));
        }
    }

    private Result lossMean(Tensor features, Tensor target, Criterion criterion) {
        Tensor loss = null, prediction = null;
        for (int c = 0; c < options.chunks; c++) {
            try (var chunk = Scope.open()) {
                Result r = chunk(c, features, target, criterion);
                loss = chunk.move(loss == null ? r.loss : loss.add(r.loss));
                prediction = chunk.move(prediction == null ? r.logits : options.prediction.plus(prediction, r.logits));
            }
        }
        return new Result(Objects.requireNonNull(loss), Objects.requireNonNull(prediction));
    }

    private Result logitMean(Tensor features, Tensor target, Criterion criterion) {
        Tensor mean = null, prediction = null;
        for (int c = 0; c < options.chunks; c++) {
            try (var chunk = Scope.open()) {
                Tensor logits = logits(c, features), part = PredictionMean.LOGITS.share(logits, size(c), options.samples), reported = predicted(logits, c);
                mean = chunk.move(mean == null ? part : mean.add(part));
                prediction = chunk.move(prediction == null ? reported : options.prediction.plus(prediction, reported));
            }
        }
        return new Result(criterion.apply(Objects.requireNonNull(mean), target), Objects.requireNonNull(prediction));
    }

    /** The part of the samples of chunk {@code c} in the mean loss and in what is reported. */
    Result chunk(int c, Tensor features, Tensor target, Criterion criterion) {
        int size = size(c);
        Tensor logits = logits(c, features);
        return new Result(criterion.share(criterion.apply(logits, Samples.repeat(target, size)), size, options.samples), predicted(logits, c));
    }

    private Tensor predicted(Tensor logits, int c) {
        try (var noGrad = NoGrad.enter()) {
            return options.prediction.share(logits, size(c), options.samples);
        }
    }

    /** [N, …] → [samples of the chunk · N, C], sample-major. */
    private Tensor logits(int c, Tensor features) {
        Tensor variants = options.diversity.variants(features);
        if (options.diversity.mirrored()) {
            long[] shape = Arrays.copyOfRange(variants.shape(), 1, 5);
            if (!Arrays.equals(shape, 1, 4, checked, 1, 4)) MirrorCheck.check(head, shape);
            checked = shape;
        }
        Tensor tiled = Samples.of(variants, first(c), size(c), options.chunks == 1);
        Module dropout = options.dropout;
        if (dropout == null) return head.call(tiled.flatten(0, 1));
        return head.call(dropout instanceof Dropout ? dropout.call(tiled).flatten(0, 1) : dropout.call(tiled.flatten(0, 1)));
    }

    /** The first sample of chunk {@code c}; sizes of chunks differ by one at most. */
    private int first(int c) { return (int) ((long) c * options.samples / options.chunks); }

    private int size(int c) { return first(c + 1) - first(c); }
}
