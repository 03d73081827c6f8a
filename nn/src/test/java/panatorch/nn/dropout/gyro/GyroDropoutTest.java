package panatorch.nn.dropout.gyro;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.data.Batches;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.AlexNet;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Dropout2d;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.MaskSource;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.dropout.gyro.GyroSchedule.Kind;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.SGD;
import panatorch.train.Callback;
import panatorch.train.Objective;
import panatorch.train.Trainer;

@NoTensorLeaks
class GyroDropoutTest {
    @TempDir
    Path folder;

    private static Sequential model() {
        Torch.manualSeed(3);
        return new Sequential(new Conv2d(1, 4, 3), new Dropout2d(0.2), new Flatten(), new Dropout(0.3), new Linear(16, 12), new ReLU(),
                new Dropout(0.5), new Linear(12, 3));
    }

    @Test void each_dropout_layer_gets_masks_of_its_own_p_and_undoing_it_restores_what_was_before() {
        try (var schedule = GyroSchedule.of(8, 2, 10, 1); var model = model(); var scope = Scope.open()) {
            var source = MaskSource.global();
            ((Dropout) model.get(3)).setMasks(source);
            var keys = model.stateDict().keySet();
            var gyro = GyroDropout.replaceIn(model, schedule);
            assertThat(gyro.replaced()).containsOnlyKeys("3", "6");
            assertThat(gyro.replaced().values()).extracting(l -> l.p()).containsExactly(0.3, 0.5);
            assertThat(((Dropout2d) model.get(1)).masks()).isNull();
            model.call(Torch.randn(4, 1, 4, 4));
            assertThat(model.stateDict().keySet()).containsAll(keys).contains("3.masks.bank", "6.masks.bank").hasSize(keys.size() + 2);
            gyro.undo();
            gyro.undo();
            assertThat(gyro.replaced()).isEmpty();
            assertThat(((Dropout) model.get(3)).masks()).isSameAs(source);
            assertThat(((Dropout) model.get(6)).masks()).isNull();
            assertThat(model.stateDict().keySet()).isEqualTo(keys);
        }
    }

    @Test void channel_layers_and_one_p_for_all_are_there_if_asked_for() {
        try (var schedule = GyroSchedule.of(8, 2, 10, 1); var model = model(); var scope = Scope.open()) {
            var gyro = GyroDropout.replaceIn(model, schedule, GyroOptions.DEFAULT.channelLayers(true).p(0.4));
            assertThat(gyro.replaced()).containsOnlyKeys("1", "3", "6");
            assertThat(gyro.replaced().values()).allSatisfy(l -> assertThat(l.p()).isEqualTo(0.4));
            model.call(Torch.randn(4, 1, 4, 4));
            gyro.undo();
            assertThat(((Dropout) model.get(3)).p()).isEqualTo(0.3);
            assertThat(((Dropout2d) model.get(1)).p()).isEqualTo(0.2);
        }
    }

    @Test void a_layer_in_two_places_gets_masks_once() {
        try (var schedule = GyroSchedule.of(8, 2, 10, 1); var layer = new Dropout(0.5);
                var model = new Sequential(new Linear(4, 4), layer, new Linear(4, 4), layer); var scope = Scope.open()) {
            assertThat(GyroDropout.replaceIn(model, schedule).replaced()).hasSize(1);
            model.call(Torch.randn(4, 4));
        }
    }

    @Test void a_published_model_is_one_call_away() {
        try (var schedule = GyroSchedule.of(8, 2, 10, 1); var model = new AlexNet(3)) {
            assertThat(GyroDropout.replaceIn(model, schedule).replaced()).containsOnlyKeys("classifier.0", "classifier.3");
        }
    }

