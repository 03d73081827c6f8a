package panatorch.nn.dropout.distillation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.OperatorLibrary;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.data.Batches;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.Optimizer;
import panatorch.optim.SGD;
import panatorch.train.Callback;
import panatorch.train.Metric;
import panatorch.train.Objective;
import panatorch.train.Schedule;
import panatorch.train.Trainer;

/** Distillation as a trainer does it. */
@NoTensorLeaks
class DistillationTrainerTest {
    private static final int ROWS = 50, BATCH = 16; // the last batch has 2 rows
    @TempDir
    Path folder;

    private static Module network() {
        Torch.manualSeed(3);
        return new Sequential(new Linear(6, 16), new BatchNorm1d(16), new ReLU(), new Dropout(0.5), new Linear(16, 4));
    }

    private static Tensor inputs() {
        Torch.manualSeed(8);
        return Torch.randn(ROWS, 6);
    }

    /** Rows without labels. */
    private static Batches unlabelled(Tensor rows) {
        Batches labelled = Batches.shuffled(rows, Aten.zeros(new long[] {rows.size(0)}, DType.INT64), BATCH, 5);
        return new Batches() {
            @Override public int count() { return labelled.count(); }

            @Override public EpochIterator epoch(long number, int first) {
                var epoch = labelled.epoch(number, first);
                return new EpochIterator() {
                    @Override public boolean hasNext() { return epoch.hasNext(); }

                    @Override public Pair next() {
                        Pair b = epoch.next();
                        return Pair.of(b.input(), null, b::close);
                    }

                    @Override public void close() { epoch.close(); }
                };
            }
        };
    }

    // ---- §3.6, 8

    @Test void twenty_epochs_are_at_the_last_rate_and_ten_at_a_tenth_of_it_and_labels_are_never_read() {
        try (var network = network(); var student = Module.copyOf(network); var optimizer = PaperSchedule.optimizer(student, 0.01);
                var distillation = new Distillation(new Teacher(network));
                var scope = Scope.open()) {
            var rates = new ArrayList<Double>();
            var watch = new Callback() {
                @Override public void epochStart(Trainer t) { rates.add(t.optimizer().learningRate()); }
            };
            try (var trainer = Trainer.of(student, optimizer, distillation)
                    .callbacks(watch, Schedule.eachEpoch(PaperSchedule.of(optimizer))).build()) {
                trainer.fit(unlabelled(inputs()), PaperSchedule.EPOCHS);
                assertThat(trainer.history()).hasSize(30);
            }
            double[] expected = new double[30];
            Arrays.fill(expected, 0, 20, 0.01);
            Arrays.fill(expected, 20, 30, 0.001);
            assertThat(rates.stream().mapToDouble(r -> r).toArray()).containsExactly(expected, within(1e-15));
            assertThat(optimizer.groups().getFirst().number("momentum")).isEqualTo(0.9);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 4}) void the_monitor_tells_each_epochs_loss_and_how_far_it_is_from_its_floor(int samples) {
        try (var network = network(); var student = Module.copyOf(network); var optimizer = new SGD(student.parameters(), SGD.options(0.1));
                var distillation = new Distillation(new Teacher(network, samples)); var scope = Scope.open()) {
            try (var trainer = Trainer.of(student, optimizer, distillation).callbacks(distillation.monitor()).build()) {
                trainer.fit(unlabelled(inputs()), unlabelled(inputs()), 12); // tested on unlabelled rows, too
                var history = distillation.monitor().history();
                assertThat(history).hasSize(12);
                for (int i = 0; i < 12; i++)
                    assertThat(history.get(i).loss()).isCloseTo(trainer.history().get(i).train().get("loss"), within(1e-12));
                if (samples == 1) {
                    assertThat(history.getLast().floor()).isNaN();
                    return;
                }
                assertThat(history).allMatch(m -> m.floor() > 0 && m.excess() > 0 && m.excess() < m.loss());
                assertThat(trainer.history().getLast().test().get("loss")).isGreaterThan(0);
            }
        }
    }

