package panatorch.nn.dropout.distillation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.Autocast;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Device;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.MaskSource;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.SGD;

/** The unit tests that the method's specification asks for (§3.6), beside those of the teacher, of other students and of the schedule. */
@NoTensorLeaks
class DistillationTest {
    static final int N = 5, D = 6, H = 7, C = 4;

    static Tensor randn(long... shape) { return Aten.randn(shape, DType.FLOAT64); }

    static Sequential network(double p) {
        Torch.manualSeed(2);
        var network = new Sequential(new Linear(D, H), new BatchNorm1d(H), new ReLU(), new Dropout(p), new Linear(H, H), new ReLU(),
                new Dropout(p), new Linear(H, C));
        network.to(DType.FLOAT64);
        return network;
    }

    static List<Dropout> dropouts(Module network) {
        return network.modules().stream().filter(Dropout.class::isInstance).map(Dropout.class::cast).toList();
    }

    private static Map<String, double[]> numbers(Module network) {
        var all = new LinkedHashMap<String, double[]>();
        network.stateDict().forEach((name, t) -> all.put(name, t.detach().to(DType.FLOAT64).toDoubleArray()));
        return all;
    }

    private static void assertSame(Map<String, double[]> actual, Map<String, double[]> expected) {
        assertThat(actual.keySet()).isEqualTo(expected.keySet());
        actual.forEach((name, values) -> assertThat(values).as(name).isEqualTo(expected.get(name)));
    }

    // ---- 1

    @Test void the_student_begins_as_the_teacher_evaluates_bit_for_bit() {
        try (var network = network(0.5); var student = Module.copyOf(network); var scope = Scope.open()) {
            Tensor x = randn(N, D), output = new Distillation(new Teacher(network)).loss(student, x).output();
            assertThat(output.torchEquals(network.eval().call(x))).isTrue();
        }
    }

    @Test void training_leaves_the_teacher_as_it_was_and_without_gradients_and_every_module_in_its_mode() {
        try (var network = network(0.5); var student = Module.copyOf(network);
                var optimizer = new SGD(student.parameters(), SGD.options(0.1))) {
            var frozen = (BatchNorm1d) network.get(1);
            frozen.eval();
            dropouts(network).getFirst().eval();
            List<Boolean> modes = network.modules().stream().map(Module::isTraining).toList();
            Map<String, double[]> before, moved;
            try (var scope = Scope.open()) {
                before = numbers(network);
                moved = numbers(student);
            }
            for (int step = 0; step < 3; step++)
                try (var scope = Scope.open()) {
                    new Distillation(new Teacher(network, 2)).loss(student, randn(N, D)).loss().backward();
                    optimizer.step();
                    optimizer.zeroGrad();
                }
            try (var scope = Scope.open()) {
                assertSame(numbers(network), before);
                assertThat(network.parameters()).allMatch(p -> p.grad() == null && p.requiresGrad());
                assertThat(network.modules().stream().map(Module::isTraining).toList()).isEqualTo(modes);
                assertThat(student.modules()).allMatch(Module::isTraining);
                assertThat(numbers(student).get("7.weight")).isNotEqualTo(moved.get("7.weight"));
                assertThat(numbers(student).get("1.running_mean")).as("of batch normalisation").isEqualTo(moved.get("1.running_mean"));
            }
        }
    }

    @Test void modes_come_back_after_an_exception_too() {
        try (var network = network(0.5); var student = network(0.5); var scope = Scope.open()) {
            network.eval();
            assertThatThrownBy(() -> new Teacher(network).target(randn(N, D + 1)));
            assertThat(network.modules()).noneMatch(Module::isTraining);
            assertThatThrownBy(() -> Predictor.standard(student).logProbabilities(randn(N, D + 1)));
            assertThat(student.modules()).allMatch(Module::isTraining);
        }
    }

