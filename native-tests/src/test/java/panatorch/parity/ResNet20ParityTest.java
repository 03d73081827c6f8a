package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.models.CifarResNet;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.SGD;

/**
 * ResNet-20 from a seed through five training steps, against Python's numbers; {@code src/test/python/resnet20_parity.py} made and explains
 * them.
 */
@NoTensorLeaks
class ResNet20ParityTest {
    private static final JsonNode GOLDEN = Golden.read("resnet20.json");
    /** Biases that begin at 0 are a few 1e-4 after five steps, and known as exactly as the other weights, not more. */
    private static final double SCALE = 0.01;
    private int threads;

    @BeforeAll static void the_same_instructions() { Golden.assumeSameInstructions(); }

    @BeforeEach void one_thread() {
        threads = Torch.numThreads();
        Torch.setNumThreads(1);
    }

    @AfterEach void as_before() { Torch.setNumThreads(threads); }

    private static CifarResNet build(String option) {
        Torch.manualSeed(0);
        return new CifarResNet(20, option.equals("A") ? CifarResNet.Shortcut.PAD : CifarResNet.Shortcut.PROJECTION, 10);
    }

    private static Tensor images() {
        Torch.manualSeed(1);
        Tensor x = Aten.randn(8, 3, 32, 32);
        Golden.assertFingerprint("x", x, GOLDEN.get("x"), 0);
        return x;
    }

    private static Tensor labels() { return Torch.tensor(Golden.longs(GOLDEN.get("y"))); }

    private static void assertFingerprints(String what, Map<String, Tensor> tensors, JsonNode prints, double tolerance) {
        assertFingerprints(what, tensors, prints, tolerance, 0);
    }

    private static void assertFingerprints(String what, Map<String, Tensor> tensors, JsonNode prints, double tolerance, double scale) {
        var names = new ArrayList<String>();
        prints.fieldNames().forEachRemaining(names::add);
        assertThat(tensors.keySet()).as(what).containsExactlyElementsOf(names);
        tensors.forEach((name, t) -> Golden.assertFingerprint(what + " " + name, t, prints.get(name), tolerance, scale));
    }

    private static double[] rows(JsonNode rows) {
        var all = new ArrayList<Double>();
        rows.forEach(row -> row.forEach(v -> all.add(v.asDouble())));
        return all.stream().mapToDouble(v -> v).toArray();
    }

    private static void assertRows(String what, Tensor actual, JsonNode expected, double tolerance) {
        double[] e = rows(expected);
        Golden.assertClose(what, actual.toDoubleArray(), e, tolerance * java.util.Arrays.stream(e).map(Math::abs).max().orElseThrow(), 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "B"}) void the_same_seed_gives_the_same_weights_to_the_bit(String option) {
        try (var net = build(option); var scope = Scope.open()) {
            assertFingerprints("initial", net.namedParameters(), GOLDEN.get(option).get("initial"), 0);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "B"}) void logits_loss_and_every_gradient_agree(String option) {
        JsonNode golden = GOLDEN.get(option);
        try (var net = build(option); var scope = Scope.open()) {
            Tensor logits = net.forward(images());
            Tensor loss = CrossEntropy.crossEntropy(logits, labels());
            loss.backward();
            assertRows("logits", logits, golden.get("logits"), 1e-5);
            Golden.assertClose("loss", new double[] {loss.itemDouble()}, new double[] {golden.get("loss").asDouble()}, 0, 1e-5);
            var gradients = new java.util.LinkedHashMap<String, Tensor>();
            net.namedParameters().forEach((name, p) -> gradients.put(name, p.grad()));
            assertFingerprints("gradient of", gradients, golden.get("gradients"), 1e-5);
            net.parameters().forEach(p -> p.setGrad(null));
        }
    }

    private static void assertFiveSteps(CifarResNet net, Tensor x, Tensor y, double lr, JsonNode golden, double tolerance) {
        List<Double> losses = new ArrayList<>();
        try (var sgd = new SGD(net.parameters(), SGD.options(lr).momentum(0.9).weightDecay(1e-4).nesterov(true))) {
            for (int step = 0; step < 5; step++) {
                try (var scope = Scope.open()) {
                    Tensor loss = CrossEntropy.crossEntropy(net.forward(x), y);
                    loss.backward();
                    losses.add(loss.itemDouble());
                    sgd.step();
                    sgd.zeroGrad();
                }
            }
        }
        Golden.assertClose("losses", losses.stream().mapToDouble(v -> v).toArray(), Golden.numbers(golden.get("losses")), 0, tolerance);
        assertFingerprints("after five steps", net.stateDict(), golden.get("final"), tolerance, SCALE);
        net.eval();
        try (var noGrad = NoGrad.enter()) {
            assertRows("logits in evaluation", net.forward(x), golden.get("eval_logits"), tolerance);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "B"}) void five_steps_of_sgd_agree_in_float32(String option) {
        try (var net = build(option); var scope = Scope.open()) {
            assertFiveSteps(net, images(), labels(), 0.001, GOLDEN.get(option).get("gentle"), 1e-5);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"A", "B"}) void five_steps_of_sgd_at_a_large_learning_rate_agree_in_float64(String option) {
        try (var net = build(option); var scope = Scope.open()) {
            net.to(null, DType.FLOAT64, null);
            assertFiveSteps(net, images().to(DType.FLOAT64), labels(), 0.1, GOLDEN.get(option).get("double"), 1e-7);
        }
    }
}
