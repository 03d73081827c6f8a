package panatorch.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Module;
import panatorch.optim.AveragedModel;
import panatorch.optim.ReduceLROnPlateau;
import panatorch.optim.SGD;
import panatorch.optim.StepLR;
import panatorch.serialize.Safetensors;

@NoTensorLeaks
class CallbacksTest {
    @TempDir
    Path folder;

    private static Trainer train(Task task, Module model, SGD optimizer, int epochs, Callback... callbacks) {
        var trainer = Trainer.of(model, optimizer, Task.objective()).metrics(Metric.ACCURACY).callbacks(callbacks).build();
        try {
            trainer.fit(task.train(), task.test(), epochs);
        } catch (RuntimeException e) {
            trainer.close();
            throw e;
        }
        return trainer;
    }

    private static SGD sgd(Module model, double lr) { return new SGD(model.parameters(), SGD.options(lr)); }

    @Test void a_schedule_steps_after_each_step_or_after_each_epoch() {
        try (var task = new Task(); var model = Task.model(); var a = sgd(model, 1e-3); var b = sgd(model, 1e-3)) {
            train(task, model, a, 2, Schedule.eachStep(new StepLR(a, 7, 0.1))).close();
            assertThat(a.learningRate()).isCloseTo(1e-5, within(1e-12)); // 14 steps
            train(task, model, b, 2, Schedule.eachEpoch(new StepLR(b, 2, 0.1))).close();
            assertThat(b.learningRate()).isCloseTo(1e-4, within(1e-12));
        }
    }

    @Test void a_plateau_of_the_test_loss_lowers_the_rate() {
        try (var task = new Task(); var model = Task.model(); var optimizer = sgd(model, 1e-12)) {
            var plateau = new ReduceLROnPlateau(optimizer, ReduceLROnPlateau.options().patience(1).factor(0.5).threshold(0.5).eps(0));
            train(task, model, optimizer, 3, Schedule.onPlateau(plateau, "loss")).close();
            assertThat(optimizer.learningRate()).isCloseTo(0.5e-12, within(1e-18));
        }
    }

    @Test void clipped_gradients_have_at_most_that_norm() {
        try (var task = new Task(); var model = Task.model(); var optimizer = sgd(model, 0.1)) {
            var norms = new ArrayList<Double>();
            var look = new Callback() {
                @Override public void beforeStep(Trainer t) {
                    try (var scope = Scope.open()) {
                        double squares = 0;
                        for (Tensor p : t.model().parameters()) squares += p.grad().square().sum().itemDouble();
                        norms.add(Math.sqrt(squares));
                    }
                }
            };
            train(task, model, optimizer, 1, look, ClipGradients.norm(0.1), look).close();
            assertThat(norms.get(0)).isGreaterThan(0.1);
            assertThat(norms.get(1)).isCloseTo(0.1, within(1e-5));
        }
    }

    @Test void the_average_of_the_weights_is_what_is_evaluated() {
        try (var task = new Task(); var model = Task.model(); var copy = Task.model(); var optimizer = sgd(model, 0.1)) {
            try (var trainer = train(task, model, optimizer, 2, new WeightAveraging(AveragedModel.ema(copy, 0.99)))) {
                assertThat(trainer.evaluated()).isSameAs(copy);
                var evaluation = new Evaluation(Task.objective(), List.of(Metric.ACCURACY), Placement.DEFAULT);
                assertThat(trainer.history().getLast().test()).isEqualTo(evaluation.of(copy, task.test()))
                        .isNotEqualTo(evaluation.of(model, task.test()));
            }
        }
    }

    @Test void the_best_epochs_weights_are_kept() throws IOException {
        try (var task = new Task(); var model = Task.model(); var again = Task.model(); var optimizer = sgd(model, 0.5)) {
            var checkpoints = new Checkpointing(folder, "loss", 3, java.util.Map.of("note", "hello"));
            try (var trainer = train(task, model, optimizer, 6, checkpoints); var scope = Scope.open()) {
                double best = trainer.history().stream().mapToDouble(e -> e.test().get("loss")).min().orElseThrow();
                assertThat(trainer.history().get((int) checkpoints.bestEpoch() - 1).test().get("loss")).isEqualTo(best);
                var content = Safetensors.read(checkpoints.best());
                assertThat(content.metadata()).containsEntry("note", "hello");
                again.loadStateDict(content.tensors());
                assertThat(new Evaluation(Task.objective(), List.of(), Placement.DEFAULT).of(again, task.test()).get("loss"))
                        .isEqualTo(best);
            }
        }
    }

