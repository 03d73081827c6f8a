package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

/** Cross-entropy of logits [N, C, *] and classes int64 [N, *], or probabilities [N, C, *]; see {@link CrossEntropy}. */
public final class CrossEntropyLoss extends Loss {
    private final long ignoreIndex;
    private final double labelSmoothing;

    public CrossEntropyLoss() { this(null, -100, 0, Reduction.MEAN); }

    public CrossEntropyLoss(Reduction reduction) { this(null, -100, 0, reduction); }

    /**
     * Creates the loss from options, for example {@code CrossEntropy.mean().labelSmoothing(0.1)}. A weight is then owned by this module.
     */
    public CrossEntropyLoss(CrossEntropy options) {
        this(options.weight(), options.ignoreIndex(), options.labelSmoothing(), options.reduction());
    }

    /**
     * Creates the loss.
     *
     * @param weight weight of each class [C], then owned by this module; or null
     * @param ignoreIndex target class that is ignored
     * @param labelSmoothing share of the target that is spread over all classes, in [0, 1]
     */
    public CrossEntropyLoss(@Nullable Tensor weight, long ignoreIndex, double labelSmoothing, Reduction reduction) {
        super(reduction);
        buffer("weight", weight);
        this.ignoreIndex = ignoreIndex;
        this.labelSmoothing = labelSmoothing;
    }

    @Override public Tensor forward(Tensor input, Tensor target) {
        return Nn.crossEntropyLoss(input, target, bufferOrNull("weight"), code(), ignoreIndex, labelSmoothing);
    }

    @Override protected Module recreate() { return new CrossEntropyLoss(another("weight"), ignoreIndex, labelSmoothing, reduction); }
}
