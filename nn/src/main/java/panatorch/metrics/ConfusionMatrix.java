package panatorch.metrics;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Counts, batch by batch, how often each class is predicted as each class: [C, C], rows are the true classes and columns the predicted
 * ones.
 *
 * <p>
 * Owns a tensor on the device of the first batch until it is closed. {@link #update} does not synchronise a GPU, only {@link #report} does.
 * For use by one thread at a time.
 */
public final class ConfusionMatrix implements AutoCloseable {
    private final List<String> names;
    /** The matrix and the numbers of wrong labels and wrong predictions, [C · C + 2]. A GPU cannot report wrong classes at once. */
    private @Nullable Tensor counts;

    /** Creates a matrix of classes 0 … {@code classes} − 1, named by their numbers. */
    public ConfusionMatrix(int classes) {
        this(IntStream.range(0, classes).mapToObj(Integer::toString).toList());
    }

    /**
     * Creates a matrix.
     *
     * @param names names of the classes, in order
     */
    public ConfusionMatrix(List<String> names) {
        if (names.isEmpty()) throw new IllegalArgumentException("the list of class names is empty");
        this.names = List.copyOf(names);
    }

    /**
     * Counts a batch.
     *
     * @param predictions classes [N], or scores [N, C] whose largest is the prediction
     * @param labels classes [N]
     * @throws IllegalArgumentException if shapes or types are wrong, or classes are out of range; on a GPU, {@link #report} finds the
     * latter
     */
    public void update(Tensor predictions, Tensor labels) {
        long c = names.size();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            if (predictions.dim() == 2 && predictions.size(1) != c)
                throw new IllegalArgumentException("scores have to be [N, " + c + "], not " + Inputs.describe(predictions));
            Tensor predicted = predictions.dim() == 2 ? Inputs.scores("scores", predictions).argmax(1L) : predictions;
            predicted = Inputs.classes("predictions", predicted, predicted);
            Tensor actual = Inputs.classes("labels", labels, predicted);
            Tensor noLabel = Inputs.isOutOfRange(actual, c), noPrediction = Inputs.isOutOfRange(predicted, c);
            if (predicted.device().equals(Device.CPU)) requireNone(noLabel.sum().itemLong(), noPrediction.sum().itemLong());
            Tensor cell = actual.mul(c).add(predicted).maskedFill(noPrediction, c * c + 1).maskedFill(noLabel, c * c);
            Tensor into = counts(predicted.device());
            into.indexAdd_(0, cell.to(into.device()), Torch.ones(DType.INT64, into.device(), cell.size(0)));
        }
    }

    private Tensor counts(Device device) {
        Tensor t = counts;
        if (t == null) counts = t = Torch.zeros(DType.INT64, device, (long) names.size() * names.size() + 2).escape();
        return t;
    }

    private void requireNone(long labels, long predictions) {
        if (labels > 0) throw Inputs.outOfRange("labels", labels, names.size());
        if (predictions > 0) throw Inputs.outOfRange("predictions", predictions, names.size());
    }

    /**
     * Returns the counts so far.
     *
     * @throws IllegalStateException if no batch was counted
     * @throws IllegalArgumentException if a batch on a GPU had classes out of range
     */
    public ClassificationReport report() {
        Tensor t = counts;
        if (t == null) throw new IllegalStateException("no batch was counted");
        int c = names.size();
        long[] flat = t.toLongArray();
        requireNone(flat[c * c], flat[c * c + 1]);
        var matrix = new long[c][c];
        for (int i = 0; i < c; i++) System.arraycopy(flat, i * c, matrix[i], 0, c);
        return new ClassificationReport(names, matrix);
    }

    /** Sets all counts to zero. */
    public void reset() { close(); }

    /** Frees the counts. Closing twice is harmless. */
    @Override public void close() {
        if (counts != null) counts.close();
        counts = null;
    }
}
