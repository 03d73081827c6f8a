package panatorch.nn.dropout.multisample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.data.Batches;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.Bert;
import panatorch.models.CifarResNet;
import panatorch.models.Classifier;
import panatorch.models.LeNet5;
import panatorch.models.VGG;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.nn.functional.Reduction;
import panatorch.optim.SGD;
import panatorch.train.Mixup;
import panatorch.train.Objective;
import panatorch.train.Trainer;
import panatorch.train.TrainerBuilder;

/** The trunk runs once a step, whatever the model, and a trainer takes the method's loss while its evaluation stays plain. */
@NoTensorLeaks
class MultiSampleTrainingTest {
    private static final int N = 2, M = 6, CLASSES = 10;
    private static final Objective PLAIN = Objective.of(CrossEntropy::crossEntropy);

    /** One training step, in which the trunk's first module sees N rows and the head's linear layers M·N, each once. */
    private static void counted(Classifier model, MultiSampleTraining method, Module head, Tensor input) {
        try (var scope = Scope.open()) {
            List<Long> trunk = new ArrayList<>(), heads = new ArrayList<>();
            Module first = model.modules().stream().filter(m -> m.namedChildren().isEmpty()).findFirst().orElseThrow();
            first.hooks().beforeForward((m, in) -> { trunk.add(in.getFirst().size(0)); return null; });
            List<Module> linear = head.modules().stream().filter(m -> m instanceof Linear).toList();
            for (Module l : linear) l.hooks().beforeForward((m, in) -> { heads.add(in.getFirst().size(0)); return null; });
            var result = method.around(PLAIN).apply(model, input, Torch.tensor(new long[] {1, 3}));
            result.loss().backward();
            assertThat(trunk).containsExactly((long) N);
            assertThat(heads).hasSameSizeAs(linear).containsOnly((long) M * N);
            assertThat(result.output().shape()).containsExactly(N, CLASSES);
            assertThat(model.parameters()).allMatch(p -> p.grad() != null);
            model.zeroGrad();
        }
    }

    @Test void the_trunk_of_a_resnet_runs_once() {
        try (var model = new CifarResNet(20, CifarResNet.Shortcut.PAD, CLASSES); var images = Torch.randn(N, 3, 32, 32)) {
            counted(model, MultiSampleTraining.of(MultiSampleDropout.options(M).dropout(0.3)), model.head(), images);
        }
    }

    @Test void the_trunk_of_a_lenet_runs_once() {
        try (var model = new LeNet5(CLASSES); var images = Torch.randn(N, 1, 28, 28)) {
            counted(model, MultiSampleTraining.of(MultiSampleDropout.options(M).dropout(0.5)), model.head(), images);
        }
    }

    /** Its head has a dropout layer; those of the trunk are drawn once. */
    @Test void the_trunk_of_a_bert_runs_once() {
        try (var model = new Bert(Bert.options(2, 32, 4).vocabulary(50).positions(16), CLASSES);
                var tokens = Torch.randint(50, new long[] {N, 8})) {
            counted(model, MultiSampleTraining.of(MultiSampleDropout.options(M)), model.head(), tokens);
        }
    }

    /** The paper's head for small images: two dropout layers of 40 % and 30 %. */
    private static final class TwoDropoutVgg extends Classifier {
        private final VGG vgg = child("vgg", new VGG(11, true, VGG.Head.CIFAR, CLASSES));
        private final Sequential head = child("head",
                new Sequential(new Dropout(0.4), new Linear(512, 64), new ReLU(true), new Dropout(0.3), new Linear(64, CLASSES)));

        TwoDropoutVgg() { vgg.head().requiresGrad(false); }

        @Override public Tensor features(Tensor images) { return vgg.features(images); }

        @Override public Module head() { return head; }
    }

    @Test void the_trunk_of_a_vgg_with_two_dropout_layers_runs_once() {
        try (var vgg = new TwoDropoutVgg(); var images = Torch.randn(N, 3, 32, 32); var scope = Scope.open()) {
            vgg.vgg.head().parameters().forEach(p -> p.setGrad(Aten.zerosLike(p))); // its own head is beside the point
            counted(vgg, MultiSampleTraining.of(MultiSampleDropout.options(M)), vgg.head(), images);
        }
    }

    // ---- with a trainer

    private static final int ROWS = 50, D = 8, K = 3;

    private static Tensor[] task() {
        Torch.manualSeed(1);
        Tensor labels = Torch.randint(K, new long[] {ROWS}),
                rows = Torch.randn(K, D).indexSelect(0, labels).add(Torch.randn(ROWS, D).mul(0.5));
        return new Tensor[] {rows, labels};
    }