    @Test void the_student_draws_no_random_number_though_it_is_in_training_mode() {
        try (var network = network(0.5); var student = Module.copyOf(network); var own = Generator.of(3); var global = Generator.global();
                var scope = Scope.open()) {
            dropouts(network).forEach(d -> d.setMasks(MaskSource.of(own)));
            Tensor x = randn(N, D);
            byte[] before = global.state().toByteArray(), drawn = own.state().toByteArray();
            new Distillation(new Teacher(network)).loss(student, x);
            assertThat(global.state().toByteArray()).isEqualTo(before);
            assertThat(own.state().toByteArray()).isNotEqualTo(drawn);
        }
    }

    // ---- 2

    @Test void the_mean_divergence_from_samples_is_that_from_their_mean_plus_the_mutual_information_values_and_gradients() {
        try (var scope = Scope.open()) {
            Torch.manualSeed(1);
            int k = 6;
            Tensor teacher = randn(k, N, C).mul(2), logits = randn(N, C).requiresGrad_(true), p = teacher.softmax(-1), mean = p.mean(0);
            Target target = Divergence.KL.target(teacher);

            Tensor eachCrossEntropy = p.mul(logits.logSoftmax(-1)).sum(-1).neg().mean(),
                    crossEntropy = mean.mul(logits.logSoftmax(-1)).sum(-1).neg().mean();
            Tensor eachKl = p.mul(p.log().sub(logits.logSoftmax(-1))).sum(-1).mean();
            double entropyOfMean = -mean.mul(mean.log()).sum(-1).mean().itemDouble(),
                    meanEntropy = -p.mul(p.log()).sum(-1).mean().itemDouble();

            assertThat(eachCrossEntropy.itemDouble()).isCloseTo(crossEntropy.itemDouble(), within(1e-12));
            assertThat(target.mean().exp().toDoubleArray()).containsExactly(mean.toDoubleArray(), within(1e-14));
            assertThat(target.floor().itemDouble()).isCloseTo(entropyOfMean - meanEntropy, within(1e-12)).isPositive();
            assertThat(target.loss(logits).itemDouble()).isCloseTo(eachKl.itemDouble(), within(1e-12));
            assertThat(target.loss(logits).itemDouble() - target.divergence(logits).itemDouble()).isCloseTo(target.floor().itemDouble(),
                    within(1e-12));

            double[] expected = gradient(eachKl, logits);
            for (Tensor same : List.of(target.loss(logits), target.divergence(logits), crossEntropy, eachCrossEntropy))
                assertThat(gradient(same, logits)).containsExactly(expected, within(1e-12));
        }
    }

    @Test void the_reverse_divergence_has_no_such_identity() {
        try (var scope = Scope.open()) {
            Torch.manualSeed(1);
            Tensor p = randn(6, N, C).mul(2).softmax(-1), logits = randn(N, C).requiresGrad_(true), q = logits.softmax(-1);
            Tensor each = q.mul(q.log().sub(p.log())).sum(-1).mean(), ofMean = q.mul(q.log().sub(p.mean(0).log())).sum(-1).mean();
            double[] a = gradient(each, logits), b = gradient(ofMean, logits);
            double apart = 0;
            for (int i = 0; i < a.length; i++) apart = Math.max(apart, Math.abs(a[i] - b[i]));
            assertThat(apart).isGreaterThan(1e-3);
        }
    }

    private static double[] gradient(Tensor loss, Tensor of) {
        return Autograd.grad(List.of(loss), List.of(of), null, true, false).getFirst().toDoubleArray();
    }

    // ---- 3

    @ParameterizedTest
    @ValueSource(ints = {1, 3}) void the_gradient_by_the_students_logits_is_its_probabilities_less_the_teachers_over_the_number_of_rows(
            int k) {
        try (var scope = Scope.open()) {
            Tensor teacher = randn(k, N, C), logits = randn(N, C).requiresGrad_(true);
            double[] expected = logits.softmax(-1).sub(teacher.softmax(-1).mean(0)).div(N).detach().toDoubleArray();
            assertThat(gradient(Divergence.KL.target(teacher).loss(logits), logits)).containsExactly(expected, within(1e-14));
        }
    }

