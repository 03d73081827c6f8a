package panatorch.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.AttentionDropout;
import panatorch.nn.Identity;
import panatorch.nn.Module;
import panatorch.nn.MultiheadAttention;
import panatorch.nn.Transformer;
import panatorch.nn.TransformerOptions;

/** Every network calls the modules that replace its layers, whatever fields its own code reaches them by. */
@NoTensorLeaks
class ReplacedLayersTest {
    /** Computes what the module inside computes, and counts the calls. */
    private static final class Counted extends Module {
        private Module inner;
        private int calls;

        Counted(Module inner) { this.inner = child("inner", inner); }

        @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
            calls++;
            return inner.callAll(inputs);
        }

        @Override public Tensor forward(Tensor input) { return forwardAll(List.of(input)).getFirst(); }

        @Override protected Module recreate() { return new Counted(copyOf(inner)); }
    }

    /** Replaces all layers by wrappers of themselves: the outputs stay the same, and every wrapper is called. */
    private static void everyLayerCanBeReplaced(Supplier<? extends Module> maker, Tensor... inputs) {
        Torch.manualSeed(0);
        try (var net = maker.get().eval(); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor expected = net.callAll(Arrays.asList(inputs)).getFirst();
            var wrappers = new ArrayList<Counted>();
            int replaced = net.replace(m -> m.namedChildren().isEmpty() && !(m instanceof AttentionDropout), old -> {
                var wrapper = new Counted(old);
                wrappers.add(wrapper);
                return wrapper;
            });
            assertThat(replaced).isEqualTo(wrappers.size()).isPositive();
            assertThat(net.callAll(Arrays.asList(inputs)).getFirst().torchEquals(expected)).as(net.toString()).isTrue();
            assertThat(wrappers).allSatisfy(w -> assertThat(w.calls).as(w.toString()).isPositive());
            try (var copy = Module.copyOf(net)) {
                assertThat(copy.stateDict().keySet()).containsExactlyElementsOf(net.stateDict().keySet());
                assertThat(copy.callAll(Arrays.asList(inputs)).getFirst().torchEquals(expected)).isTrue();
            }
        }
    }

    @Test void residual_networks() {
        try (var scope = Scope.open()) {
            Tensor images = Torch.randn(2, 3, 32, 32);
            everyLayerCanBeReplaced(() -> new CifarResNet(8, CifarResNet.Shortcut.PAD, 10), images);
            everyLayerCanBeReplaced(() -> new CifarResNet(8, CifarResNet.Shortcut.PROJECTION, 10), images);
            everyLayerCanBeReplaced(() -> ResNet.resnet18(ResNet.Stem.CIFAR, 10), images);
        }
    }

    @Test void plain_networks() {
        try (var scope = Scope.open()) {
            Tensor images = Torch.randn(2, 3, 32, 32);
            everyLayerCanBeReplaced(() -> new VGG(11, true, VGG.Head.CIFAR, 10), images);
            everyLayerCanBeReplaced(() -> new AllConv(10), images);
            everyLayerCanBeReplaced(() -> new NiN(10), images);
            everyLayerCanBeReplaced(() -> new AlexNet(10), Torch.randn(1, 3, 63, 63));
            everyLayerCanBeReplaced(() -> new CudaConvnetQuick(CudaConvnetQuick.options(10).dropout(0.5)), images);
            everyLayerCanBeReplaced(() -> new LeNet5(LeNet5.options(10).dropout(LeNet5.Dropouts.ALL, 0.5)), Torch.randn(2, 1, 28, 28));
        }
    }

    @Test void transformers() {
        try (var scope = Scope.open()) {
            everyLayerCanBeReplaced(() -> new Bert(Bert.options(2, 16, 2).vocabulary(50), 3), Torch.randint(1, 50, 2, 7));
            everyLayerCanBeReplaced(() -> new Transformer(TransformerOptions.of(8, 2).feedforward(16), 2, 2), Torch.randn(5, 2, 8),
                    Torch.randn(4, 2, 8));
        }
    }

    @Test void a_layer_whose_own_methods_are_called_can_only_be_replaced_by_one_of_its_class() {
        try (var net = new Transformer(TransformerOptions.of(8, 2).feedforward(16), 1, 1); var other = new Identity();
                var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            net.eval();
            String path = "encoder.layers.0.self_attn";
            assertThatThrownBy(() -> net.setChild(path, other)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(
                            "TransformerEncoderLayer.attention holds it as a MultiheadAttention, and the new module is a Identity");
            Tensor source = Torch.randn(5, 2, 8), target = Torch.randn(4, 2, 8), before = net.forward(source, target);
            net.setChild(path, new MultiheadAttention(8, 4));
            assertThat(net.forward(source, target).allClose(before)).isFalse();
        }
    }

    @Test void a_head_for_other_classes_is_the_head_of_the_network_from_then_on() {
        try (var net = new CifarResNet(8, CifarResNet.Shortcut.PAD, 10); var scope = Scope.open()) {
            net.setChild("linear", new panatorch.nn.Linear(64, 3));
            assertThat(net.head()).isSameAs(net.submodule("linear"));
            assertThat(net.call(Torch.randn(2, 3, 32, 32)).shape()).containsExactly(2, 3);
        }
    }
}
