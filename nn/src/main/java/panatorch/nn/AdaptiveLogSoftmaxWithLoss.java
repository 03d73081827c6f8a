package panatorch.nn;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Log-softmax over very many classes (Grave et al., 2016, arXiv:1609.04309). Frequent classes have a score of their own in the head. Each
 * of the others has its cluster's score in the head and its own score in the cluster, computed from fewer features. Classes are ordered
 * from the most to the least frequent.
 */
public final class AdaptiveLogSoftmaxWithLoss extends Module {
    /**
     * The result of a batch.
     *
     * @param output log-probability of each target, [N], or [] without a batch
     * @param loss mean negative log-probability, []
     */
    public record Result(Tensor output, Tensor loss) {}

    private final long in, classes;
    private final long[] cutoffs;
    private final double divisor;
    private final boolean headBias;
    private Module head;
    private ModuleList<Module> tail;

    public AdaptiveLogSoftmaxWithLoss(long in, long classes, long... cutoffs) { this(in, classes, cutoffs, 4, false); }

    /**
     * Creates the layer.
     *
     * @param cutoffs first classes of the clusters, increasing, each from 1 to {@code classes − 1}
     * @param divisor factor by which the number of features shrinks from cluster to cluster
     */
    public AdaptiveLogSoftmaxWithLoss(long in, long classes, long[] cutoffs, double divisor, boolean headBias) {
        long last = 0;
        for (long c : cutoffs) {
            if (c <= last || c >= classes)
                throw new IllegalArgumentException("cutoffs have to increase between 1 and " + (classes - 1) + ", not "
                        + Arrays.toString(cutoffs));
            last = c;
        }
        if (cutoffs.length == 0) throw new IllegalArgumentException("at least one cutoff is needed");
        this.in = in;
        this.classes = classes;
        this.cutoffs = Arrays.copyOf(cutoffs, cutoffs.length + 1);
        this.cutoffs[cutoffs.length] = classes;
        this.divisor = divisor;
        this.headBias = headBias;
        head = child("head", new Linear(in, cutoffs[0] + cutoffs.length, headBias));
        tail = child("tail", new ModuleList<Module>());
        for (int i = 0; i < cutoffs.length; i++) {
            long size = (long) Math.floor(in / Math.pow(divisor, i + 1));
            tail.add(new Sequential(new Linear(in, size, false), new Linear(size, this.cutoffs[i + 1] - this.cutoffs[i], false)));
        }
    }

    /**
     * Computes the log-probabilities of the targets and the loss.
     *
     * @param input features [N, in] or [in]
     * @param target classes int64 [N] or []
     */
    public Result forward(Tensor input, Tensor target) {
        if (target.dim() > 1 || input.dim() != target.dim() + 1)
            throw new IllegalArgumentException("input and target have to be [N, in] and [N], or [in] and [], not "
                    + input.describe() + " and " + target.describe());
        if (target.lt(0).logicalOr(target.ge(classes)).any().itemLong() != 0)
            throw new IllegalArgumentException("a target is not in 0 … " + (classes - 1));
        boolean single = target.dim() == 0;
        Tensor x = single ? input.unsqueeze(0) : input, y = single ? target.unsqueeze(0) : target;
        Tensor headLog = head.call(x).logSoftmax(1), place = y.clone(), output = x.newZeros(y.size(0));
        for (int i = 0; i + 1 < cutoffs.length; i++) {
            Tensor rows = y.ge(cutoffs[i]).logicalAnd(y.lt(cutoffs[i + 1])).nonzero().squeeze(1);
            if (rows.numel() == 0) continue;
            Tensor within = y.indexSelect(0, rows).sub(cutoffs[i]);
            Tensor local = tail.get(i).call(x.indexSelect(0, rows)).logSoftmax(1).gather(1, within.unsqueeze(1)).squeeze(1);
            place = place.indexFill(0, rows, cutoffs[0] + i);
            output = output.indexCopy(0, rows, local);
        }
        output = output.add(headLog.gather(1, place.unsqueeze(1)).squeeze(1));
        Tensor loss = output.neg().mean();
        return new Result(single ? output.squeeze(0) : output, loss);
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        Result r = forward(inputs.get(0), inputs.get(1));
        return List.of(r.output(), r.loss());
    }

    /** Returns log-probabilities of all classes: [N, in] → [N, classes]. */
    public Tensor logProbabilities(Tensor input) {
        Tensor headLog = head.call(input).logSoftmax(1);
        List<Tensor> parts = new ArrayList<>(List.of(headLog.narrow(1, 0, cutoffs[0])));
        for (int i = 0; i + 1 < cutoffs.length; i++)
            parts.add(tail.get(i).call(input).logSoftmax(1).add(headLog.narrow(1, cutoffs[0] + i, 1)));
        return Aten.cat(parts, 1);
    }

    /** Returns the most probable class: [N, in] → int64 [N]. */
    public Tensor predict(Tensor input) {
        return logProbabilities(input).argmax(1);
    }

    @Override protected Module recreate() {
        return new AdaptiveLogSoftmaxWithLoss(in, classes, Arrays.copyOf(cutoffs, cutoffs.length - 1), divisor, headBias);
    }
}
