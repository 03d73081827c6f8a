package panatorch.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import panatorch.DType;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.junit.NoTensorLeaks;
import panatorch.optim.AveragedModel;
import panatorch.optim.CosineAnnealingLR;
import panatorch.optim.Optimizer;

/** Two epochs are one, a stop, and one more, bit for bit. */
@NoTensorLeaks
class TrainerResumeTest {
    @TempDir
    Path folder;

    private enum Kind {
        PLAIN(Function.identity()),
        SAVED_IN_BACKGROUND(Function.identity()),
        SCHEDULED((b, o) -> b.callbacks(Schedule.eachStep(new CosineAnnealingLR(o, 14)))),
        CLIPPED(b -> b.callbacks(ClipGradients.norm(0.5))),
        ACCUMULATED(b -> b.accumulate(3)),
        BFLOAT16(b -> b.precision(Precision.BF16)),
        FLOAT16(b -> b.precision(new Precision(DType.FLOAT16, "asked for"))),
        MIXED_UP(b -> b.callbacks(new Mixup(0.4, Task.CLASSES))),
        CUT_AND_MIXED(b -> b.callbacks(new CutMix(1, Task.CLASSES), new Mixup(0.2, Task.CLASSES)));

        final BiFunction<TrainerBuilder, Optimizer, TrainerBuilder> options;

        Kind(Function<TrainerBuilder, TrainerBuilder> options) { this((b, o) -> options.apply(b)); }

        Kind(BiFunction<TrainerBuilder, Optimizer, TrainerBuilder> options) { this.options = options; }
    }

    /** All that a run ends with. */
    private record End(Map<String, List<Double>> weights, Map<String, List<Double>> averaged, List<Map<String, Double>> train,
            List<Map<String, Double>> test, long steps) {}

    /**
     * Trains to the end, or until it is stopped.
     *
     * @param stopAtStep number of the step after which it stops; 0 for never
     * @param from checkpoint to resume from, or null
     */
    private End run(Task task, Kind kind, long epochs, long stopAtStep, Path from) throws IOException {
        try (var model = Task.model(); var average = Task.model(); var optimizer = Task.optimizer(model)) {
            Torch.manualSeed(5);
            var ema = new WeightAveraging(AveragedModel.ema(average, 0.9));
            var checkpoints = new Checkpointing(folder);
            if (kind == Kind.SAVED_IN_BACKGROUND) checkpoints.inBackground();
            var stopper = new Callback() {
                @Override public void batchEnd(Trainer t) { if (stopAtStep > 0 && t.steps() == stopAtStep) t.stop("asked for"); }
            };
            var builder = kind.options.apply(Trainer.of(model, optimizer, Task.objective()).metrics(Metric.ACCURACY), optimizer);
            try (var trainer = builder.callbacks(ema, checkpoints, stopper).build()) {
                if (from != null) {
                    Torch.manualSeed(99);
                    trainer.load(from);
                }
                trainer.fit(task.train(), task.test(), epochs);
                var train = trainer.history().stream().map(Trainer.EpochSummary::train).toList();
                return new End(Task.values(model), Task.values(average), train,
                        trainer.history().stream().map(Trainer.EpochSummary::test).toList(), trainer.steps());
            }
        }
    }

    @ParameterizedTest
    @EnumSource void two_epochs_are_one_a_stop_and_one_more(Kind kind) throws IOException {
        try (var task = new Task()) {
            End whole = run(task, kind, 2, 0, null);
            run(task, kind, 1, 0, null);
            End resumed = run(task, kind, 2, 0, folder.resolve(Checkpointing.LAST));
            assertThat(resumed).isEqualTo(whole);
        }
    }

    @ParameterizedTest
    @EnumSource void a_run_that_was_stopped_within_an_epoch_ends_as_if_it_had_not_been(Kind kind) throws IOException {
        try (var task = new Task()) {
            End whole = run(task, kind, 3, 0, null);
            End stopped = run(task, kind, 3, kind == Kind.ACCUMULATED ? 4 : 10, null);
            assertThat(stopped.steps()).isLessThan(whole.steps());
            assertThat(run(task, kind, 3, 0, folder.resolve(Checkpointing.LAST))).isEqualTo(whole);
        }
    }

    @Test void a_checkpoint_of_another_model_is_refused_and_nothing_changed() throws IOException {
        try (var task = new Task()) {
            run(task, Kind.PLAIN, 1, 0, null);
            try (var other = new panatorch.nn.Linear(2, 2); var optimizer = Task.optimizer(other);
                    var trainer = Trainer.of(other, optimizer, Task.objective()).build()) {
                var before = Task.values(other);
                assertThatThrownBy(() -> trainer.load(folder.resolve(Checkpointing.LAST))).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("weight");
                assertThat(Task.values(other)).isEqualTo(before);
            }
        }
    }
}
