package panatorch.train;

import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.Module;

/**
 * A training objective: the forward pass of a batch and its loss.
 *
 * <pre>{@code
 * Objective classification = Objective.of(CrossEntropy.mean().labelSmoothing(0.1)::apply);
 * }</pre>
 */
@FunctionalInterface
public interface Objective {
    /**
     * Computes the loss of a batch. The results belong to the current scope.
     *
     * @param target targets of the batch, or null if it has none
     */
    Result apply(Module model, Tensor input, @Nullable Tensor target);

    /**
     * The loss and output of a batch.
     *
     * @param loss mean over the batch's rows, []
     * @param output the output that metrics read, for example logits [N, C]
     */
    record Result(Tensor loss, Tensor output) {}

    /** Returns the objective {@code criterion(model(input), target)}. */
    static Objective of(BinaryOperator<Tensor> criterion) {
        return (model, input, target) -> {
            if (target == null) throw new IllegalArgumentException("this loss needs targets, and the batch has none");
            Tensor output = model.call(input);
            return new Result(criterion.apply(output, target), output);
        };
    }
}