    @Test void a_run_that_was_stopped_within_an_epoch_goes_on_bit_for_bit() throws Exception {
        Path file = folder.resolve("run.ckpt");
        var whole = run(null, file);
        var rest = run(file, folder.resolve("unused.ckpt"));
        assertThat(rest).isEqualTo(whole);
    }

    /** @param weights as text, which tells every bit */
    private record Run(List<String> weights, List<Monitor.Means> means) {}

    private Run run(Path from, Path to) throws Exception {
        try (var network = network(); var student = Module.copyOf(network);
                var optimizer = new SGD(student.parameters(), SGD.options(0.1).momentum(0.9));
                var distillation = new Distillation(new Teacher(network, 2), Perturbation.pixels(0.2)); var scope = Scope.open()) {
            var saver = new Callback() {
                @Override public void safePoint(Trainer t) {
                    if (from != null || t.steps() != 6) return; // in the second epoch
                    try {
                        t.save(to);
                    } catch (java.io.IOException e) {
                        throw new java.io.UncheckedIOException(e);
                    }
                }
            };
            Tensor rows = inputs();
            Torch.manualSeed(4);
            try (var trainer = Trainer.of(student, optimizer, distillation).callbacks(distillation.monitor(), saver).build()) {
                if (from != null) {
                    Torch.manualSeed(99);
                    trainer.load(from);
                }
                trainer.fit(unlabelled(rows), 3);
            }
            return new Run(student.stateDict().values().stream().map(t -> t.detach().to(DType.FLOAT32).toFloatArray()).map(Arrays::toString)
                    .toList(), List.copyOf(distillation.monitor().history()));
        }
    }

    @Test void accumulated_batches_autocast_and_a_labelled_test_set_go_with_it() {
        try (var network = network(); var student = Module.copyOf(network); var optimizer = new SGD(student.parameters(), SGD.options(0.1));
                var distillation = new Distillation(new Teacher(network, 2), Perturbation.channels(0.2)); var scope = Scope.open()) {
            Tensor rows = inputs();
            try (var trainer = Trainer.of(student, optimizer, distillation).evaluateBy(Objective.of(CrossEntropy::crossEntropy))
                    .metrics(Metric.ACCURACY)
                    .precision(Precision.BF16).accumulate(2).callbacks(distillation.monitor()).build()) {
                trainer.fit(unlabelled(rows), Batches.of(rows, Aten.zeros(new long[] {ROWS}, DType.INT64), BATCH), 2);
                assertThat(trainer.steps()).isEqualTo(4);
                assertThat(trainer.history().getLast().test()).containsOnlyKeys("loss", "accuracy");
                assertThat(trainer.history().getLast().train()).containsOnlyKeys("loss");
            }
        }
    }

    @Test void a_step_reads_no_number_of_the_device() {
        try (var network = network(); var student = Module.copyOf(network);
                Optimizer optimizer = new SGD(student.parameters(), SGD.options(0.1).momentum(0.9));
                var distillation = new Distillation(new Teacher(network, 3), Perturbation.pixels(0.2)); var scope = Scope.open()) {
            Tensor rows = inputs();
            var reads = new ArrayList<Throwable>();
            try (var library = OperatorLibrary.open("aten")) {
                library.implement("_local_scalar_dense", Device.Type.CPU, a -> {
                    reads.add(new Throwable("a number is read"));
                    return a.tensor("self").to(DType.FLOAT64).toDoubleArray()[0];
                });
                for (int i = 0; i < 2; i++) {
                    distillation.apply(student, rows, null).loss().backward();
                    optimizer.step();
                    optimizer.zeroGrad();
                }
                assertThat(reads).isEmpty();
                distillation.monitor().means();
            }
            assertThat(reads).as("reading the means").hasSize(2);
        }
    }
}
