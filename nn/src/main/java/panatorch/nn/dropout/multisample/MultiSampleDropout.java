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
 * Multi-sample dropout (Inoue 2019, arXiv:1905.09788): in training, M dropout samples of the same features go through one shared head, and
 * their losses are averaged. The trunk runs once. The head also runs once, over a batch of M·N rows, without a loop over samples. With M =
 * 1 it is bit-exactly plain dropout. In evaluation nothing is dropped and no random number is drawn.
 *
 * <pre>{@code
 * var method = new MultiSampleDropout(0.5, 8, new Linear(512, 100));                             // one dropout in front of the head
 * Tensor loss = method.apply(features, target, CrossEntropy.mean().labelSmoothing(0.1)).loss();  // features [N, 512]
 * var own = new MultiSampleDropout(MultiSampleDropout.options(8), vgg.head());                   // the head's own dropout layers
 * }</pre>
 *
 * <p>
 * The head's mode decides between training and evaluation. Batch normalisation inside the head takes the mean and variance of all rows of a
 * chunk (M·N without chunks) and updates its averages once a chunk. With as many chunks as samples it does what a loop over the samples
 * does.
 *
 * <p>
 * Owns nothing: head and dropout stay the caller's. As for modules, training is for one thread, evaluation for any number.
 */
public final class MultiSampleDropout {
    /**
     * Options of the method. Each method returns changed options.
     *
     * @param samples M, the number of dropout samples
     * @param dropout module in front of the head; null if the head has dropout layers of its own. It is called on rows [M·N, …]; a
     * {@link Dropout} out of place is called on the view [M, N, …], which saves a copy
     * @param averaging quantity that is averaged over the samples
     * @param prediction prediction that metrics get
     * @param chunks number of runs of the head, each on M/chunks samples, to bound memory
     * @param diversity differences between samples besides their masks
     */
    public record Options(int samples, @Nullable Module dropout, Averaging averaging, PredictionMean prediction, int chunks,
            Diversity diversity) {
        /**
         * Checks the options.
         *
         * @throws IllegalArgumentException if {@code samples} is below 1, or {@code chunks} below 1 or above {@code samples}
         */
        public Options {
            if (samples < 1) throw new IllegalArgumentException("the number of dropout samples has to be at least 1, not " + samples);
            if (chunks < 1 || chunks > samples)
                throw new IllegalArgumentException("the number of chunks has to be between 1 and the " + samples + " samples, not "
                        + chunks);
        }

        /**
         * Puts a {@link Dropout} in front of the head.
         *
         * @param p probability of dropping, in [0, 1]
         */
        public Options dropout(double p) { return dropout(new Dropout(p)); }

        public Options dropout(@Nullable Module layer) { return new Options(samples, layer, averaging, prediction, chunks, diversity); }

        public Options averaging(Averaging a) { return new Options(samples, dropout, a, prediction, chunks, diversity); }

        public Options prediction(PredictionMean p) { return new Options(samples, dropout, averaging, p, chunks, diversity); }

        /**
         * Bounds the memory of a training step to one chunk: each chunk is differentiated as soon as its loss is known, and
         * {@code backward} only scales the gradients and passes them on. This works for means and sums of {@link Averaging#LOSS_MEAN}.
         * Second derivatives do not exist then, and everything that the head trains has to be among its parameters. For other losses,
         * chunks give the same numbers but save no memory before {@code backward}.
         */
        public Options chunks(int n) { return new Options(samples, dropout, averaging, prediction, n, diversity); }

        public Options diversity(Diversity d) { return new Options(samples, dropout, averaging, prediction, chunks, d); }
    }

    /**
     * The result of a batch.
     *
     * @param loss loss, []; with a criterion without reduction, of the shape that one sample has
     * @param logits prediction [N, C] for metrics, see {@link PredictionMean}; without gradient in training
     */
    public record Result(Tensor loss, Tensor logits) {}

    private final Options options;
    private final Module head;
    /** The shape of maps that {@link MirrorCheck} has accepted. */
    private long[] checked = new long[4];