    @Test void a_model_that_drops_nothing_or_everything_is_refused_and_stays_as_it_was() {
        try (var schedule = GyroSchedule.of(8, 2, 10, 1); var none = new Sequential(new Linear(4, 4), new Dropout(0), new Dropout2d(0.5));
                var all = new Sequential(new Dropout(0.5), new Dropout(1))) {
            assertThatThrownBy(() -> GyroDropout.replaceIn(none, schedule)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "gyro dropout would have no effect: Sequential has no Dropout layer with p above 0; set "
                                    + "GyroOptions.channelLayers to include Dropout1d, Dropout2d and Dropout3d");
            assertThatThrownBy(() -> GyroDropout.replaceIn(all, schedule)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("every subnetwork would be empty");
            assertThat(((Dropout) all.get(0)).masks()).isNull();
        }
    }

    // ---- with a trainer

    private static final int SIZE = 50;

    private record Task(Tensor images, Tensor labels) {
        static Task make() {
            Torch.manualSeed(7);
            return new Task(Torch.randn(SIZE, 1, 4, 4), Torch.randint(3, new long[] {SIZE}));
        }

        Batches train() { return Batches.shuffled(images, labels, 8, 1); }
    }

    private static Objective objective() { return Objective.of(CrossEntropy::crossEntropy); }

    private enum Way { PLAIN, ACCUMULATED, BFLOAT16 }

    /**
     * Returns all weights and banks at the end of a run.
     *
     * @param stopAt step at which it is saved and stopped; 0 for never
     * @param from checkpoint to resume from, or null
     */
    private List<List<Float>> run(Task task, Way way, Kind kind, long seed, int stopAt, Path from) throws IOException {
        try (var schedule = GyroSchedule.of(kind, 12, 4, 21, true, seed); var model = model();
                var optimizer = new SGD(model.parameters(), SGD.options(0.05).momentum(0.9)); var scope = Scope.open()) {
            Torch.manualSeed(5);
            var gyro = GyroDropout.replaceIn(model, schedule);
            var saver = new Callback() {
                @Override public void safePoint(Trainer t) {
                    if (t.steps() != stopAt || stopAt == 0 || t.stopReason() != null) return;
                    try {
                        t.save(folder.resolve("checkpoint"));
                    } catch (IOException e) {
                        throw new AssertionError(e);
                    }
                    t.stop("asked for");
                }
            };
            var builder = Trainer.of(model, optimizer, objective()).callbacks(gyro, saver);
            if (way == Way.ACCUMULATED) builder.accumulate(3);
            if (way == Way.BFLOAT16) builder.precision(Precision.BF16);
            try (var trainer = builder.build()) {
                if (from != null) trainer.load(from);
                trainer.fit(task.train(), task.train(), 3);
                assertThat(schedule.step()).isEqualTo(trainer.steps());
            }
            var end = new ArrayList<List<Float>>();
            model.stateDict().forEach((name, t) -> {
                var values = new ArrayList<Float>();
                for (float v : t.toFloatArray()) values.add(v);
                end.add(values);
            });
            return end;
        }
    }

    @ParameterizedTest
    @EnumSource void a_run_that_was_saved_and_goes_on_ends_as_one_that_was_not_bit_for_bit(Way way) throws IOException {
        try (var scope = Scope.open()) {
            var task = Task.make();
            for (Kind kind : new Kind[] {Kind.PERMUTATION, Kind.RANDOM_WITH_REPLACEMENT, Kind.CYCLE}) {
                int stop = way == Way.ACCUMULATED ? 4 : 10;
                var whole = run(task, way, kind, 1, 0, null);
                run(task, way, kind, 1, stop, null);
                assertThat(run(task, way, kind, 99, 0, folder.resolve("checkpoint"))).isEqualTo(whole);
            }
        }
    }

    @Test void the_batches_of_one_accumulated_step_have_the_same_subnetworks() {
        try (var scope = Scope.open(); var schedule = GyroSchedule.of(Kind.CYCLE, 12, 4, 9, true, 1); var model = model();
                var optimizer = new SGD(model.parameters(), SGD.options(0.05))) {
            var task = Task.make();
            var seen = new ArrayList<List<Long>>();
            var watcher = new Callback() {
                @Override public void batchStart(Trainer t) { seen.add(Arrays.stream(schedule.active()).boxed().toList()); }
            };
            try (var trainer = Trainer.of(model, optimizer, objective()).accumulate(3)
                    .callbacks(GyroDropout.replaceIn(model, schedule), watcher).build()) {
                trainer.fit(task.train(), 1);
            }
            assertThat(seen).hasSize(7);
            assertThat(new HashSet<>(seen.subList(0, 3))).hasSize(1);
            assertThat(new HashSet<>(seen.subList(3, 6))).hasSize(1);
            assertThat(new HashSet<>(seen)).hasSize(3);
        }
    }

    @Test void subnetworks_that_are_few_are_fitted_better_than_new_ones_each_step() {
        try (var scope = Scope.open(); var schedule = GyroSchedule.of(Kind.CYCLE, 2, 2, 1, true, 1); var gyroModel = wide();
                var plain = Module.copyOf(gyroModel)) {
            var task = Task.make();
            GyroDropout.replaceIn(gyroModel, schedule);
            double[] loss = new double[2];
            for (int i = 0; i < 2; i++) {
                Module model = i == 0 ? gyroModel : plain;
                try (var optimizer = new SGD(model.parameters(), SGD.options(0.1).momentum(0.9));
                        var trainer = Trainer.of(model, optimizer, objective()).build()) {
                    trainer.fit(Batches.of(task.images(), task.labels(), SIZE), 150);
                    loss[i] = trainer.history().getLast().train().get("loss");
                }
            }
            assertThat(loss[0]).as("training loss of scheduled subnetworks").isLessThan(loss[1]);
        }
    }

    private static Module wide() {
        Torch.manualSeed(4);
        return new Sequential(new Flatten(), new Linear(16, 64), new ReLU(), new Dropout(0.5), new Linear(64, 3));
    }

    @Test void an_average_of_the_weights_that_was_begun_before_the_banks_were_drawn_has_them_too() {
        try (var schedule = GyroSchedule.of(8, 2, 10, 1); var model = model(); var scope = Scope.open()) {
            GyroDropout.replaceIn(model, schedule);
            try (var copy = panatorch.nn.Module.copyOf(model)) {
                var average = panatorch.optim.AveragedModel.ema(copy, 0.9);
                model.call(Torch.randn(4, 1, 4, 4));
                average.update(model);
                average.update(model);
                assertThat(copy.stateDict().get("3.masks.bank").torchEquals(model.stateDict().get("3.masks.bank"))).isTrue();
            }
        }
    }
}
