package panatorch.nn.dropout.distillation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Device;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.CudaConvnetQuick;
import panatorch.models.LeNet5;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Dropout;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.optim.SGD;

/** What students can be made of beside a copy, and what they are compared with. */
@NoTensorLeaks
class StudentsTest {
    private static Sequential chain(long channels, long units) {
        return new Sequential(new Conv2d(2, channels, 3), new BatchNorm2d(channels), new ReLU(), new Dropout(0.5), new Flatten(),
                new Linear(channels * 4, units), new ReLU(), new Dropout(0.5),
                new Linear(units, 3));
    }

    // ---- §3.6, 10

    @Test void of_a_narrower_student_equal_layers_are_copied_and_the_two_beside_the_narrow_place_drawn_with_deviation_one_hundredth() {
        try (var baseline = new CudaConvnetQuick(10);
                var student = new CudaConvnetQuick(CudaConvnetQuick.options(10).widths(32, 32, 64, 32)); var generator = Generator.of(1);
                var scope = Scope.open()) {
            List<String> others = NarrowStudents.copyWhatFits(baseline, student, generator);
            assertThat(others).containsExactly("ip1", "ip2");
            Map<String, Tensor> from = baseline.stateDict(), to = student.stateDict();
            for (String layer : List.of("conv1", "conv2", "conv3"))
                for (String part : List.of(".weight", ".bias"))
                    assertThat(to.get(layer + part).torchEquals(from.get(layer + part))).isTrue();
            Tensor weight = to.get("ip1.weight");
            double n = weight.numel();
            assertThat(weight.mean().itemDouble()).isCloseTo(0, within(5 * 0.01 / Math.sqrt(n)));
            assertThat(weight.std(true).itemDouble()).isCloseTo(0.01, within(5 * 0.01 / Math.sqrt(2 * n)));
            for (String name : List.of("ip1.bias", "ip2.weight", "ip2.bias"))
                assertThat(to.get(name).abs().max().itemDouble()).isBetween(0.001, 0.06);
        }
    }