    /** Returns options for the mean loss of M samples by the head's own dropout, in one chunk, with mean logits for metrics. */
    public static Options options(int samples) {
        return new Options(samples, null, Averaging.LOSS_MEAN, PredictionMean.LOGITS, 1, Diversity.NONE);
    }

    /**
     * Puts one dropout in front of the head.
     *
     * @param p probability of dropping, in [0, 1]
     * @param samples M, at least 1
     * @param head module from features [*, D] to logits [*, C]
     */
    public MultiSampleDropout(double p, int samples, Module head) { this(options(samples).dropout(p), head); }

    /**
     * Creates the method.
     *
     * @param head module from features [*, …] to logits [*, C]; with diversity it takes maps (begin it with {@code Flatten} if it needs
     * rows)
     * @throws IllegalArgumentException if there are several samples and nothing makes them differ
     */
    public MultiSampleDropout(Options options, Module head) {
        this.options = options;
        this.head = head;
        if (options.samples > 1 && options.dropout == null && options.diversity.isNone()
                && head.modules().stream().noneMatch(m -> m instanceof Stochastic))
            throw new IllegalArgumentException("the head has no dropout layer, so its " + options.samples
                    + " samples would be equal: put a dropout in front of it with Options.dropout");
    }

    public Options options() { return options; }

    Module head() { return head; }

    /**
     * Computes the cross-entropy, with any options.
     *
     * @param target classes int64 [N], or probabilities [N, C]
     */
    public Result apply(Tensor features, Tensor target, CrossEntropy criterion) {
        return apply(features, target, Criterion.of(criterion));
    }

    /**
     * Computes the loss and prediction of a batch.
     *
     * @param features features [N, D] (or [N, …], as the head takes them); N may be 0
     * @param target targets [N, …]
     */
    public Result apply(Tensor features, Tensor target, Criterion criterion) {
        if (head.isTraining()) return train(features, target, criterion);
        try (var scope = Scope.open()) {
            Tensor logits = head.call(options.diversity.plain(features));
            return new Result(scope.move(criterion.apply(logits, target)), scope.move(logits));
        }
    }

    /** Returns the mean cross-entropy, []. */
    public Tensor loss(Tensor features, Tensor target) {
        return apply(features, target, CrossEntropy.mean()).loss();
    }

    /** Trains, whatever the head's mode. */
    Result train(Tensor features, Tensor target, Criterion criterion) {
        try (var scope = Scope.open()) {
            Result r = options.averaging == Averaging.LOGIT_MEAN ? logitMean(features, target, criterion)
                    : options.chunks > 1 && criterion.reduction() != Reduction.NONE && NoGrad.isGradEnabled()
                            ? ChunkedLoss.of(this, features, target, criterion)
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
                Tensor logits = logits(c, features), part = PredictionMean.LOGITS.share(logits, size(c), options.samples),
                        reported = predicted(logits, c);
                mean = chunk.move(mean == null ? part : mean.add(part));
                prediction = chunk.move(prediction == null ? reported : options.prediction.plus(prediction, reported));
            }
        }
        return new Result(criterion.apply(Objects.requireNonNull(mean), target), Objects.requireNonNull(prediction));
    }

    /** Returns the contribution of chunk {@code c} to the mean loss and to the prediction. */
    Result chunk(int c, Tensor features, Tensor target, Criterion criterion) {
        int size = size(c);
        Tensor logits = logits(c, features);
        return new Result(criterion.share(criterion.apply(logits, Samples.repeat(target, size)), size, options.samples),
                predicted(logits, c));
    }

    private Tensor predicted(Tensor logits, int c) {
        try (var noGrad = NoGrad.enter()) {
            return options.prediction.share(logits, size(c), options.samples);
        }
    }

    /** Returns the logits of a chunk, [N, …] → [samples of the chunk · N, C], sample-major. */
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

    /** Returns the first sample of chunk {@code c}. Sizes of chunks differ by one at most. */
    private int first(int c) {
        return (int) ((long) c * options.samples / options.chunks);
    }

    private int size(int c) { return first(c + 1) - first(c); }
}
