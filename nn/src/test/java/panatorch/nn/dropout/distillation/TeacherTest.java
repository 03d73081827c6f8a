package panatorch.nn.dropout.distillation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static panatorch.nn.dropout.distillation.DistillationTest.C;
import static panatorch.nn.dropout.distillation.DistillationTest.D;
import static panatorch.nn.dropout.distillation.DistillationTest.H;
import static panatorch.nn.dropout.distillation.DistillationTest.N;
import static panatorch.nn.dropout.distillation.DistillationTest.dropouts;
import static panatorch.nn.dropout.distillation.DistillationTest.network;
import static panatorch.nn.dropout.distillation.DistillationTest.randn;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.LeNet5;
import panatorch.nn.Dropout;
import panatorch.nn.MaskSource;
import panatorch.nn.Module;
import panatorch.nn.Sequential;

/** A teacher's samples, and the mean of many (§3.6, 5 and 6). */
@NoTensorLeaks
class TeacherTest {
    @Test void every_example_has_masks_of_its_own() {
        try (var network = network(0.5); var scope = Scope.open()) {
            double[] means = new Teacher(network).target(randn(1, D).expand(64, D)).mean().select(1, 0).toDoubleArray();
            assertThat(java.util.Arrays.stream(means).distinct().count()).isGreaterThan(10); // few of the 7 units are on
        }
    }

    @Test void the_target_is_the_mean_of_probabilities_and_not_of_logits_and_one_pass_is_a_loop_over_the_same_masks() {
        try (var network = network(0.5); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            int k = 3;
            Tensor x = randn(N, D), first = Aten.rand(k * N, H).gt(0.5), second = Aten.rand(k * N, H).gt(0.5);
            var layers = dropouts(network);
            layers.get(0).setMasks(MaskSource.given(first));
            layers.get(1).setMasks(MaskSource.given(second));
            Tensor mean = new Teacher(network, k).target(x).mean().exp();

            var logits = new ArrayList<Tensor>();
            network.eval();
            layers.forEach(Module::train);
            for (int i = 0; i < k; i++) {
                layers.get(0).setMasks(MaskSource.given(first.narrow(0, i * N, N)));
                layers.get(1).setMasks(MaskSource.given(second.narrow(0, i * N, N)));
                logits.add(network.call(x));
            }
            Tensor all = Aten.stack(logits);
            assertThat(mean.toDoubleArray()).containsExactly(all.softmax(-1).mean(0).toDoubleArray(), within(1e-14));
            assertThat(mean.allClose(all.mean(0).softmax(-1), 1e-3, 1e-3)).isFalse();
        }
    }

    @Test void the_trunk_computes_each_example_once_where_only_the_head_draws() {
        for (var dropouts : List.of(LeNet5.Dropouts.PENULTIMATE, LeNet5.Dropouts.ALL))
            try (var network = new LeNet5(LeNet5.options(C).widths(2, 3, H).dropout(dropouts, 0.5)); var scope = Scope.open()) {
                var rows = new ArrayList<Long>();
                for (String layer : List.of("conv1", "ip2")) network.namedChildren().get(layer).hooks().beforeForward((m, in) -> {
                    rows.add(in.getFirst().size(0));
                    return null;
                });
                Tensor x = Torch.randn(N, 1, 28, 28);
                Target target = new Teacher(network, 3).target(x);
                assertThat(target.mean().shape()).containsExactly(N, C);
                assertThat(target.floor().itemDouble()).isPositive();
                assertThat(rows).containsExactly(dropouts == LeNet5.Dropouts.PENULTIMATE ? (long) N : 3L * N, 3L * N);
                if (dropouts != LeNet5.Dropouts.PENULTIMATE) continue;
                var drop = (Dropout) network.namedChildren().get("drop3");
                Tensor mask = Aten.rand(3 * N, H).gt(0.5);
                drop.setMasks(MaskSource.given(mask, mask));
                Tensor whole = new Teacher(new Sequential(network), 3).target(x).mean(); // no classifier: all of it in 3 N rows
                assertThat(new Teacher(network, 3).target(x).mean().allClose(whole, 1e-5, 1e-6)).isTrue();
            }
    }

    // ---- 6

    @Test void the_error_of_the_mean_falls_with_the_root_of_the_number_of_samples() {
        try (var network = network(0.5); var scope = Scope.open()) {
            Torch.manualSeed(4);
            Tensor x = randn(40, D), reference = Predictor.monteCarlo(network, 20000, 2000).logProbabilities(x).exp();
            double few = error(network, x, 25, reference), many = error(network, x, 400, reference);
            assertThat(few / many).isBetween(3.0, 5.3); // 4 = √(400/25)
        }
    }

    private static double error(Module network, Tensor x, int samples, Tensor reference) {
        double squares = 0;
        for (int i = 0; i < 20; i++)
            squares += Predictor.monteCarlo(network, samples, samples).logProbabilities(x).exp().sub(reference).square().sum().itemDouble();
        return Math.sqrt(squares);
    }

    @Test void samples_in_chunks_are_those_in_one_pass() {
        try (var network = network(0.5); var scope = Scope.open()) {
            Tensor x = randn(N, D), first = Aten.rand(5 * N, H).gt(0.5), second = Aten.rand(5 * N, H).gt(0.5);
            var layers = dropouts(network);
            layers.get(0)
                    .setMasks(MaskSource.given(first, first.narrow(0, 0, 2 * N), first.narrow(0, 2 * N, 2 * N), first.narrow(0, 4 * N, N)));
            layers.get(1).setMasks(
                    MaskSource.given(second, second.narrow(0, 0, 2 * N), second.narrow(0, 2 * N, 2 * N), second.narrow(0, 4 * N, N)));
            double[] once = Predictor.monteCarlo(network, 5, 5).logProbabilities(x).toDoubleArray();
            assertThat(Predictor.monteCarlo(network, 5, 2).logProbabilities(x).toDoubleArray()).containsExactly(once, within(1e-13));
        }
    }
}
