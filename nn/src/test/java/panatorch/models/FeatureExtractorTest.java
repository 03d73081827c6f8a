package panatorch.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.TransformerEncoder;
import panatorch.nn.TransformerEncoderLayer;
import panatorch.nn.TransformerOptions;

@NoTensorLeaks
class FeatureExtractorTest {
    private static CifarResNet network() {
        Torch.manualSeed(0);
        var net = new CifarResNet(8, CifarResNet.Shortcut.PAD, 10);
        net.eval();
        return net;
    }

    @Test void features_are_what_the_modules_return_even_where_the_network_changes_it_in_place() {
        try (var net = network(); var scope = Scope.open(); var noGrad = NoGrad.enter();
                var extractor = FeatureExtractor.of(net, "layer3", "bn1", "layer1.0.bn1")) {
            Tensor x = Torch.randn(2, 3, 32, 32);
            Map<String, Tensor> features = extractor.extract(x);
            assertThat(features.keySet()).containsExactly("layer3", "bn1", "layer1.0.bn1");
            Tensor normalised = net.submodule("bn1").call(net.submodule("conv1").call(x)), first = normalised.relu();
            assertThat(features.get("bn1").torchEquals(normalised)).isTrue();
            assertThat(features.get("bn1").min().itemDouble()).isNegative();
            Tensor inner = net.submodule("layer1.0.bn1").call(net.submodule("layer1.0.conv1").call(first));
            assertThat(features.get("layer1.0.bn1").torchEquals(inner)).isTrue();
            assertThat(features.get("layer3").mean(new long[] {2, 3}, false).torchEquals(net.features(x))).isTrue();
        }
    }

    @Test void gradients_flow_through_features_under_names_of_ones_own() {
        var names = new LinkedHashMap<String, String>(Map.of("0", "hidden"));
        try (var net = new Sequential(new Linear(3, 2), new Linear(2, 1)); var scope = Scope.open();
                var extractor = FeatureExtractor.of(net, names)) {
            Tensor x = Torch.randn(4, 3);
            extractor.extract(x).get("hidden").sum().backward();
            assertThat(net.get(0).parameter("weight").grad().allClose(x.sum(0).expand(2, 3))).isTrue();
            assertThat(net.get(1).parameter("weight").grad()).isNull();
        }
    }

    @Test void unknown_uncalled_and_doubled_names_are_errors_and_a_closed_extractor_leaves_no_hooks() {
        class Own extends Module {
            final Module unused = child("unused", new Linear(1, 1));

            @Override public Tensor forward(Tensor input) { return input; }
        }
        var same = new LinkedHashMap<String, String>(Map.of("0", "a", "1", "a"));
        try (var own = new Own(); var net = new Sequential(new Linear(1, 1), new Linear(1, 1)); var scope = Scope.open()) {
            assertThatThrownBy(() -> FeatureExtractor.of(net, "2")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("there is no module '2'");
            assertThatThrownBy(() -> FeatureExtractor.of(net, same)).hasMessageContaining("two modules have the name 'a'");
            var extractor = FeatureExtractor.of(own, "unused");
            assertThatThrownBy(() -> extractor.extract(Torch.ones(1))).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("did not call 'unused'");
            extractor.close();
            assertThatThrownBy(() -> extractor.extract(Torch.ones(1))).hasMessageContaining("closed");
            own.unused.call(Torch.ones(1));
        }
    }

    @Test void inputs_may_be_several_and_a_layer_of_several_outputs_gives_the_first() {
        try (var encoder = new TransformerEncoder(new TransformerEncoderLayer(TransformerOptions.of(8, 2).feedforward(16)), 2, null);
                var scope = Scope.open(); var noGrad = NoGrad.enter(); var extractor = FeatureExtractor.of(encoder.eval(), "layers.1")) {
            Tensor x = Torch.randn(5, 2, 8);
            assertThat(extractor.extract(Arrays.asList(x, null, null)).get("layers.1").torchEquals(encoder.call(x))).isTrue();
        }
    }

    @Test void threads_extract_at_once_each_its_own() throws Exception {
        try (var net = network(); var extractor = FeatureExtractor.of(net, "layer1"); var pool = Executors.newFixedThreadPool(4)) {
            var tasks = new ArrayList<Callable<Boolean>>();
            for (int i = 0; i < 16; i++) {
                int value = i;
                tasks.add(() -> {
                    try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                        Tensor x = Torch.full(new long[] {1, 3, 32, 32}, value / 8.0, panatorch.DType.FLOAT32);
                        Tensor expected = net.submodule("layer1")
                                .call(net.submodule("bn1").call(net.submodule("conv1").call(x)).relu());
                        return extractor.extract(x).get("layer1").allClose(expected, 1e-4, 1e-5);
                    }
                });
            }
            for (var done : pool.invokeAll(tasks)) assertThat(done.get()).isTrue();
        }
    }
}
