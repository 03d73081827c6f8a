package panatorch.models;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Dropout;
import panatorch.nn.Module;

/** The small networks of Bulò et al. 2016: where they drop, and how wide they are. */
@NoTensorLeaks
class DropoutPlacementTest {
    private static List<String> dropouts(Module network) {
        return network.namedModules().entrySet().stream().filter(e -> e.getValue() instanceof Dropout).map(e -> e.getKey()).toList();
    }

    private static List<String> parts(Module network) { return List.copyOf(network.namedChildren().keySet()); }

    @Test void lenet_drops_behind_its_penultimate_layer_and_lenetall_behind_every_one_but_the_last() {
        try (var plain = new LeNet5(10); var leNet = new LeNet5(LeNet5.options(10).dropout(LeNet5.Dropouts.PENULTIMATE, 0.5));
                var leNetAll = new LeNet5(LeNet5.options(10).dropout(LeNet5.Dropouts.ALL, 0.5))) {
            assertThat(dropouts(plain)).isEmpty();
            assertThat(parts(leNet)).containsSubsequence("ip1", "relu1", "drop3", "ip2").doesNotContain("drop1", "drop2");
            assertThat(parts(leNetAll)).containsSubsequence("conv1", "pool1", "drop1", "conv2", "pool2", "drop2", "ip1", "relu1", "drop3",
                    "ip2");
            assertThat(dropouts(leNet.head())).containsExactly("drop3");
            assertThat(leNet.stateDict().keySet()).isEqualTo(plain.stateDict().keySet());
        }
    }

    @Test void quick_drops_behind_every_layer_but_the_last() {
        try (var plain = new CudaConvnetQuick(10); var quick = new CudaConvnetQuick(CudaConvnetQuick.options(10).dropout(0.25))) {
            assertThat(dropouts(plain)).isEmpty();
            assertThat(parts(quick)).containsSubsequence("conv1", "relu1", "drop1", "conv2", "pool2", "drop2", "conv3", "pool3", "drop3",
                    "ip1", "drop4", "ip2");
            assertThat(quick.modules().stream().filter(m -> m instanceof Dropout).map(m -> ((Dropout) m).p())).hasSize(4)
                    .containsOnly(0.25);
            assertThat(dropouts(quick.head())).containsExactly("drop4");
            assertThat(quick.stateDict().keySet()).isEqualTo(plain.stateDict().keySet());
        }
    }

    @Test void dropout_changes_neither_first_weights_nor_evaluation() {
        Torch.manualSeed(0);
        try (var plain = new CudaConvnetQuick(10)) {
            Torch.manualSeed(0);
            try (var quick = new CudaConvnetQuick(CudaConvnetQuick.options(10).dropout(0.5)); var scope = Scope.open();
                    var noGrad = NoGrad.enter()) {
                Tensor x = Torch.randn(2, 3, 32, 32);
                plain.eval();
                quick.eval();
                assertThat(quick.call(x).torchEquals(plain.call(x))).isTrue();
            }
        }
    }

    /** Bulò et al. 2016, figure 3, left: these parts of Quick's 145,578 parameters are where its points lie. */
    @Test void quicks_penultimate_layer_can_be_as_narrow_as_in_the_paper() {
        int[] widths = {64, 56, 48, 40, 32, 24, 16, 8};
        double[] percent = {100, 94.3, 88.6, 82.9, 77.2, 71.6, 65.9, 60.2};
        for (int i = 0; i < widths.length; i++)
            try (var quick = new CudaConvnetQuick(CudaConvnetQuick.options(10).widths(32, 32, 64, widths[i]))) {
                assertThat(Math.round(1000.0 * quick.parameterCount() / 145578) / 10.0).isEqualTo(percent[i]);
            }
    }

    @Test void widths_are_those_of_every_layer_and_copies_have_them() {
        try (var leNet = new LeNet5(LeNet5.options(3).widths(4, 6, 8).dropout(LeNet5.Dropouts.ALL, 0.5)); var copy = Module.copyOf(leNet);
                var quick = new CudaConvnetQuick(CudaConvnetQuick.options(3).widths(4, 5, 6, 7)); var scope = Scope.open();
                var noGrad = NoGrad.enter()) {
            assertThat(copy.stateDict().get("conv2.weight").shape()).containsExactly(6, 4, 5, 5);
            assertThat(copy.stateDict().get("ip1.weight").shape()).containsExactly(8, 6 * 16);
            assertThat(dropouts(copy)).hasSize(3);
            assertThat(copy.eval().call(Torch.randn(2, 1, 28, 28)).shape()).containsExactly(2, 3);
            assertThat(quick.features(Torch.randn(2, 3, 32, 32)).shape()).containsExactly(2, 7);
        }
    }
}
