package panatorch.nn.dropout.distillation;

import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Modes;
import panatorch.nn.Module;
import panatorch.train.Objective;

/**
 * Dropout distillation (Bulò, Porzi and Kontschieder, ICML 2016, algorithm 2): a deterministic student learns to predict what a stochastic
 * teacher predicts on average over its masks. Labels are never read.
 *
 * <pre>{@code
 * try (var student = Module.copyOf(network); var optimizer = PaperSchedule.optimizer(student, 0.005);
 *         var distillation = new Distillation(new Teacher(network), Perturbation.pixels(0.2));
 *         var trainer = Trainer.of(student, optimizer, distillation).evaluateBy(Objective.of(CrossEntropy::crossEntropy))
 *                 .metrics(Metric.ACCURACY).callbacks(Schedule.eachEpoch(PaperSchedule.of(optimizer)), distillation.monitor()).build()) {
 *     trainer.fit(unlabelled, test, PaperSchedule.EPOCHS);
 * }
 * }</pre>
 *
 * <p>
 * The student computes in evaluation mode, whatever its modes are, and gets its modes back afterwards: it drops nothing, and its batch
 * normalisation uses its running statistics and does not update them. Owns the sums of {@link #monitor}; teacher and student stay the
 * caller's. For use by one thread. Nothing waits for the device.
 */
public final class Distillation implements Objective, AutoCloseable {
    private final Teacher teacher;
    private final @Nullable Perturbation perturbation;
    private final Monitor monitor;

    public Distillation(Teacher teacher) { this(teacher, null); }

    /**
     * Distils a teacher on perturbed inputs.
     *
     * @param perturbation perturbation of the inputs of both teacher and student in training, or null
     */
    public Distillation(Teacher teacher, @Nullable Perturbation perturbation) {
        this.teacher = teacher;
        this.perturbation = perturbation;
        monitor = new Monitor(teacher);
    }

    /**
     * The loss of one batch.
     *
     * @param loss mean divergence of the student from each of the teacher's K outputs, []: {@link Target#loss}
     * @param floor lower bound of the loss for any student, []: {@link Target#floor}; null for K = 1
     * @param output the student's output, [N, …]
     */
    public record Result(Tensor loss, @Nullable Tensor floor, Tensor output) {}

    /**
     * Computes the loss of a student: {@code distillation.loss(student, images).loss().backward()}.
     *
     * @param input inputs [N, …], without labels; perturbed if gradients are recorded, not under {@link NoGrad}
     */
    public Result loss(Module student, Tensor input) {
        try (var scope = Scope.open()) {
            Tensor seen = perturbation == null || !NoGrad.isGradEnabled() ? input : perturbation.apply(input);
            Target target = teacher.target(seen);
            Tensor output;
            try (var modes = Modes.evaluation(student)) {
                output = student.call(seen);
            }
            Tensor loss = scope.move(target.loss(output));
            return new Result(loss, target.floor() == null ? null : scope.move(target.floor()), scope.move(output));
        }
    }

    /**
     * Computes {@link #loss} for a trainer.
     *
     * @param target ignored
     */
    @Override public Objective.Result apply(Module model, Tensor input, @Nullable Tensor target) {
        Result r = loss(model, input);
        if (NoGrad.isGradEnabled()) monitor.add(r.loss(), r.floor(), input.size(0));
        return new Objective.Result(r.loss(), r.output());
    }

    /** Returns a callback of the trainer that tracks how far the training loss is from its floor. Training does not need it. */
    public Monitor monitor() {
        return monitor;
    }

    @Override public void close() { monitor.close(); }
}
