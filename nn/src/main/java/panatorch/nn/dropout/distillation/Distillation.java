package panatorch.nn.dropout.distillation;

import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Modes;
import panatorch.nn.Module;
import panatorch.train.Objective;

/**
 * Dropout distillation (Bulò, Porzi and Kontschieder, ICML 2016, algorithm 2): a deterministic student learns to predict what a stochastic teacher predicts
 * on average over its masks. Labels are never read.
 *
 * <pre>{@code
 * try (var student = Module.copyOf(network); var optimizer = PaperSchedule.optimizer(student, 0.005);
 *         var distillation = new Distillation(new Teacher(network), Perturbation.pixels(0.2));
 *         var trainer = Trainer.of(student, optimizer, distillation).evaluateBy(Objective.of(CrossEntropy::crossEntropy)).metrics(Metric.ACCURACY)
 *                 .callbacks(Schedule.eachEpoch(PaperSchedule.of(optimizer)), distillation.monitor()).build()) {
 *     trainer.fit(unlabelled, test, PaperSchedule.EPOCHS);
 * }
 * }</pre>
 *
 * <p>The student computes as in evaluation, whatever its modes, which come back: it drops nothing and its batch normalisation uses and keeps its running
 * statistics. Owns the sums of {@link #monitor}; teacher and student stay the caller's. One thread's; waits for no device.
 */
public final class Distillation implements Objective, AutoCloseable {
    private final Teacher teacher;
    private final @Nullable Perturbation perturbation;
    private final Monitor monitor;

    public Distillation(Teacher teacher) { this(teacher, null); }

    /** @param perturbation of what both teacher and student see in training, or null */
    public Distillation(Teacher teacher, @Nullable Perturbation perturbation) {
        this.teacher = teacher;
        this.perturbation = perturbation;
        monitor = new Monitor(teacher);
    }

    /**
     * Of one batch.
     *
     * @param loss [], the mean divergence of the student from each of the teacher's K outputs: {@link Target#loss}
     * @param floor [], what no student gets below: {@link Target#floor}; null for K = 1
     * @param output the student's, [N, …]
     */
    public record Result(Tensor loss, @Nullable Tensor floor, Tensor output) {}

    /**
     * What a student is to be trained on: {@code distillation.loss(student, images).loss().backward()}.
     *
     * @param input [N, …], without labels; perturbed where gradients are recorded, not under {@link NoGrad}
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

    /** {@link #loss} for a trainer. @param target is not read */
    @Override public Objective.Result apply(Module model, Tensor input, @Nullable Tensor target) {
        Result r = loss(model, input);
        if (NoGrad.isGradEnabled()) monitor.add(r.loss(), r.floor(), input.size(0));
        return new Objective.Result(r.loss(), r.output());
    }

    /** How far from its floor the loss of training is; a callback of the trainer, which needs it for nothing else. */
    public Monitor monitor() { return monitor; }

    @Override public void close() { monitor.close(); }
}
