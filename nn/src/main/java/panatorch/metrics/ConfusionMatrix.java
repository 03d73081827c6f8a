package panatorch.metrics;

import java.util.Arrays;
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
 * ones. Examples may be images or the pixels of segmented images. {@link ClassificationReport} computes accuracy, precision, recall, Fβ,
 * specificity, intersection over union, Cohen's kappa and Matthews' correlation from it.
 *
 * <p>
 * Owns a tensor on the device of the first batch until it is closed. {@link #update} does not synchronise a GPU, only {@link #report} does.
 * For use by one thread at a time.
 */
public final class ConfusionMatrix extends SumMetric {
    private final List<String> names;
    private final @Nullable Long ignoreIndex;

    /** Creates a matrix of classes 0 … {@code classes} − 1, named by their numbers. */
    public ConfusionMatrix(int classes) {
        this(numbers(classes));
    }

    /**
     * Creates a matrix of classes 0 … {@code classes} − 1 that leaves out examples with the label {@code ignoreIndex}.
     *
     * @param ignoreIndex label that is not counted, usually not a class, such as 255. If it is a class, averages leave that class out
     */
    public ConfusionMatrix(int classes, long ignoreIndex) { this(numbers(classes), ignoreIndex); }

    /**
     * Creates a matrix.
     *
     * @param names names of the classes, in order
     */
    public ConfusionMatrix(List<String> names) { this(names, null); }

    /**
     * Creates a matrix that leaves out examples with the label {@code ignoreIndex}.
     *
     * @param names names of the classes, in order
     * @param ignoreIndex label that is not counted
     */
    public ConfusionMatrix(List<String> names, long ignoreIndex) { this(names, Long.valueOf(ignoreIndex)); }

    private ConfusionMatrix(List<String> names, @Nullable Long ignoreIndex) {
        if (names.isEmpty()) throw new IllegalArgumentException("the list of class names is empty");
        this.names = List.copyOf(names);
        this.ignoreIndex = ignoreIndex;
    }

    private static List<String> numbers(int classes) { return IntStream.range(0, classes).mapToObj(Integer::toString).toList(); }

    @Override Object settings() { return ignoreIndex == null ? names : names + " without " + ignoreIndex; }

    /**
     * Counts a batch.
     *
     * @param predictions classes [N, …], or scores [N, C, …] whose largest is the prediction
     * @param labels classes [N, …]: [N] of images, [N, H, W] of pixels
     * @throws IllegalArgumentException if shapes or types are wrong, or classes are out of range; on a GPU, {@link #report} finds the
     * latter
     */
    public void update(Tensor predictions, Tensor labels) {
        long c = names.size();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor predicted = predicted(predictions, labels);
            Tensor actual = Inputs.classes("labels", labels.dim() > 1 ? labels.flatten() : labels, predicted);
            Tensor noLabel = Inputs.isOutOfRange(actual, c), noPrediction = Inputs.isOutOfRange(predicted, c);
            Tensor ignored = ignoreIndex == null ? null : actual.eq(ignoreIndex);
            if (ignored != null) {
                noLabel = noLabel.bitwiseAnd(ignored.bitwiseNot());
                noPrediction = noPrediction.bitwiseAnd(ignored.bitwiseNot());
            }
            if (predicted.device().equals(Device.CPU)) requireNone(noLabel.sum().itemLong(), noPrediction.sum().itemLong());
            Tensor cell = actual.mul(c).add(predicted).maskedFill(noPrediction, c * c + 1).maskedFill(noLabel, c * c);
            if (ignored != null) cell = cell.maskedFill(ignored, c * c + 2);
            // The matrix and the numbers of wrong labels, wrong predictions and ignored examples. A GPU cannot report wrong ones at once.
            Tensor into = sums(() -> Torch.zeros(DType.INT64, predicted.device(), c * c + 3));
            into.indexAdd_(0, cell.to(into.device()), Torch.ones(DType.INT64, into.device(), cell.size(0)));
        }
    }

    /** Returns the predicted classes, int64 [N · …]. */
    private Tensor predicted(Tensor predictions, Tensor labels) {
        Tensor predicted = predictions;
        if (labels.dim() > 0 && predictions.dim() == labels.dim() + 1) {
            String shape = "[N, " + names.size() + (labels.dim() == 1 ? "]" : ", …]");
            if (predictions.size(1) != names.size() || predictions.numel() == 0 || !predictions.dtype().isFloatingPoint())
                throw new IllegalArgumentException("scores have to be " + shape + ", not " + Inputs.describe(predictions));
            predicted = predictions.argmax(1L);
        }
        if (predicted.dim() > 1 && !Arrays.equals(predicted.shape(), labels.shape()))
            throw new IllegalArgumentException("predictions " + Inputs.describe(predictions) + " do not fit labels "
                    + Inputs.describe(labels) + "; they have to be classes of the same shape, or scores [N, " + names.size() + ", …]");
        if (predicted.dim() > 1) predicted = predicted.flatten();
        return Inputs.classes("predictions", predicted, predicted);
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
        int c = names.size();
        long[] flat = sums().toLongArray();
        requireNone(flat[c * c], flat[c * c + 1]);
        var matrix = new long[c][c];
        for (int i = 0; i < c; i++) System.arraycopy(flat, i * c, matrix[i], 0, c);
        return new ClassificationReport(names, matrix, ignoreIndex);
    }
}