    @Test void a_student_of_which_nothing_fits_is_refused() {
        try (var baseline = new Linear(3, 4); var student = new Linear(3, 5)) {
            assertThatThrownBy(() -> NarrowStudents.copyWhatFits(baseline, student, null)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("no layer of the student has the name and size of one of the baseline's");
        }
    }

    @Test void random_units_are_taken_out_with_their_normalisation_and_the_inputs_they_fed() {
        try (var baseline = chain(6, 8); var student = chain(4, 5); var generator = Generator.of(2); var scope = Scope.open();
                var noGrad = NoGrad.enter()) {
            baseline.namedBuffers().get("1.running_mean").copy_(Torch.randn(6));
            baseline.namedParameters().get("1.weight").copy_(Torch.randn(6));
            NarrowStudents.removeRandomUnits(baseline, student, generator);
            Tensor x = Torch.randn(7, 2, 4, 4);

            // the baseline with the same units silenced behind its layers
            float[] channels = kept(baseline, student, "0.weight"), units = kept(baseline, student, "5.bias");
            assertThat(count(channels)).isEqualTo(4);
            assertThat(count(units)).isEqualTo(5);
            Tensor silencedChannels = Torch.tensor(channels, 6, 1, 1), silencedUnits = Torch.tensor(units);
            baseline.get(2).hooks().afterForward((m, in, out) -> List.of(out.getFirst().mul(silencedChannels)));
            baseline.get(6).hooks().afterForward((m, in, out) -> List.of(out.getFirst().mul(silencedUnits)));
            assertThat(student.eval().call(x).allClose(baseline.eval().call(x), 1e-5, 1e-6)).isTrue();
        }
    }

    private static int count(float[] kept) {
        int n = 0;
        for (float k : kept) n += (int) k;
        return n;
    }

    /** 1 for each of the baseline's units that the student has, by their numbers. */
    private static float[] kept(Module baseline, Module student, String key) {
        Tensor from = baseline.stateDict().get(key), to = student.stateDict().get(key);
        var kept = new float[(int) from.size(0)];
        for (int i = 0; i < kept.length; i++) for (int k = 0; k < to.size(0); k++) if (from.get(i).torchEquals(to.get(k))) kept[i] = 1;
        return kept;
    }

    @Test void all_layers_of_the_paper_s_networks_can_be_shrunk() {
        try (var leNet = new LeNet5(10); var small = new LeNet5(LeNet5.options(10).widths(10, 20, 100));
                var quick = new CudaConvnetQuick(10);
                var same = new CudaConvnetQuick(10); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            NarrowStudents.removeRandomUnits(leNet, small, null);
            assertThat(small.call(Torch.randn(2, 1, 28, 28)).shape()).containsExactly(2, 10);
            NarrowStudents.removeRandomUnits(quick, same, null);
            quick.stateDict().forEach(
                    (name, t) -> assertThat(same.stateDict().get(name).torchEquals(t)).as("nothing is removed of %s", name).isTrue());
        }
    }

    @Test void units_cannot_be_removed_of_a_wider_student_or_of_layers_that_are_no_chain() {
        try (var baseline = chain(6, 8); var wider = chain(6, 9); var other = new Sequential(new Linear(3, 4));
                var apart = new Sequential(new Linear(3, 4), new Linear(6, 2))) {
            assertThatThrownBy(() -> NarrowStudents.removeRandomUnits(baseline, wider, null)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("5 has 9 units in the student and only 8 in the baseline");
            assertThatThrownBy(() -> NarrowStudents.removeRandomUnits(baseline, other, null)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the student's layers are [0]");
            assertThatThrownBy(() -> NarrowStudents.removeRandomUnits(apart, apart, null)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("the layers do not form a chain");
        }
    }

    // ---- scales

    @Test void a_scale_only_student_begins_as_the_network_evaluates_and_has_one_number_or_one_a_feature_behind_each_dropout_layer() {
        try (var network = chain(6, 8); var scope = Scope.open()) {
            Tensor x = Torch.randn(5, 2, 4, 4);
            for (boolean vectors : new boolean[] {false, true})
                try (var student = vectors ? ScaleOnly.vectors(network, x) : ScaleOnly.scalars(network, x);
                        var copy = Module.copyOf(student)) {
                            assertThat(student.scales().stream().map(Tensor::shape))
                                    .containsExactly(vectors ? new long[] {6, 1, 1} : new long[0], vectors ? new long[] {8} : new long[0]);
                            assertThat(student.parameters().stream().filter(Tensor::requiresGrad))
                                    .containsExactlyElementsOf(student.scales());
                            assertThat(network.parameters()).as("the baseline's own").allMatch(Tensor::requiresGrad);
                            var result = new Distillation(new Teacher(network)).loss(student, x);
                            result.loss().backward();
                            assertThat(result.output().torchEquals(network.eval().call(x))).isTrue();
                            assertThat(student.scales()).allMatch(s -> s.grad() != null);
                            network.train();
                            try (var noGrad = NoGrad.enter()) {
                                student.scales().getLast().mul_(2);
                                assertThat(student.eval().call(x).torchEquals(copy.eval().call(x))).isFalse();
                                copy.loadStateDict(student.stateDict());
                                assertThat(student.call(x).torchEquals(copy.call(x))).isTrue();
                                Tensor twice = network.eval().call(x).sub(network.namedParameters().get("8.bias")).mul(2)
                                        .add(network.namedParameters().get("8.bias"));
                                assertThat(student.call(x).allClose(twice, 1e-5, 1e-6)).as("the last layer is linear").isTrue();
                                network.train();
                            }
                            student.zeroGrad();
                        }
        }
    }

    @Test void scales_learn_and_nothing_else_changes() {
        Torch.manualSeed(5);
        try (var network = new Sequential(new Linear(6, 32), new ReLU(), new Dropout(0.5), new Linear(32, 32), new ReLU(), new Dropout(0.5),
                new Linear(32, 4)); var outer = Scope.open()) {
            Tensor x = Torch.randn(256, 6).mul(4);
            try (var noGrad = NoGrad.enter()) {
                network.get(6).parameter("weight").mul_(8); // sure of itself, as plain evaluation exaggerates
            }
            try (var student = ScaleOnly.scalars(network, x); var optimizer = new SGD(student.scales(), SGD.options(0.05).momentum(0.9))) {
                var teacher = new Teacher(network, 8);
                for (int i = 0; i < 60; i++)
                    try (var scope = Scope.open()) {
                        new Distillation(teacher).loss(student, x).loss().backward();
                        optimizer.step();
                        optimizer.zeroGrad();
                    }
                assertThat(student.scales()).allMatch(s -> Math.abs(s.itemDouble() - 1) > 1e-4);
                network.stateDict().forEach((name, t) -> assertThat(student.stateDict().get("network." + name).torchEquals(t)).isTrue());
                var rows = Batches.of(x, x, 64);
                Predictor mean = Predictor.monteCarlo(network, 500, 50);
                assertThat(Score.divergence(mean, Predictor.standard(student), rows, Device.CPU))
                        .isLessThan(Score.divergence(mean, Predictor.standard(network), rows, Device.CPU));
            }
        }
    }

    @Test void a_network_without_dropout_or_that_calls_its_layers_by_forward_cannot_be_scaled() {
        final class Direct extends Module {
            private final Dropout dropout = child("dropout", new Dropout(0.5));

            @Override public Tensor forward(Tensor input) { return dropout.forward(input); }

            @Override protected Module recreate() { return new Direct(); }
        }
        try (var none = new Linear(2, 2); var direct = new Direct(); var scope = Scope.open()) {
            assertThatThrownBy(() -> ScaleOnly.scalars(none, Torch.ones(1, 2))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the network has no dropout layer to scale");
            assertThatThrownBy(() -> ScaleOnly.scalars(direct, Torch.ones(1, 2))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("does not call dropout");
        }
    }

    // ---- baselines

    @Test void a_score_is_the_mean_over_rows_of_what_the_predictor_says_of_the_labels() {
        try (var scope = Scope.open()) {
            Tensor p = Torch.tensor(new double[] {0.5, 0.25, 0.25, 0.1, 0.8, 0.1, 0.2, 0.2, 0.6}, 3, 3),
                    labels = Torch.tensor(new long[] {0, 1, 0});
            Predictor table = rows -> p.indexSelect(0, rows.flatten().to(DType.INT64)).log();
            Batches batches = Batches.of(Torch.tensor(new long[] {0, 1, 2}, 3, 1), labels, 2);
            Score score = Score.of(table, batches, Device.CPU);
            assertThat(score.nll()).isCloseTo(-(Math.log(0.5) + Math.log(0.8) + Math.log(0.2)) / 3, within(1e-12));
            assertThat(score.error()).isCloseTo(1 / 3.0, within(1e-12));
            assertThat(score.rows()).isEqualTo(3);
            Predictor uniform = rows -> Torch.zeros(DType.FLOAT64, rows.size(0), 3).sub(Math.log(3));
            double kl = Arrays.stream(p.toDoubleArray()).map(v -> v * Math.log(v * 3)).sum() / 3;
            assertThat(Score.divergence(table, uniform, batches, Device.CPU)).isCloseTo(kl, within(1e-12));
        }
    }
}
