package panatorch.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.data.Batches;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Module;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.ReduceLROnPlateau;
import panatorch.optim.SGD;

@NoTensorLeaks
class TrainerTest {
    @TempDir
    Path folder;

    /** Notes the names of all events. */
    private static final class Recorder implements Callback {
        final List<String> events = new ArrayList<>();

        @Override public void fitStart(Trainer t) { events.add("fitStart"); }
        @Override public void epochStart(Trainer t) { events.add("epochStart " + t.epoch()); }
        @Override public void batchStart(Trainer t) { events.add("batchStart"); }
        @Override public void beforeStep(Trainer t) { events.add("beforeStep"); }
        @Override public void afterStep(Trainer t) { events.add("afterStep " + t.steps()); }
        @Override public void batchEnd(Trainer t) { events.add("batchEnd " + t.batch()); }
        @Override public void evaluationStart(Trainer t) { events.add("evaluationStart"); }
        @Override public void evaluationBatch(Trainer t, Averages so) { events.add("evaluationBatch " + so.count()); }
        @Override public void epochEnd(Trainer t) { events.add("epochEnd " + t.epoch()); }
        @Override public void safePoint(Trainer t) { events.add("safePoint"); }
        @Override public void fitEnd(Trainer t) { events.add("fitEnd"); }
    }

    @Test void events_come_in_the_order_that_the_page_tells() {
        try (var task = new Task(); var model = Task.model(); var optimizer = Task.optimizer(model)) {
            var recorder = new Recorder();
            try (var trainer = Trainer.of(model, optimizer, Task.objective()).accumulate(2).callbacks(recorder).build()) {
                trainer.fit(Batches.of(task.images, task.labels, 20), Batches.of(task.images, task.labels, 40), 1);
            }
            assertThat(recorder.events).containsExactly("fitStart", "epochStart 1",
                    "batchStart", "batchEnd 1", "batchStart", "beforeStep", "afterStep 1", "batchEnd 2", "safePoint",
                    "batchStart", "beforeStep", "afterStep 2", "batchEnd 3", "safePoint",
                    "evaluationStart", "evaluationBatch 40", "evaluationBatch 50", "epochEnd 1", "safePoint", "fitEnd");
        }
    }

    @Test void it_learns() {
        try (var task = new Task(); var model = Task.model(); var optimizer = Task.optimizer(model);
                var trainer = Trainer.of(model, optimizer, Task.objective()).metrics(Metric.ACCURACY, Metric.topK(2)).build()) {
            trainer.fit(task.train(), task.test(), 15);
            var last = trainer.history().getLast();
            assertThat(last.epoch()).isEqualTo(15);
            assertThat(last.steps()).isEqualTo(15 * 7);
            assertThat(last.test().get("accuracy")).isGreaterThan(0.9);
            assertThat(last.test().get("top2")).isGreaterThanOrEqualTo(last.test().get("accuracy"));
            assertThat(last.test().get("loss")).isLessThan(trainer.history().getFirst().test().get("loss"));
        }
    }

    @Test void means_are_over_rows_and_not_over_batches() {
        try (var task = new Task(); var model = Task.model(); var scope = Scope.open()) {
            model.eval();
            double loss = CrossEntropy.crossEntropy(model.call(task.images), task.labels).itemDouble();
            double accuracy = model.call(task.images).argmax(1L).eq(task.labels).sum().itemDouble() / Task.SIZE;
            var evaluation = new Evaluation(Task.objective(), List.of(Metric.ACCURACY), Placement.DEFAULT);
            var means = evaluation.of(model, Batches.of(task.images, task.labels, 16)); // 16, 16, 16 and 2
            assertThat(means.get("loss")).isCloseTo(loss, within(1e-6));
            assertThat(means.get("accuracy")).isCloseTo(accuracy, within(1e-12));
        }
    }

    @Test void accumulated_batches_make_the_step_of_one_large_batch() {
        try (var task = new Task(); var whole = new panatorch.nn.Linear(32, 3); var parts = Module.copyOf(whole);
                var scope = Scope.open()) {
            Tensor images = task.images.flatten(1).narrow(0, 0, 48), labels = task.labels.narrow(0, 0, 48);
            try (var a = new SGD(whole.parameters(), SGD.options(0.1)); var b = new SGD(parts.parameters(), SGD.options(0.1));
                    var one = Trainer.of(whole, a, Task.objective()).build();
                    var four = Trainer.of(parts, b, Task.objective()).accumulate(4).build()) {
                one.fit(Batches.of(images, labels, 48), 1);
                four.fit(Batches.of(images, labels, 12), 1);
                assertThat(four.steps()).isEqualTo(1);
                assertThat(near(parts, whole)).isTrue();
            }
        }
    }

    private static boolean near(Module a, Module b) {
        for (var entry : a.stateDict().entrySet())
            if (!entry.getValue().allClose(b.stateDict().get(entry.getKey()), 1e-5, 1e-6)) return false;
        return true;
    }

    @Test void parts_in_evaluation_mode_stay_so_after_an_evaluation() {
        try (var task = new Task(); var model = Task.model()) {
            var frozen = (BatchNorm2d) model.namedChildren().get("1");
            frozen.eval();
            new Evaluation(Task.objective(), List.of(), Placement.DEFAULT).of(model, task.test());
            assertThat(frozen.isTraining()).isFalse();
            assertThat(model.isTraining()).isTrue();
        }
    }

