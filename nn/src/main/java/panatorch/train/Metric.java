package panatorch.train;

import java.util.List;
import java.util.stream.Stream;
import panatorch.Tensor;
import panatorch.metrics.Accuracy;

/**
 * A metric whose mean over all rows is reported, and the direction in which it improves. {@link EarlyStopping}, {@link Checkpointing} and
 * {@link Schedule#onPlateau} compare epochs by that direction. The loss is measured without a metric, under the name {@link #LOSS}; lower
 * is better.
 *
 * <pre>{@code
 * Metric error = new Metric("error", (logits, target) -> logits.argmax(1L).ne(target).sum(), Metric.Direction.MINIMIZE);
 * }</pre>
 *
 * @param name as reports have it, other than {@code loss}
 * @param sum [], over a batch's rows
 * @param direction whether lower or higher values are better
 */
public record Metric(String name, Sum sum, Direction direction) {
    /** The name under which the objective's loss is reported. */
    public static final String LOSS = "loss";

    public Metric {
        if (name.equals(LOSS))
            throw new IllegalArgumentException("the name '" + LOSS + "' is the objective's own loss; give the metric another name");
    }

    /** The direction in which a measure improves. */
    public enum Direction {
        /** Lower values are better, as of a loss or an error. */
        MINIMIZE,
        /** Higher values are better, as of an accuracy. */
        MAXIMIZE;

        /** Returns whether {@code value} is better than {@code other} by more than {@code margin}; false if either is NaN. */
        boolean isBetter(double value, double other, double margin) {
            return this == MINIMIZE ? value < other - margin : value > other + margin;
        }

        /** Returns the value that every other one is better than. */
        double worst() {
            return this == MINIMIZE ? Double.POSITIVE_INFINITY : Double.NEGATIVE_INFINITY;
        }
    }

    /**
     * Returns the direction in which a measure improves.
     *
     * @throws IllegalArgumentException if it is neither the loss nor one of the metrics
     */
    static Direction direction(String measure, List<Metric> metrics) {
        if (measure.equals(LOSS)) return Direction.MINIMIZE;
        for (Metric m : metrics) if (m.name.equals(measure)) return m.direction;
        List<String> names = Stream.concat(Stream.of(LOSS), metrics.stream().map(Metric::name)).toList();
        throw new IllegalArgumentException("nothing measures '" + measure + "'; there are " + names
                + ". Pass one of these, or add it to the trainer by metrics(new Metric(…))");
    }

    /** Of an output [N, …] and the batch's target. */
    @FunctionalInterface
    public interface Sum {
        Tensor of(Tensor output, Tensor target);
    }

    /**
     * Accuracy: the fraction of rows whose largest logit is their class's, for logits [N, C] and classes [N] or probabilities [N, C].
     */
    public static final Metric ACCURACY = right("accuracy", 1);

    /**
     * Top-k accuracy: the fraction of rows whose class is among the {@code k} largest logits. If there are at most {@code k} classes, it is
     * 1.
     */
    public static Metric topK(int k) { return right("top" + k, k); }

    private static Metric right(String name, int k) {
        return new Metric(name, (logits, target) -> Accuracy.correct(logits, classes(target), (int) Math.min(k, logits.size(1))).sum(),
                Direction.MAXIMIZE);
    }

    private static Tensor classes(Tensor target) { return target.dtype().isFloatingPoint() ? target.argmax(1L) : target; }
}
