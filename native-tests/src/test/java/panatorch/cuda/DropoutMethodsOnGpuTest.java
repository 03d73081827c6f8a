package panatorch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.Aten;
import panatorch.Device;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.data.Batches;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.Classifier;
import panatorch.nn.AlphaDropout;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Dropout1d;
import panatorch.nn.Dropout2d;
import panatorch.nn.Dropout3d;
import panatorch.nn.DropoutLayer;
import panatorch.nn.FeatureAlphaDropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.MaskSource;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.dropout.DropBlock2d;
import panatorch.nn.dropout.DropBlock3d;
import panatorch.nn.dropout.DropConnect;
import panatorch.nn.dropout.GaussianDropout;
import panatorch.nn.dropout.LockedDropout;
import panatorch.nn.dropout.RDrop;
import panatorch.nn.dropout.StochasticDepth;
import panatorch.nn.dropout.distillation.Distillation;
import panatorch.nn.dropout.distillation.Perturbation;
import panatorch.nn.dropout.distillation.Teacher;
import panatorch.nn.dropout.gyro.GyroDropout;
import panatorch.nn.dropout.gyro.GyroOptions;
import panatorch.nn.dropout.gyro.GyroSchedule;
import panatorch.nn.dropout.montecarlo.MonteCarlo;
import panatorch.nn.dropout.multisample.Averaging;
import panatorch.nn.dropout.multisample.MultiSampleDropout;
import panatorch.nn.dropout.multisample.MultiSampleTraining;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.SGD;
import panatorch.train.Callback;
import panatorch.train.Objective;
import panatorch.train.Trainer;

/** Every layer and every method of dropout on the GPU. */
@Gpu
@NoTensorLeaks
class DropoutMethodsOnGpuTest {
    private static final int ROWS = 48, BATCH = 8, EPOCHS = 6;
    private static final long STEPS = EPOCHS * (ROWS / BATCH);

    // ---- layers

    private static final Map<String, Supplier<DropoutLayer>> LAYERS = new LinkedHashMap<>();

    static {
        LAYERS.put("Dropout", () -> new Dropout(0.25));
        LAYERS.put("Dropout1d", () -> new Dropout1d(0.25));
        LAYERS.put("Dropout2d", () -> new Dropout2d(0.25));
        LAYERS.put("Dropout3d", () -> new Dropout3d(0.25));
        LAYERS.put("AlphaDropout", () -> new AlphaDropout(0.25));
        LAYERS.put("FeatureAlphaDropout", () -> new FeatureAlphaDropout(0.25));
        LAYERS.put("DropBlock2d", () -> new DropBlock2d(0.25, 3));
        LAYERS.put("DropBlock3d", () -> new DropBlock3d(0.25, 3));
        LAYERS.put("StochasticDepth", () -> new StochasticDepth(0.25, StochasticDepth.Mode.ROW));
        LAYERS.put("GaussianDropout", () -> new GaussianDropout(0.25));
        LAYERS.put("LockedDropout", () -> new LockedDropout(0.25));
        LAYERS.put("DropConnect", () -> new DropConnect(12, 12, 0.25));
    }

    static Stream<String> layers() { return LAYERS.keySet().stream(); }

    /** Ones, of the rank that the layer takes. */
    private static Tensor input(String name) {
        return switch (name) {
            case "Dropout1d", "LockedDropout" -> Torch.ones(Gpus.FIRST, 64, 24, 12);
            case "Dropout3d", "DropBlock3d", "FeatureAlphaDropout" -> Torch.ones(Gpus.FIRST, 16, 12, 6, 6, 6);
            case "DropConnect" -> Torch.ones(Gpus.FIRST, 64, 12);
            default -> Torch.ones(Gpus.FIRST, 64, 12, 8, 8);
        };
    }