    /** A trunk and a head as the parts of one model. */
    private static Sequential model() {
        Torch.manualSeed(2);
        return new Sequential(new Linear(D, 16), new ReLU(), new Dropout(0.4), new Linear(16, K));
    }

    private static UnaryOperator<Tensor> trunk(Sequential model) { return x -> model.get(1).call(model.get(0).call(x)); }

    private static Module head(Sequential model) { return new Sequential(model.get(2), model.get(3)); }

    @Test void it_learns_with_a_ragged_last_batch_accumulation_chunks_and_half_precision() {
        for (Precision precision : List.of(Precision.FP32, Precision.BF16, new Precision(DType.FLOAT16, "asked for")))
            for (int chunks : new int[] {1, 4})
                try (var scope = Scope.open(); var model = model();
                        var optimizer = new SGD(model.parameters(), SGD.options(0.1).momentum(0.9))) {
                            Tensor[] task = task();
                            var method = MultiSampleTraining.of(MultiSampleDropout.options(8).chunks(chunks), trunk(model), head(model))
                                    .criterion(CrossEntropy.mean().labelSmoothing(0.05));
                            try (var trainer = Trainer.of(model, optimizer, PLAIN).precision(precision).accumulate(2)
                                    .callbacks(method, new Mixup(0.1, K)).build()) {
                                trainer.fit(Batches.shuffled(task[0], task[1], 8, 1), Batches.of(task[0], task[1], 16), 15);
                                assertThat(trainer.history().getLast().test().get("loss")).as("%s, %s chunks", precision, chunks)
                                        .isLessThan(0.6);
                            }
                        }
    }

    /** By the same masks, as both draw the same numbers. */
    @Test void one_sample_in_a_trainer_is_plain_training_bit_for_bit() {
        try (var scope = Scope.open(); var plain = model(); var sampled = model(); var a = new SGD(plain.parameters(), SGD.options(0.1));
                var b = new SGD(sampled.parameters(), SGD.options(0.1))) {
            Tensor[] task = task();
            var method = MultiSampleTraining.of(MultiSampleDropout.options(1), trunk(sampled), head(sampled));
            for (TrainerBuilder builder : List.of(Trainer.of(plain, a, PLAIN), Trainer.of(sampled, b, PLAIN).callbacks(method))) {
                Torch.manualSeed(3);
                try (var trainer = builder.build()) {
                    trainer.fit(Batches.of(task[0], task[1], 16), 2);
                }
            }
            sampled.stateDict().forEach((name, t) -> assertThat(t.torchEquals(plain.stateDict().get(name))).as(name).isTrue());
        }
    }

    /** Gradients of chunks are saved as of sums over rows: those of the mean of 4096 rows would vanish in float16. */
    @Test void chunks_under_float16_have_the_gradients_of_one_chunk() {
        try (var scope = Scope.open(); var head = new Linear(D, K)) {
            Torch.manualSeed(4);
            Tensor features = Torch.randn(4096, D).to(DType.FLOAT16).requiresGrad_(true), labels = Torch.randint(K, new long[] {4096});
            double[][] gradients = new double[2][];
            for (int i = 0; i < 2; i++) {
                Torch.manualSeed(5);
                Tensor loss;
                try (var cast = panatorch.Autocast.enter(panatorch.Device.Type.CPU, DType.FLOAT16)) {
                    loss = new MultiSampleDropout(MultiSampleDropout.options(4).dropout(0.3).chunks(i == 0 ? 1 : 4), head).loss(features,
                            labels);
                }
                loss.mul(1024).backward();
                gradients[i] = features.grad().toDoubleArray();
                features.setGrad(null);
            }
            for (int k = 0; k < gradients[0].length; k++) assertThat(gradients[1][k]).isCloseTo(gradients[0][k], within(4e-4));
        }
    }

    @Test void what_it_cannot_train_is_refused_with_a_sentence() {
        var method = MultiSampleTraining.of(MultiSampleDropout.options(2).dropout(0.5));
        assertThatThrownBy(() -> method.criterion(CrossEntropy.mean().reduction(Reduction.NONE)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("so use a mean");
        try (var scope = Scope.open(); var model = model()) {
            assertThatThrownBy(() -> method.around(PLAIN).apply(model, Torch.randn(2, D), Torch.tensor(new long[] {0, 1})))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Sequential is not a Classifier, so its head is unknown: use MultiSampleTraining.of(options, trunk, head)");
            assertThatThrownBy(() -> method.around(PLAIN).apply(model, Torch.randn(2, D), null))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("needs targets");
        }
    }
}
