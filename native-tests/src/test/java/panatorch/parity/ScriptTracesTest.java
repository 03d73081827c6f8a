package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Aten;
import panatorch.Nn;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.jit.ScriptModule;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.CifarResNet;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.serialize.Safetensors;

/** Scripts that record modules of Java's, which Python loads and runs. */
@NoTensorLeaks
class ScriptTracesTest {
    @TempDir
    Path folder;

    // ---- tracing

    /** A module with a tied weight, a buffer that is not saved, a branch and two results. */
    private static final class Own extends Module {
        final Linear first = child("first", new Linear(3, 4)), second = child("second", new Linear(4, 3));
        final BatchNorm1d norm = child("norm", new BatchNorm1d(3));

        Own() {
            buffer("offset", Torch.full(new long[] {4}, 0.5), false);
            parameter("factor", Torch.ones(3));
        }

        @Override public Tensor forward(Tensor x) {
            Tensor y = second.call(Nn.gelu(first.call(x)).add(buffer("offset")));
            if (y.size(1) == 3) y = y.mul(parameter("factor"));
            return norm.call(y).add_(x.mul(2));
        }

        @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
            Tensor y = forward(inputs.getFirst());
            return inputs.size() == 1 ? List.of(y) : List.of(y, Aten.cat(List.of(y, inputs.get(1)), 1));
        }
    }

    @Test void a_traced_module_computes_what_java_does_here_and_in_python() throws IOException, InterruptedException {
        Torch.manualSeed(1);
        try (var own = new Own(); var resnet = new CifarResNet(8, CifarResNet.Shortcut.PAD, 10); var scope = Scope.open();
                var noGrad = NoGrad.enter()) {
            own.eval();
            resnet.eval();
            Tensor x = Torch.randn(5, 3), y = Torch.randn(5, 3), image = Torch.randn(2, 3, 32, 32);
            try (var one = ScriptModule.trace(own, x); var two = ScriptModule.trace(own, x, y);
                    var net = ScriptModule.trace(resnet, image)) {
                assertThat(one.stateDict().keySet()).containsExactlyInAnyOrder("offset", "factor", "first.weight", "first.bias",
                        "second.weight",
                        "second.bias", "norm.weight", "norm.bias", "norm.running_mean", "norm.running_var", "norm.num_batches_tracked");
                assertThat(one.namedParameters()).hasSize(7);
                assertThat(one.method("forward").toString()).isEqualTo("forward(input: Tensor) -> Tensor");
                Tensor other = Torch.randn(5, 3);
                Scripts.assertClose(one.forward(other), own.forward(other));
                List<Tensor> both = two.forwardAll(List.of(other, y));
                Scripts.assertClose(both.get(1), Aten.cat(List.of(own.forward(other), y), 1));
                own.parameter("factor").fill_(2);
                Scripts.assertClose(one.forward(other), own.forward(other));
                Scripts.assertClose(net.forward(image), resnet.forward(image));
                one.save(folder.resolve("one.ts"));
                net.save(folder.resolve("resnet.ts"));
                Safetensors.save(folder.resolve("traced.safetensors"),
                        Map.of("one.x", other, "one.y", own.forward(other), "resnet.x", image,
                                "resnet.y", resnet.forward(image)),
                        Map.of());
                try (var again = ScriptModule.load(folder.resolve("one.ts"))) {
                    Scripts.assertClose(again.forward(other), own.forward(other));
                }
            }
        }
        Scripts.python(folder, "traced");
    }

    @Test void a_traced_module_trains() {
        Torch.manualSeed(1);
        try (var own = new Own(); var scope = Scope.open()) {
            Tensor x = Torch.randn(5, 3);
            try (var traced = ScriptModule.trace(own, x)) {
                assertThat(traced.isTraining()).isTrue();
                traced.forward(x).square().sum().backward();
                Tensor gradient = own.parameter("factor").grad().clone();
                own.zeroGrad();
                own.forward(x).square().sum().backward();
                Scripts.assertClose(own.parameter("factor").grad(), gradient);
            }
        }
    }

    @Test void a_trace_refuses_what_it_cannot_record() {
        try (var scope = Scope.open(); var own = new Own()) {
            Tensor x = Torch.randn(5, 3), constant = Torch.ones(2);
            var module = new Module() {
                @Override public Tensor forward(Tensor input) { return constant; }
            };
            assertThatThrownBy(() -> ScriptModule.trace(module, x)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("the output does not depend on the inputs or parameters");
            assertThatThrownBy(() -> ScriptModule.trace(own, Torch.ones(5, 7))).isInstanceOf(TorchException.class);
            assertThat(x.add(x).shape()).as("nothing is recorded any more").containsExactly(5, 3);
        }
    }
}
