package panatorch.train;

import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.data.Batches;
import panatorch.nn.Modes;
import panatorch.nn.Module;

/**
 * Computes the mean loss and metrics of a model over all batches, in evaluation mode and without recording gradients.
 *
 * <pre>{@code
 * var evaluation = new Evaluation(Objective.of(CrossEntropy::crossEntropy), List.of(Metric.ACCURACY), Placement.DEFAULT);
 * Map<String, Double> means = evaluation.of(model, test);
 * }</pre>
 */
public record Evaluation(Objective objective, List<Metric> metrics, Placement placement) {
    /** Returns {@code loss} and the metrics by name. The model's modes are restored afterwards. */
    public Map<String, Double> of(Module model, Batches batches) {
        return of(model, batches, so -> {});
    }

    /**
     * Returns {@code loss} and the metrics by name. The model's modes are restored afterwards.
     *
     * @param watcher receives the averages so far after each batch
     */
    public Map<String, Double> of(Module model, Batches batches, Consumer<Averages> watcher) {
        return of(model, batches, watcher, World.ALONE);
    }

    /** Returns the means over the batches of all processes. */
    Map<String, Double> of(Module model, Batches batches, Consumer<Averages> watcher, World world) {
        world.syncBuffers(model);
        try (var averages = new Averages()) {
            visit(model, batches, (result, input, target) -> averages.add(result, target, metrics, input.size(0)),
                    () -> watcher.accept(averages));
            world.reduce(averages);
            return averages.means();
        }
    }

    /**
     * Passes the model's output and the target of each batch to a consumer, for measures that are no means over rows:
     * {@code evaluation.each(model, test, curves::update)}. The model's modes are restored afterwards.
     *
     * @param consumer receives the output and the target, both on the placement's device
     * @throws IllegalArgumentException if a batch has no target
     */
    public void each(Module model, Batches batches, BiConsumer<Tensor, Tensor> consumer) {
        visit(model, batches, (result, input, target) -> {
            if (target == null) throw new IllegalArgumentException("the batches have no targets to compare the model's output with");
            consumer.accept(result.output(), target);
        }, () -> {});
    }

    @FunctionalInterface
    private interface Visitor {
        void visit(Objective.Result result, Tensor input, @Nullable Tensor target);
    }

    private void visit(Module model, Batches batches, Visitor visitor, Runnable afterBatch) {
        try (var modes = Modes.evaluation(model); var epoch = batches.epoch(1, 0)) {
            while (epoch.hasNext()) {
                try (var batch = epoch.next(); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                    Tensor input = placement.place(batch.input(), true),
                            target = batch.target() == null ? null : placement.place(batch.target(), false);
                    Objective.Result result;
                    try (var cast = placement.autocast()) {
                        result = objective.apply(model, input, target);
                    }
                    visitor.visit(result, input, target);
                }
                afterBatch.run();
            }
        }
    }
}
