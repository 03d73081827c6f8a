package panatorch.train;

import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.amp.Precision;
import panatorch.models.Classifier;
import panatorch.nn.dropout.MultiSampleDropout;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.LRScheduler;
import panatorch.optim.Optimizer;

/**
 * Steps of training a classifier, with dropout samples on its head, and of evaluating it.
 *
 * <pre>
 * step:      features ← trunk(images) → loss ← mean over samples of CE(head(dropout(features)))
 *            → gradients ← backward(loss) → optimiser → gradients freed → the schedule's next learning rate
 * evaluate:  logits ← head(trunk(images)), nothing dropped, nothing recorded
 * </pre>
 *
 * <p>Owns nothing. Inputs may be on any device and are moved to the model's.
 */
public final class Trainer {
    private final Classifier model;
    private final MultiSampleDropout head;
    private final Optimizer optimizer;
    private final LRScheduler schedule;
    private final Precision precision;
    private final Device device;
    private final CrossEntropy criterion = CrossEntropy.mean();
    private long steps;

    public Trainer(Classifier model, MultiSampleDropout head, Optimizer optimizer, LRScheduler schedule, Precision precision, Device device) {
        this.model = model;
        this.head = head;
        this.optimizer = optimizer;
        this.schedule = schedule;
        this.precision = precision;
        this.device = device;
    }

    /** @param loss mean over the batch; @param correct images whose largest logit is their class's; @param count images */
    public record StepResult(double loss, long correct, long count) {}

    /**
     * One update of the model.
     *
     * @param images [N, 3, H, W]; @param labels [N] int64
     */
    public StepResult step(Tensor images, Tensor labels) {
        if (!model.isTraining()) model.train();
        try (var scope = Scope.open()) {
            Tensor target = labels.to(device);
            MultiSampleDropout.Result result;
            try (var cast = precision.enter(device)) {
                result = head.apply(model.features(images.to(device)), target, criterion);
            }
            result.loss().backward();
            optimizer.step();
            optimizer.zeroGrad();
            schedule.step();
            steps++;
            return summary(result.loss(), result.logits(), target);
        }
    }

    /** Loss and hits of a batch in evaluation mode, without any update; the model need not be one that is trained. */
    public static StepResult evaluate(Classifier model, Precision precision, Device device, Tensor images, Tensor labels) {
        if (model.isTraining()) model.eval();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor target = labels.to(device), logits;
            try (var cast = precision.enter(device)) {
                logits = model.call(images.to(device));
            }
            return summary(CrossEntropy.crossEntropy(logits.to(panatorch.DType.FLOAT32), target), logits, target);
        }
    }

    private static StepResult summary(Tensor loss, Tensor logits, Tensor target) {
        return new StepResult(loss.itemDouble(), logits.argmax(1L).eq(target).sum().itemLong(), target.size(0));
    }

    /** Updates so far. */
    public long steps() { return steps; }
}
