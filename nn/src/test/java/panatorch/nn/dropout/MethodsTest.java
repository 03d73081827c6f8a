package panatorch.nn.dropout;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.Classifier;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.dropout.distillation.Distillation;
import panatorch.nn.dropout.distillation.Perturbation;
import panatorch.nn.dropout.distillation.Teacher;
import panatorch.nn.dropout.gyro.GyroDropout;
import panatorch.nn.dropout.gyro.GyroOptions;
import panatorch.nn.dropout.gyro.GyroSchedule;
import panatorch.nn.dropout.multisample.Averaging;
import panatorch.nn.dropout.multisample.MultiSampleDropout;
import panatorch.nn.dropout.multisample.MultiSampleTraining;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.Optimizer;
import panatorch.optim.SGD;
import panatorch.train.Callback;
import panatorch.train.Evaluation;
import panatorch.train.Metric;
import panatorch.train.Objective;
import panatorch.train.Placement;
import panatorch.train.Task;
import panatorch.train.Trainer;

/**
 * Every method through training, evaluation, stopping and resuming, autocast, accumulated gradients and a ragged last batch (50 rows, 8 at
 * a time).
 */
@NoTensorLeaks
class MethodsTest {
    private static final int EPOCHS = 12;
    private static final long STEPS = EPOCHS * 7L;
    private static final Objective PLAIN = Objective.of(CrossEntropy::crossEntropy);

    @TempDir
    Path folder;

    /** A small network, in whose trunk and head layers of a method's may stand. */
    private static final class Net extends Classifier {
        private final Module trunk, head;

        Net(Module inTrunk, Module inHead) {
            trunk = child("trunk", new Sequential(new Conv2d(2, 8, 3), new BatchNorm2d(8), inTrunk, new ReLU(), new Flatten()));
            head = child("head", new Sequential(inHead, new Linear(32, 16), new ReLU(), new Dropout(0.2), new Linear(16, Task.CLASSES)));
        }

        @Override public Tensor features(Tensor input) { return trunk.call(input); }

        @Override public Module head() { return head; }

        @Override protected Module recreate() {
            return new Net(copyOf(trunk.namedChildren().get("2")), copyOf(head.namedChildren().get("0")));
        }
    }

    /** What is trained by a method, and what has to be closed after it. */
    private record Setup(Module model, Objective objective, List<Callback> callbacks, List<AutoCloseable> owned) implements AutoCloseable {
        static Setup of(Module inTrunk, Module inHead, Callback... callbacks) {
            return new Setup(new Net(inTrunk, inHead), PLAIN, List.of(callbacks), List.of());
        }

        @Override public void close() {
            model.close();
            for (AutoCloseable o : owned) {
                try {
                    o.close();
                } catch (Exception e) {
                    throw new AssertionError(e);
                }
            }
        }
    }