    @Test void a_trainer_is_not_saved_within_a_step() {
        try (var task = new Task(); var model = Task.model(); var optimizer = Task.optimizer(model)) {
            var saver = new Callback() {
                @Override public void beforeStep(Trainer t) {
                    assertThatThrownBy(() -> t.save(folder.resolve("x"))).isInstanceOf(IllegalStateException.class)
                            .hasMessageContaining("safePoint");
                }
            };
            try (var trainer = Trainer.of(model, optimizer, Task.objective()).callbacks(saver).build()) {
                trainer.fit(task.train(), 1);
            }
        }
    }

    @Test void an_exception_in_a_callback_ends_the_fit_and_leaves_nothing_behind() {
        try (var task = new Task(); var model = Task.model(); var optimizer = Task.optimizer(model)) {
            var failing = new Callback() {
                @Override public void afterStep(Trainer t) { if (t.steps() == 3) throw new IllegalStateException("on purpose"); }
            };
            try (var trainer = Trainer.of(model, optimizer, Task.objective()).callbacks(failing).build()) {
                assertThatThrownBy(() -> trainer.fit(task.train(), 1)).hasMessage("on purpose");
            }
        }
    }

    @Test void it_stops_early_when_nothing_becomes_better() {
        try (var task = new Task(); var model = Task.model(); var optimizer = new SGD(model.parameters(), SGD.options(0))) {
            var stopping = new EarlyStopping("accuracy", 3);
            try (var trainer = Trainer.of(model, optimizer, Task.objective()).metrics(Metric.ACCURACY).callbacks(stopping).build()) {
                model.requiresGrad(true);
                trainer.fit(task.train(), Batches.of(task.images, task.labels, 50), 50);
                assertThat(trainer.history()).hasSizeLessThan(50);
                assertThat(trainer.stopReason()).contains("accuracy has not improved for 3 epochs since epoch " + stopping.bestEpoch());
            }
        }
    }

    @Test void an_unknown_measure_is_named() {
        try (var task = new Task(); var model = Task.model(); var optimizer = Task.optimizer(model);
                var trainer = Trainer.of(model, optimizer, Task.objective()).callbacks(new EarlyStopping("acuracy", 3)).build()) {
            assertThatThrownBy(() -> trainer.fit(task.train(), 1)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("nothing measures 'acuracy'; there are [loss]. Pass one of these");
            assertThat(trainer.steps()).as("no step is lost to the mistake").isZero();
        }
    }

    /** The mean cross-entropy under another name. */
    private static Metric error(Metric.Direction direction) {
        return new Metric("error", (logits, labels) -> CrossEntropy.crossEntropy(logits, labels).mul(labels.size(0)), direction);
    }

    private int epochsUntilTheErrorIsNoBetter(Metric.Direction direction) {
        try (var task = new Task(); var model = Task.model(); var optimizer = new SGD(model.parameters(), SGD.options(0.01));
                var trainer = Trainer.of(model, optimizer, Task.objective()).metrics(error(direction))
                        .callbacks(new EarlyStopping("error", 2)).build()) {
            trainer.fit(task.train(), task.test(), 8);
            var errors = trainer.history().stream().map(e -> e.test().get("error")).toList();
            assertThat(errors.getLast()).as("falls").isLessThan(errors.getFirst());
            return errors.size();
        }
    }

    @Test void training_goes_on_while_an_error_falls() {
        assertThat(epochsUntilTheErrorIsNoBetter(Metric.Direction.MINIMIZE)).isEqualTo(8);
        assertThat(epochsUntilTheErrorIsNoBetter(Metric.Direction.MAXIMIZE)).isEqualTo(3);
    }

    @Test void the_best_weights_are_those_of_the_lowest_error() {
        try (var task = new Task(); var model = Task.model(); var optimizer = new SGD(model.parameters(), SGD.options(0.01))) {
            var checkpoints = new Checkpointing(folder, "error", 0, Map.of());
            try (var trainer = Trainer.of(model, optimizer, Task.objective()).metrics(error(Metric.Direction.MINIMIZE))
                    .callbacks(checkpoints).build()) {
                trainer.fit(task.train(), task.test(), 4);
                double lowest = trainer.history().stream().mapToDouble(e -> e.test().get("error")).min().orElseThrow();
                assertThat(trainer.history().get((int) checkpoints.bestEpoch() - 1).test().get("error")).isEqualTo(lowest);
                assertThat(checkpoints.bestEpoch()).isGreaterThan(1);
            }
        }
    }

    @Test void a_plateau_schedule_that_waits_for_the_wrong_direction_is_refused_before_the_first_step() {
        try (var task = new Task(); var model = Task.model(); var optimizer = Task.optimizer(model)) {
            var plateau = new ReduceLROnPlateau(optimizer, ReduceLROnPlateau.options());
            try (var trainer = Trainer.of(model, optimizer, Task.objective()).metrics(Metric.ACCURACY)
                    .callbacks(Schedule.onPlateau(plateau, "accuracy")).build()) {
                assertThatThrownBy(() -> trainer.fit(task.train(), 1)).isInstanceOf(IllegalArgumentException.class)
                        .hasMessage(
                                "a higher accuracy is better, but the scheduler waits for the opposite: pass "
                                        + "ReduceLROnPlateau.options().maximize(true)");
                assertThat(trainer.steps()).isZero();
            }
        }
    }

    @Test void no_metric_takes_the_losss_name() {
        assertThatThrownBy(() -> new Metric("loss", (logits, labels) -> logits.sum(), Metric.Direction.MAXIMIZE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("another name");
    }
}