    @Test void progress_is_told_in_lines() {
        var bytes = new ByteArrayOutputStream();
        try (var task = new Task(); var model = Task.model(); var optimizer = sgd(model, 0.1)) {
            train(task, model, optimizer, 1, new LineProgress(new PrintStream(bytes, true, StandardCharsets.UTF_8), 0)).close();
        }
        assertThat(bytes.toString(StandardCharsets.UTF_8).lines().toList()).hasSize(8)
                .first().asString().matches("epoch 1, batch 1 of 7: loss \\d+\\.\\d{4}, accuracy 0\\.\\d{4}");
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .containsPattern("epoch 1: loss \\S+, accuracy \\S+; test loss \\S+, accuracy \\S+, \\S+ s");
    }

    @Test void the_flight_recorder_shows_steps_epochs_and_evaluations() throws IOException {
        Path file = folder.resolve("training.jfr");
        try (var recording = new Recording(); var task = new Task(); var model = Task.model(); var optimizer = sgd(model, 0.1)) {
            recording.start();
            train(task, model, optimizer, 2, new FlightRecording()).close();
            recording.stop();
            recording.dump(file);
        }
        var events = RecordingFile.readAllEvents(file);
        assertThat(events.stream().filter(e -> e.getEventType().getName().equals("panatorch.TrainingStep")).map(e -> e.getLong("step")))
                .hasSize(14).contains(1L, 14L);
        assertThat(events.stream().filter(e -> e.getEventType().getName().equals("panatorch.Evaluation"))).hasSize(2);
        assertThat(events.stream().filter(e -> e.getEventType().getName().equals("panatorch.Epoch")).map(e -> e.getDouble("testLoss")))
                .hasSize(2).allMatch(Double::isFinite);
        assertThat(Files.size(file)).isPositive();
    }

    @Test void tensorboard_gets_curves_and_the_file_is_let_go_of_after_a_failure() throws IOException {
        try (var task = new Task(); var model = Task.model(); var optimizer = sgd(model, 0.1)) {
            train(task, model, optimizer, 2, new TensorBoard(folder, 5, true)).close();
            var tags = EventFileTest.scalars(folder);
            assertThat(tags).contains("train/loss@7", "train/accuracy@14", "test/loss@14", "step/loss@5", "learning_rate@10");
            var failing = new Callback() {
                @Override public void afterStep(Trainer t) { throw new IllegalStateException("on purpose"); }
            };
            assertThatThrownBy(() -> train(task, model, optimizer, 1, new TensorBoard(folder.resolve("b")), failing))
                    .hasMessage("on purpose");
        }
    }

    /** The loop as anybody would write it by hand. */
    @Test void a_fit_is_the_plain_loop_bit_for_bit() {
        try (var task = new Task(); var model = Task.model(); var byHand = Task.model(); var a = sgd(model, 0.1);
                var b = sgd(byHand, 0.1)) {
            Torch.manualSeed(11);
            try (var trainer = Trainer.of(model, a, Task.objective()).build()) {
                trainer.fit(task.train(), 2);
            }
            Torch.manualSeed(11);
            for (int epoch = 1; epoch <= 2; epoch++) {
                try (var batches = task.train().epoch(epoch, 0)) {
                    while (batches.hasNext()) {
                        try (var batch = batches.next(); var scope = Scope.open()) {
                            b.zeroGrad();
                            panatorch.nn.functional.CrossEntropy.crossEntropy(byHand.call(batch.input()), batch.target()).backward();
                            b.step();
                        }
                    }
                }
            }
            for (String name : model.stateDict().keySet())
                assertThat(model.stateDict().get(name).torchEquals(byHand.stateDict().get(name))).as(name).isTrue();
        }
    }
}
