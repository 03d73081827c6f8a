package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.functional.Losses;
import panatorch.nn.functional.Reduction;

/** {@link TripletMarginLoss} with any distance. */
public final class TripletMarginWithDistanceLoss extends Module {
    private final java.util.function.@Nullable BinaryOperator<Tensor> given;
    private final java.util.function.BinaryOperator<Tensor> distance;
    private final double margin;
    private final boolean swap;
    private final Reduction reduction;

    public TripletMarginWithDistanceLoss() { this(null, 1, false, Reduction.MEAN); }

    /** @param distance distance [N] of two tensors [N, D]; null for {@link PairwiseDistance} */
    public TripletMarginWithDistanceLoss(java.util.function.@Nullable BinaryOperator<Tensor> distance, double margin, boolean swap,
            Reduction reduction) {
        if (!(margin > 0)) throw new IllegalArgumentException("the margin has to be above 0, not " + margin);
        given = distance;
        if (distance == null) child("distance_function", new PairwiseDistance());
        this.distance = distance != null ? distance
                : (x, y) -> submodule("distance_function").forwardAll(List.of(x, y)).getFirst();
        this.margin = margin;
        this.swap = swap;
        this.reduction = reduction;
    }

    public Tensor forward(Tensor anchor, Tensor positive, Tensor negative) {
        return Losses.tripletMarginWithDistance(anchor, positive, negative, distance, margin, swap, reduction);
    }

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1), inputs.get(2)));
    }

    @Override protected Module recreate() { return new TripletMarginWithDistanceLoss(given, margin, swap, reduction); }
}
