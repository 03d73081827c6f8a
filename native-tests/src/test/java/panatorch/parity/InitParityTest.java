package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.init.Init;
import panatorch.nn.init.Init.Fan;
import panatorch.nn.init.Init.Nonlinearity;

/** Initialisations against Python's numbers; {@code src/test/python/init.py} made and explains them. */
@NoTensorLeaks
class InitParityTest {
    private static final Map<String, UnaryOperator<Tensor>> JAVA = Map.ofEntries(
            Map.entry("uniform", t -> Init.uniform_(t, -1, 2)),
            Map.entry("normal", t -> Init.normal_(t, 1, 2)),
            Map.entry("trunc_normal", t -> Init.truncNormal_(t, 0.5, 1, -1, 1)),
            Map.entry("trunc_normal in a tail", t -> Init.truncNormal_(t, 0, 1, 2, 3)),
            Map.entry("constant", t -> Init.constant_(t, 3.5)),
            Map.entry("ones", Init::ones_),
            Map.entry("zeros", Init::zeros_),
            Map.entry("eye", Init::eye_),
            Map.entry("dirac", t -> Init.dirac_(t, 1)),
            Map.entry("dirac in groups", t -> Init.dirac_(t, 2)),
            Map.entry("xavier_uniform", t -> Init.xavierUniform_(t, 2)),
            Map.entry("xavier_normal", t -> Init.xavierNormal_(t, Init.gain(Nonlinearity.TANH, 0))),
            Map.entry("kaiming_uniform", t -> Init.kaimingUniform_(t, 0.2)),
            Map.entry("kaiming_uniform for selu by fan_out", t -> Init.kaimingUniform_(t, 0, Fan.OUT, Nonlinearity.SELU)),
            Map.entry("kaiming_normal", t -> Init.kaimingNormal_(t, 0, Fan.OUT, Nonlinearity.RELU)),
            Map.entry("orthogonal", t -> Init.orthogonal_(t, 2)),
            Map.entry("orthogonal of many rows", t -> Init.orthogonal_(t, 1)),
            Map.entry("sparse", t -> Init.sparse_(t, 0.3, 0.01)));

    @BeforeAll static void the_same_instructions() { Golden.assumeSameInstructions(); }

    @TestFactory Stream<DynamicTest> an_initialisation_draws_what_python_draws() {
        var cases = Golden.read("init.json");
        assertThat(JAVA).hasSize(cases.size());
        return StreamSupport.stream(cases.spliterator(), false).map(c -> dynamicTest(c.get("name").asText(), () -> {
            try (var scope = Scope.open()) {
                Tensor t = Torch.empty(DType.FLOAT32, Golden.longs(c.get("shape"))).requiresGrad_(true);
                Torch.manualSeed(4);
                String name = c.get("name").asText();
                assertThat(JAVA.get(name).apply(t)).isSameAs(t);
                assertThat(t.isLeaf()).isTrue();
                Golden.assertFingerprint(name, t, c.get("print"), name.startsWith("orthogonal") ? 1e-5 : 0);
            }
        }));
    }
}
