package panatorch.train;

import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.Module;

/**
 * What a batch is trained to: the forward pass and the loss of it.
 *
 * <pre>{@code
 * Objective classification = Objective.of(CrossEntropy.mean().labelSmoothing(0.1)::apply);
 * }</pre>
 */
@FunctionalInterface
public interface Objective {
    /** The loss of a batch; results belong to the current scope. @param target null where there are no labels */
    Result apply(Module model, Tensor input, @Nullable Tensor target);

    /**
     * @param loss [], the mean over the batch's rows
     * @param output what metrics look at, as logits [N, C]
     */
    record Result(Tensor loss, Tensor output) {}

    /** {@code loss = criterion(model(input), target)}. */
    static Objective of(BinaryOperator<Tensor> criterion) {
        return (model, input, target) -> {
            if (target == null) throw new IllegalArgumentException("this loss needs targets, and the batch has none");
            Tensor output = model.call(input);
            return new Result(criterion.apply(output, target), output);
        };
    }
}