    @Test void the_loss_is_nowhere_below_its_floor_and_reaches_it_at_the_mean() {
        try (var scope = Scope.open()) {
            Target target = Divergence.KL.target(randn(8, N, C));
            double floor = target.floor().itemDouble();
            for (int i = 0; i < 20; i++) assertThat(target.loss(randn(N, C)).itemDouble()).isGreaterThan(floor);
            assertThat(target.loss(target.mean()).itemDouble()).isCloseTo(floor, within(1e-14));
        }
    }

    @Test void logits_that_are_far_apart_make_finite_losses_and_gradients() {
        try (var scope = Scope.open()) {
            Tensor teacher = Torch.tensor(new float[] {1e4f, -1e4f, 0, -1e4f, 1e4f, 0}, 2, 1, 3),
                    logits = Torch.tensor(new float[] {-1e4f, 0, 1e4f}, 1, 3).requiresGrad_(true);
            Target target = Divergence.KL.target(teacher);
            Tensor loss = target.loss(logits);
            assertThat(loss.itemDouble()).isFinite();
            assertThat(target.floor().itemDouble()).isCloseTo(Math.log(2), within(1e-6));
            loss.backward();
            assertThat(logits.grad().toFloatArray()).containsExactly(new float[] {-0.5f, -0.5f, 1}, within(1e-6f));
        }
    }

    // ---- 4

    @ParameterizedTest
    @ValueSource(ints = {1, 4}) void a_teacher_that_drops_nothing_leaves_its_copy_where_it_is(int k) {
        try (var network = network(0); var student = Module.copyOf(network); var scope = Scope.open()) {
            var result = new Distillation(new Teacher(network, k)).loss(student, randn(N, D));
            assertThat(result.loss().itemDouble()).isCloseTo(0, within(1e-15));
            result.loss().backward();
            student.parameters().forEach(p -> {
                for (double g : p.grad().toDoubleArray()) assertThat(g).isCloseTo(0, within(1e-15));
            });
            student.zeroGrad();
        }
    }

    // ---- 7

    @ParameterizedTest
    @ValueSource(booleans = {false, true}) void perturbation_zeroes_a_fifth_of_the_pixels_and_changes_neither_the_others_nor_the_images(
            boolean perChannel) {
        try (var generator = Generator.of(9); var scope = Scope.open()) {
            Tensor images = Torch.randn(64, 3, 32, 32), before = images.clone();
            Tensor seen = new Perturbation(0.2, perChannel, MaskSource.of(generator)).apply(images);
            Tensor dropped = seen.eq(0);
            double n = perChannel ? images.numel() : images.numel() / 3.0, rate = dropped.to(DType.FLOAT64).mean().itemDouble();
            assertThat(rate).isCloseTo(0.2, within(5 * Math.sqrt(0.2 * 0.8 / n)));
            assertThat(seen.torchEquals(images.maskedFill(dropped, 0))).isTrue();
            assertThat(images.torchEquals(before)).isTrue();
            double together = dropped.all(1).to(DType.FLOAT64).mean().itemDouble();
            assertThat(together).isCloseTo(perChannel ? 0.008 : 0.2, within(0.01));
        }
    }

