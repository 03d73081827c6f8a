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
 * Trains by {@link MultiSampleDropout}: forward pass and loss of the training objective give way to the model's trunk, once, and M samples of its head.
 * Evaluation keeps the plain objective.
 *
 * <pre>{@code
 * var method = MultiSampleTraining.of(MultiSampleDropout.options(8).dropout(0.3));     // any Classifier
 * Trainer.of(resnet, optimizer, Objective.of(CrossEntropy::crossEntropy)).callbacks(method).build();
 * }</pre>
 *
 * <p>The criterion is this method's own, mean cross-entropy unless {@link #criterion} says otherwise, as an objective does not tell what it is made of; methods
 * given behind this one, such as {@link panatorch.train.Mixup}, are around it. Hooks of the model itself are not called, those of its parts are. A batch of a
 * model that is not in training mode goes to the plain objective.
 *
 * <p>Draws from the global generators, which a trainer saves; the state of a mask source in {@link MultiSampleDropout.Options#dropout} is the caller's to
 * save. Owns nothing; one trainer's.
 */
public final class MultiSampleTraining implements TrainingMethod {
    private final MultiSampleDropout.Options options;
    private final @Nullable UnaryOperator<Tensor> trunk;
    private final @Nullable Module head;
    private final Criterion criterion;
    private @Nullable MultiSampleDropout dropout;

    private MultiSampleTraining(MultiSampleDropout.Options options, @Nullable UnaryOperator<Tensor> trunk, @Nullable Module head, Criterion criterion) {
        if (criterion.reduction() == Reduction.NONE) throw new IllegalArgumentException("training needs one loss, and the criterion has one for each row: let it take the mean");
        this.options = options;
        this.trunk = trunk;
        this.head = head;
        this.criterion = criterion;
    }

    /** For any {@link Classifier}, split where it says. */
    public static MultiSampleTraining of(MultiSampleDropout.Options options) { return new MultiSampleTraining(options, null, null, Criterion.of(CrossEntropy.mean())); }

    /**
     * For any model, split anywhere.
     *
     * @param trunk from a batch's input to what the head takes, made of the model's parts
     * @param head made of the model's parts, such as a {@code Sequential} of them; the mode of its parts is the model's
     */
    public static MultiSampleTraining of(MultiSampleDropout.Options options, UnaryOperator<Tensor> trunk, Module head) {
        return new MultiSampleTraining(options, trunk, head, Criterion.of(CrossEntropy.mean()));
    }

    /** With cross-entropy of other options. */
    public MultiSampleTraining criterion(CrossEntropy c) { return criterion(Criterion.of(c)); }

    /** @throws IllegalArgumentException if the criterion has no reduction */
    public MultiSampleTraining criterion(Criterion c) { return new MultiSampleTraining(options, trunk, head, c); }

    @Override public Objective around(Objective objective) {
        return (model, input, target) -> {
            if (!model.isTraining()) return objective.apply(model, input, target);
            if (target == null) throw new IllegalArgumentException("the loss of dropout samples needs targets, and the batch has none");
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
        throw new IllegalArgumentException("a " + model.getClass().getSimpleName() + " does not say what is its head: give trunk and head");
    }
}