    @ParameterizedTest
    @MethodSource("layers") void a_seed_gives_the_masks_again_and_the_next_are_others(String name) {
        try (var layer = LAYERS.get(name).get(); var scope = Scope.open()) {
            layer.to(Gpus.FIRST);
            Tensor x = input(name).requiresGrad_(true);
            Torch.manualSeed(5);
            Tensor first = layer.forward(x), next = layer.forward(x);
            Torch.manualSeed(5);
            assertThat(layer.forward(x).torchEquals(first)).isTrue();
            assertThat(next.torchEquals(first)).isFalse();
            assertThat(first.device()).isEqualTo(Gpus.FIRST);
            first.sum().backward();
            assertThat(x.grad().device()).isEqualTo(Gpus.FIRST);
            layer.eval();
            if (!name.equals("DropConnect")) assertThat(layer.forward(x).torchEquals(x)).isTrue();
        }
    }

    @ParameterizedTest
    @MethodSource("layers") void a_generator_of_its_own_gives_its_masks_whatever_else_draws(String name) {
        try (var layer = LAYERS.get(name).get(); var generator = Generator.of(Gpus.FIRST, 9); var scope = Scope.open()) {
            layer.to(Gpus.FIRST);
            layer.setMasks(layer.drawnFrom(generator));
            Tensor x = input(name), first = layer.forward(x);
            generator.manualSeed(9);
            Torch.rand(Gpus.FIRST, 100);
            assertThat(layer.forward(x).torchEquals(first)).isTrue();
        }
    }

    @Test void masks_keep_as_many_as_they_should() {
        try (var scope = Scope.open(); var generator = Generator.of(Gpus.FIRST, 1)) {
            Tensor x = Torch.ones(Gpus.FIRST, 1000, 1000);
            for (Tensor mask : List.of(MaskSource.of(generator).mask(x, x.shape(), 0.3), Aten.dropout(x, 0.3, true))) {
                assertThat(mask.mean().itemDouble()).as("of a million, five deviations").isCloseTo(1, within(0.0033));
                assertThat(mask.max().itemDouble()).isCloseTo(1 / 0.7, within(1e-6));
            }
        }
    }

    // ---- methods

    /** Four classes of 3×8×8 images; layers of a method's may stand in trunk and head. */
    private static final class Net extends Classifier {
        private final Module trunk, head;

        Net(Module inTrunk, Module inHead) {
            trunk = child("trunk", new Sequential(new Conv2d(3, 8, 3), new BatchNorm2d(8), inTrunk, new ReLU(), new Flatten()));
            head = child("head", new Sequential(inHead, new Linear(288, 16), new ReLU(), new Dropout(0.2), new Linear(16, 4)));
        }

        @Override public Tensor features(Tensor input) { return trunk.call(input); }

        @Override public Module head() { return head; }

        @Override protected Module recreate() {
            return new Net(copyOf(trunk.namedChildren().get("2")), copyOf(head.namedChildren().get("0")));
        }
    }

    private static Net plain() { return onGpu(new Net(new ReLU(), new Dropout(0.3))); }

    private static <M extends Module> M onGpu(M model) {
        model.to(Gpus.FIRST);
        return model;
    }

    /** What is trained by a method, and what has to be closed after it. */
    private record Setup(Module model, Objective objective, List<Callback> callbacks, List<AutoCloseable> owned) {
        static Setup of(Module model, Callback... callbacks) {
            return new Setup(model, Gpus.CLASSIFICATION, List.of(callbacks), List.of());
        }
    }