    @Test void an_impossible_number_is_refused() {
        assertThatThrownBy(() -> Perturbation.pixels(1.5)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("in [0, 1], not 1.5");
        assertThatThrownBy(() -> new Teacher(new ReLU(), 0)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("not 0");
        assertThatThrownBy(() -> Predictor.monteCarlo(new ReLU(), 10, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    // ---- 9

    /** Of 4 inputs dropped with probability ½ all 16 masks are equally likely: their mean is the expectation. */
    @Test void a_linear_student_of_a_linear_teacher_stays_where_it_is_under_the_squared_error() {
        try (var drop = new Dropout(0.5); var network = new Sequential(drop, new Linear(4, 2)); var student = Module.copyOf(network);
                var scope = Scope.open()) {
            network.to(DType.FLOAT64);
            student.to(DType.FLOAT64);
            var masks = new float[16 * N * 4];
            for (int i = 0; i < masks.length; i++) masks[i] = (i / (4 * N)) >> i % 4 & 1;
            drop.setMasks(MaskSource.given(Torch.tensor(masks, 16 * N, 4)));
            Tensor x = randn(N, 4);
            var result = new Distillation(new Teacher(network, 16, Divergence.SQUARED_ERROR)).loss(student, x);
            Tensor w = network.namedParameters().get("1.weight").detach();
            double variance = x.square().matmul(w.square().t()).sum().itemDouble() / N; // of Σ w·x·m/½ over m: Σ w²x²
            assertThat(result.floor().itemDouble()).isCloseTo(variance, within(1e-12));
            assertThat(result.loss().itemDouble()).isCloseTo(variance, within(1e-12));
            result.loss().backward();
            student.parameters().forEach(p -> {
                for (double g : p.grad().toDoubleArray()) assertThat(g).isCloseTo(0, within(1e-14));
            });
            student.zeroGrad();
        }
    }

    // ---- 11

    @Test void a_distilled_student_is_far_nearer_to_the_mean_of_a_thousand_samples_than_plain_evaluation() {
        Torch.manualSeed(11);
        int classes = 5, inputs = 10;
        try (var network = new Sequential(new Linear(inputs, 48), new ReLU(), new Dropout(0.5), new Linear(48, 48), new ReLU(),
                new Dropout(0.5), new Linear(48, classes));
                var hidden = new Linear(inputs, classes); var outer = Scope.open()) {
            Tensor train = Torch.randn(600, inputs), test = Torch.randn(300, inputs);
            // noisy, as those of a task that is not learnt by heart
            Tensor labels = hidden.call(train).mul(3).detach().softmax(1).multinomial(1).squeeze(1);
            fit(network, 600, 0.05,
                    batch -> CrossEntropy.crossEntropy(network.call(train.indexSelect(0, batch)), labels.indexSelect(0, batch)));
            try (var student = Module.copyOf(network); var distillation = new Distillation(new Teacher(network, 4))) {
                fit(student, 900, 0.02, batch -> distillation.loss(student, train.indexSelect(0, batch)).loss());
                Tensor mean = Predictor.monteCarlo(network, 1000, 100).logProbabilities(test);
                double standard = kl(mean, Predictor.standard(network).logProbabilities(test)),
                        distilled = kl(mean, Predictor.standard(student).logProbabilities(test));
                assertThat(distilled).isLessThan(0.5 * standard);
            }
        }
    }

    private static double kl(Tensor reference, Tensor log) { return reference.exp().mul(reference.sub(log)).sum(-1).mean().itemDouble(); }

    private static void fit(Module network, int steps, double rate, java.util.function.UnaryOperator<Tensor> loss) {
        try (var optimizer = new SGD(network.parameters(), SGD.options(rate).momentum(0.9))) {
            for (int i = 0; i < steps; i++)
                try (var scope = Scope.open()) {
                    loss.apply(Aten.randint(600, new long[] {64}, DType.INT64)).backward();
                    optimizer.step();
                    optimizer.zeroGrad();
                }
        }
    }

    // ---- precision

    @Test void under_autocast_the_divergence_is_computed_in_float32() {
        try (var network = network(0.5); var student = network(0.5); var scope = Scope.open()) {
            network.to(DType.FLOAT32);
            student.to(DType.FLOAT32);
            Tensor x = Torch.randn(N, D);
            Torch.manualSeed(6);
            double exact = new Distillation(new Teacher(network, 2)).loss(student, x).loss().itemDouble();
            Torch.manualSeed(6);
            Distillation.Result result;
            try (var cast = Autocast.enter(Device.Type.CPU, DType.BFLOAT16)) {
                result = new Distillation(new Teacher(network, 2)).loss(student, x);
            }
            assertThat(result.output().dtype()).isEqualTo(DType.BFLOAT16);
            assertThat(result.loss().dtype()).isEqualTo(DType.FLOAT32);
            assertThat(result.floor().dtype()).isEqualTo(DType.FLOAT32);
            assertThat(result.loss().itemDouble()).isCloseTo(exact, within(0.05));
            result.loss().backward();
            assertThat(student.parameters()).allMatch(p -> p.grad().dtype() == DType.FLOAT32);
            student.zeroGrad();
        }
    }
}