    private enum Method {
        STANDARD { @Override Setup make() { return Setup.of(new ReLU(), new Dropout(0.3)); } },
        MULTI_SAMPLE {
            @Override Setup make() { return Setup.of(new ReLU(), new Dropout(0.3), MultiSampleTraining.of(MultiSampleDropout.options(4))); }
        },
        MULTI_SAMPLE_LOGITS {
            @Override Setup make() {
                return Setup.of(new ReLU(), new Dropout(0.3),
                        MultiSampleTraining.of(MultiSampleDropout.options(4).averaging(Averaging.LOGIT_MEAN)));
            }
        },
        MULTI_SAMPLE_IN_CHUNKS {
            @Override Setup make() {
                return Setup.of(new ReLU(), new Dropout(0.3), MultiSampleTraining.of(MultiSampleDropout.options(4).chunks(2)));
            }
        },
        GYRO { @Override Setup make() { return gyro(GyroSchedule.of(16, 4, STEPS, 5), GyroOptions.DEFAULT); } },
        GYRO_RANDOM {
            @Override Setup make() {
                return gyro(GyroSchedule.of(GyroSchedule.Kind.RANDOM_WITH_REPLACEMENT, 16, 4, STEPS, false, 5), GyroOptions.DEFAULT);
            }
        },
        GYRO_CYCLE_OF_BLOCKS {
            @Override Setup make() {
                return gyro(GyroSchedule.of(GyroSchedule.Kind.CYCLE, 8, 4, STEPS, true, 5), GyroOptions.DEFAULT.group(4));
            }
        },
        DISTILLATION { @Override Setup make() { return distillation(1); } },
        DISTILLATION_OF_FOUR { @Override Setup make() { return distillation(4); } },
        DROP_CONNECT { @Override Setup make() { return Setup.of(new ReLU(), new DropConnect(32, 32, 0.3)); } },
        DROP_BLOCK { @Override Setup make() { return Setup.of(new DropBlock2d(0.2, 1), new Dropout(0.1)); } },
        STOCHASTIC_DEPTH {
            @Override Setup make() { return Setup.of(new StochasticDepth(0.2, StochasticDepth.Mode.ROW), new Dropout(0.1)); }
        },
        GAUSSIAN { @Override Setup make() { return Setup.of(new GaussianDropout(0.2), new GaussianDropout(0.2)); } },
        R_DROP {
            @Override Setup make() {
                var method = new RDrop(0.5, CrossEntropy.mean());
                Objective objective = (model, input, target) -> {
                    if (!model.isTraining()) return PLAIN.apply(model, input, target);
                    RDrop.Result r = method.apply(model, input, target);
                    return new Objective.Result(r.loss(), r.logits());
                };
                return new Setup(new Net(new ReLU(), new Dropout(0.3)), objective, List.of(), List.of());
            }
        },
        SCHEDULED {
            @Override Setup make() {
                var model = new Net(new ReLU(), new Dropout(0.3));
                var schedule = new DropoutSchedule(model, DropoutSchedule.curriculum(STEPS));
                return new Setup(model, PLAIN, List.of(new Callback() {
                    @Override public void afterStep(Trainer t) { schedule.step(); }

                    @Override public Map<String, ?> stateDict() { return schedule.stateDict(); }

                    @Override public void loadStateDict(Map<String, ?> state) { schedule.loadStateDict(state); }
                }), List.of());
            }
        };

        abstract Setup make();

        private static Setup gyro(GyroSchedule schedule, GyroOptions options) {
            var model = new Net(new ReLU(), new Dropout(0.3));
            return new Setup(model, PLAIN, List.of(GyroDropout.replaceIn(model, schedule, options)), List.of(schedule));
        }

        private static Setup distillation(int samples) {
            var teacher = new Net(new ReLU(), new Dropout(0.3));
            var distillation = new Distillation(new Teacher(teacher, samples), Perturbation.pixels(0.2));
            var student = new Net(new ReLU(), new Dropout(0.3));
            student.eval();
            return new Setup(student, distillation, List.of(distillation.monitor()), List.of(distillation, teacher));
        }
    }

    @FunctionalInterface
    private interface Use {
        void of(Setup setup, Optimizer optimizer, Trainer trainer) throws IOException;
    }

    private static void with(Method method, Precision precision, int accumulate, Callback also, Use use) throws IOException {
        Torch.manualSeed(3);
        try (var setup = method.make(); var optimizer = new SGD(setup.model.parameters(), SGD.options(0.05).momentum(0.9))) {
            var callbacks = new ArrayList<>(setup.callbacks);
            callbacks.add(also);
            Torch.manualSeed(4);
            try (var trainer = Trainer.of(setup.model, optimizer, setup.objective).precision(precision).accumulate(accumulate)
                    .callbacks(callbacks.toArray(Callback[]::new)).build()) {
                use.of(setup, optimizer, trainer);
            }
        }
    }

    private static final Callback NOTHING = new Callback() {
        @Override public String name() { return "nothing"; }
    };

    // ---- what every method does