    private enum Method {
        STANDARD { @Override Setup make() { return Setup.of(plain()); } },
        MULTI_SAMPLE { @Override Setup make() { return Setup.of(plain(), MultiSampleTraining.of(MultiSampleDropout.options(4))); } },
        MULTI_SAMPLE_LOGITS {
            @Override Setup make() {
                return Setup.of(plain(), MultiSampleTraining.of(MultiSampleDropout.options(4).averaging(Averaging.LOGIT_MEAN)));
            }
        },
        MULTI_SAMPLE_IN_CHUNKS {
            @Override Setup make() { return Setup.of(plain(), MultiSampleTraining.of(MultiSampleDropout.options(4).chunks(2))); }
        },
        GYRO { @Override Setup make() { return gyro(GyroSchedule.of(16, 4, STEPS, 5), GyroOptions.DEFAULT); } },
        GYRO_CYCLE_OF_BLOCKS {
            @Override Setup make() {
                return gyro(GyroSchedule.of(GyroSchedule.Kind.CYCLE, 8, 4, STEPS, true, 5), GyroOptions.DEFAULT.group(4));
            }
        },
        DISTILLATION {
            @Override Setup make() {
                Net teacher = plain(), student = plain();
                var distillation = new Distillation(new Teacher(teacher, 4), Perturbation.pixels(0.2));
                student.eval();
                return new Setup(student, distillation, List.of(distillation.monitor()), List.of(distillation, teacher));
            }
        },
        DROP_BLOCK { @Override Setup make() { return Setup.of(onGpu(new Net(new DropBlock2d(0.2, 3), new Dropout(0.1)))); } },
        STOCHASTIC_DEPTH {
            @Override Setup make() {
                return Setup.of(onGpu(new Net(new StochasticDepth(0.2, StochasticDepth.Mode.ROW), new Dropout(0.1))));
            }
        },
        DROP_CONNECT { @Override Setup make() { return Setup.of(onGpu(new Net(new ReLU(), new DropConnect(288, 288, 0.3)))); } },
        GAUSSIAN { @Override Setup make() { return Setup.of(onGpu(new Net(new GaussianDropout(0.2), new GaussianDropout(0.2)))); } },
        R_DROP {
            @Override Setup make() {
                var method = new RDrop(0.5, CrossEntropy.mean());
                return new Setup(plain(), (model, input, target) -> {
                    RDrop.Result r = method.apply(model, input, target);
                    return new Objective.Result(r.loss(), r.logits());
                }, List.of(), List.of());
            }
        };

        abstract Setup make();

        private static Setup gyro(GyroSchedule schedule, GyroOptions options) {
            Net model = plain();
            var layers = GyroDropout.replaceIn(model, schedule, options);
            model.to(Gpus.FIRST);
            return new Setup(model, Gpus.CLASSIFICATION, List.of(layers), List.of(schedule));
        }
    }

    /** The loss of every epoch; parameters stay on the GPU and finite. */
    private static List<Double> trained(Method method, Precision precision) {
        var losses = new ArrayList<Double>();
        Torch.manualSeed(3);
        Setup setup = method.make();
        try (var optimizer = new SGD(setup.model.parameters(), SGD.options(0.05).momentum(0.9)); var scope = Scope.open()) {
            Tensor labels = Gpus.labels(ROWS), images = Gpus.images(4).indexSelect(0, labels).add(Gpus.images(ROWS), 0.5);
            Torch.manualSeed(4);
            try (var trainer = Trainer.of(setup.model, optimizer, setup.objective).device(Gpus.FIRST).precision(precision)
                    .callbacks(setup.callbacks.toArray(Callback[]::new)).build()) {
                trainer.fit(Batches.shuffled(images, labels, BATCH, 1), EPOCHS);
                trainer.history().forEach(e -> losses.add(e.train().get("loss")));
            }
            for (Tensor p : setup.model.parameters()) {
                assertThat(p.device().type()).isEqualTo(Device.Type.CUDA);
                assertThat(p.isfinite().all().itemBoolean()).isTrue();
            }
        }
        setup.model.close();
        setup.owned.forEach(o -> {
            try {
                o.close();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        });
        return losses;
    }

    @ParameterizedTest
    @EnumSource void a_method_learns(Method method) {
        List<Double> losses = trained(method, Precision.FP32);
        assertThat(losses.getLast()).isLessThan(losses.getFirst());
    }

    @ParameterizedTest
    @EnumSource void a_method_trains_in_bfloat16(Method method) {
        assertThat(trained(method, Precision.BF16)).allSatisfy(l -> assertThat(l).isFinite());
    }

    @Test void monte_carlo_samples_differ_and_their_mean_is_a_distribution() {
        try (var model = plain(); var scope = Scope.open()) {
            Tensor x = Gpus.images(5).to(Gpus.FIRST);
            var prediction = MonteCarlo.predict(model, x, 40);
            assertThat(prediction.mean().device()).isEqualTo(Gpus.FIRST);
            assertThat(prediction.mean().sum(1).sub(1).abs().max().itemDouble()).isLessThan(1e-6);
            assertThat(prediction.mutualInformation().min().itemDouble()).isPositive();
        }
    }
}
