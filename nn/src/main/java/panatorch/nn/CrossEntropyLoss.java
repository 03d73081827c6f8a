package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Nn;
import panatorch.Tensor;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;

/** The cross-entropy of logits [N, C, *] and classes int64 [N, *], or probabilities [N, C, *]; see {@link CrossEntropy}. */
public final class CrossEntropyLoss extends Loss {
    private final long ignoreIndex;
    private final double labelSmoothing;

    public CrossEntropyLoss() { this(null, -100, 0, Reduction.MEAN); }

    public CrossEntropyLoss(Reduction reduction) { this(null, -100, 0, reduction); }

    /** {@code new CrossEntropyLoss(CrossEntropy.mean().labelSmoothing(0.1))}; the weight, if any, is then owned by this. */
    public CrossEntropyLoss(CrossEntropy options) { this(options.weight(), options.ignoreIndex(), options.labelSmoothing(), options.reduction()); }

    /** @param weight of each class [C], then owned by this; @param ignoreIndex a target that does not count; @param labelSmoothing in [0, 1], how much of the target is spread over all classes */
    public CrossEntropyLoss(@Nullable Tensor weight, long ignoreIndex, double labelSmoothing, Reduction reduction) {
        super(reduction);
        buffer("weight", weight);
        this.ignoreIndex = ignoreIndex;
        this.labelSmoothing = labelSmoothing;
    }

    @Override public Tensor forward(Tensor input, Tensor target) { return Nn.crossEntropyLoss(input, target, bufferOrNull("weight"), code(), ignoreIndex, labelSmoothing); }

    @Override protected Module recreate() { return new CrossEntropyLoss(another("weight"), ignoreIndex, labelSmoothing, reduction); }
}