    @ParameterizedTest
    @EnumSource void it_learns(Method method) throws IOException {
        try (var task = new Task()) {
            with(method, Precision.FP32, 1, NOTHING, (setup, optimizer, trainer) -> {
                trainer.fit(task.train(), EPOCHS);
                double first = trainer.history().getFirst().train().get("loss"), last = trainer.history().getLast().train().get("loss");
                assertThat(last).isLessThan(0.8 * first);
                assertThat(trainer.steps()).isEqualTo(STEPS);
            });
        }
    }

    @ParameterizedTest
    @EnumSource void evaluation_draws_no_random_number(Method method) throws IOException {
        try (var task = new Task()) {
            with(method, Precision.FP32, 1, NOTHING, (setup, optimizer, trainer) -> {
                trainer.fit(task.train(), 1);
                var evaluation = new Evaluation(PLAIN, List.of(Metric.ACCURACY), Placement.DEFAULT);
                try (var scope = Scope.open(); var global = Generator.global()) {
                    Tensor before = global.state();
                    Map<String, Double> once = evaluation.of(setup.model, task.test());
                    assertThat(evaluation.of(setup.model, task.test())).isEqualTo(once);
                    assertThat(global.state().torchEquals(before)).isTrue();
                }
            });
        }
    }

    @ParameterizedTest
    @EnumSource void a_run_that_was_stopped_ends_with_the_bits_of_one_that_was_not(Method method) throws IOException {
        var ends = new ArrayList<Map<String, List<Double>>>();
        Path file = folder.resolve("stopped");
        try (var task = new Task()) {
            with(method, Precision.FP32, 2, NOTHING, (setup, optimizer, trainer) -> {
                trainer.fit(task.train(), 3);
                ends.add(Task.values(setup.model));
            });
            var stop = new Callback() {
                @Override public String name() { return "nothing"; }

                @Override public void afterStep(Trainer t) { if (t.steps() == 6) t.stop("asked for"); }
            };
            with(method, Precision.FP32, 2, stop, (setup, optimizer, trainer) -> {
                trainer.fit(task.train(), 3);
                assertThat(trainer.stopReason()).isNotNull();
                trainer.save(file);
            });
            with(method, Precision.FP32, 2, NOTHING, (setup, optimizer, trainer) -> {
                Torch.manualSeed(99);
                trainer.load(file);
                trainer.fit(task.train(), 3);
                ends.add(Task.values(setup.model));
            });
        }
        assertThat(ends.get(1)).isEqualTo(ends.get(0));
    }

    @ParameterizedTest
    @EnumSource void it_trains_under_autocast_with_weights_in_full_precision(Method method) throws IOException {
        try (var task = new Task()) {
            with(method, Precision.BF16, 3, NOTHING, (setup, optimizer, trainer) -> {
                trainer.fit(task.train(), 2);
                assertThat(trainer.history().getLast().train().get("loss")).isFinite();
                for (Tensor p : setup.model.parameters()) assertThat(p.dtype()).isEqualTo(DType.FLOAT32);
            });
        }
    }

    @ParameterizedTest
    @EnumSource void a_step_reads_nothing_back(Method method) throws IOException {
        try (var task = new Task()) {
            with(method, Precision.FP32, 1, NOTHING, (setup, optimizer, trainer) -> {
                trainer.fit(task.train(), 1); // what is made at first use may look at numbers
                try (var scope = Scope.open()) {
                    setup.model.train();
                    Objective around = setup.objective;
                    for (Callback c : setup.callbacks) if (c instanceof panatorch.train.TrainingMethod m) around = m.around(around);
                    Objective step = around;
                    List<Throwable> reads = NoSynchronization.during(() -> {
                        step.apply(setup.model, task.images, task.labels).loss().backward();
                        optimizer.step();
                        optimizer.zeroGrad();
                        for (Callback c : setup.callbacks)
                            if (!(c instanceof panatorch.nn.dropout.distillation.Monitor)) c.afterStep(trainer);
                    });
                    assertThat(reads).isEmpty();
                }
            });
        }
    }
}
