package panatorch.nn.dropout.multisample;

import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.models.Classifier;
import panatorch.nn.Module;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;
import panatorch.train.Objective;
import panatorch.train.TrainingMethod;

/**
 * Trains by {@link MultiSampleDropout}. Replaces the training objective's forward pass and loss: the model's trunk runs once, its head on M
 * samples. Evaluation keeps the plain objective.
 *
 * <pre>{@code
 * var method = MultiSampleTraining.of(MultiSampleDropout.options(8).dropout(0.3));     // any Classifier
 * Trainer.of(resnet, optimizer, Objective.of(CrossEntropy::crossEntropy)).callbacks(method).build();
 * }</pre>
 *
 * <p>
 * The criterion is this method's own, because an objective does not expose its parts: mean cross-entropy unless {@link #criterion} sets
 * another. Methods given after this one, such as {@link panatorch.train.Mixup}, wrap it. Hooks of the model itself are not called, those of
 * its child modules are. If the model is not in training mode, the plain objective is used.
 *
 * <p>
 * Draws from the global generators, whose state a trainer saves. The state of a mask source in {@link MultiSampleDropout.Options#dropout}
 * is the caller's to save. Owns nothing. For use by one trainer.
 */
public final class MultiSampleTraining implements TrainingMethod {
    private final MultiSampleDropout.Options options;
    private final @Nullable UnaryOperator<Tensor> trunk;
    private final @Nullable Module head;
    private final Criterion criterion;
    private @Nullable MultiSampleDropout dropout;

    private MultiSampleTraining(MultiSampleDropout.Options options, @Nullable UnaryOperator<Tensor> trunk, @Nullable Module head,
            Criterion criterion) {
        if (criterion.reduction() == Reduction.NONE)
            throw new IllegalArgumentException("the criterion has no reduction; training needs one loss, so use a mean");
        this.options = options;
        this.trunk = trunk;
        this.head = head;
        this.criterion = criterion;
    }

    /** Creates the method for any {@link Classifier}, which knows its trunk and head. */
    public static MultiSampleTraining of(MultiSampleDropout.Options options) {
        return new MultiSampleTraining(options, null, null, Criterion.of(CrossEntropy.mean()));
    }

    /**
     * Creates the method for any model, split anywhere.
     *
     * @param trunk function from a batch's input to the head's input, made of the model's child modules
     * @param head module made of the model's child modules, such as a {@code Sequential} of them; they keep the model's mode
     */
    public static MultiSampleTraining of(MultiSampleDropout.Options options, UnaryOperator<Tensor> trunk, Module head) {
        return new MultiSampleTraining(options, trunk, head, Criterion.of(CrossEntropy.mean()));
    }

    /** Returns this method with another cross-entropy. */
    public MultiSampleTraining criterion(CrossEntropy c) {
        return criterion(Criterion.of(c));
    }

    /**
     * Returns this method with another criterion.
     *
     * @throws IllegalArgumentException if the criterion has no reduction
     */
    public MultiSampleTraining criterion(Criterion c) { return new MultiSampleTraining(options, trunk, head, c); }

    @Override public Objective around(Objective objective) {
        return (model, input, target) -> {
            if (!model.isTraining()) return objective.apply(model, input, target);
            if (target == null) throw new IllegalArgumentException("multi-sample dropout needs targets, and the batch has none");
            MultiSampleDropout.Result r = of(model).train(features(model, input), target, criterion);
            return new Objective.Result(r.loss(), r.logits());
        };
    }

    private Tensor features(Module model, Tensor input) { return trunk != null ? trunk.apply(input) : classifier(model).features(input); }

    private MultiSampleDropout of(Module model) {
        Module now = head != null ? head : classifier(model).head();
        MultiSampleDropout last = dropout;
        return last != null && last.head() == now ? last : (dropout = new MultiSampleDropout(options, now));
    }

    private static Classifier classifier(Module model) {
        if (model instanceof Classifier c) return c;
        throw new IllegalArgumentException(model.getClass().getSimpleName() + " is not a Classifier, so its head is unknown: use "
                + "MultiSampleTraining.of(options, trunk, head)");
    }
}
