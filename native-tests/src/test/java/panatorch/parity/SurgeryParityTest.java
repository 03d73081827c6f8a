package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import panatorch.Aten;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.ConvTranspose2d;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.NormOptions;
import panatorch.nn.Sequential;
import panatorch.nn.Tanh;
import panatorch.nn.utils.Stateless;
import panatorch.nn.utils.fusion.Fusion;
import panatorch.nn.utils.parametrizations.Parametrizations;
import panatorch.nn.utils.parametrizations.Parametrizations.OrthogonalMap;
import panatorch.nn.utils.parametrize.Parametrize;
import panatorch.nn.utils.prune.Prune;

/** Parametrized, pruned and fused layers against Python's numbers; {@code src/test/python/surgery.py} made and explains them. */
@NoTensorLeaks
class SurgeryParityTest {
    private static final JsonNode PYTHON = Golden.read("surgery.json");

    @BeforeAll static void the_same_instructions() { Golden.assumeSameInstructions(); }

    private record Case(Supplier<Module> make, Consumer<Module> change) {}

    private static Map<String, Case> parametrizations() {
        Supplier<Module> conv = () -> new Conv2d(3, 4, 3), linear = () -> new Linear(5, 4);
        var all = new LinkedHashMap<String, Case>();
        all.put("weight_norm", new Case(conv, Parametrizations::weightNorm));
        all.put("weight_norm dim 1", new Case(linear, m -> Parametrizations.weightNorm(m, "weight", 1)));
        all.put("weight_norm of all", new Case(linear, m -> Parametrizations.weightNorm(m, "weight", -1)));
        all.put("spectral_norm", new Case(conv, Parametrizations::spectralNorm));
        all.put("spectral_norm transposed",
                new Case(() -> new ConvTranspose2d(3, 4, 3), m -> Parametrizations.spectralNorm(m, "weight", 3, 1e-12, null)));
        all.put("spectral_norm of a vector", new Case(linear, m -> Parametrizations.spectralNorm(m, "bias", 1, 1e-12, null)));
        all.put("both", new Case(linear, m -> Parametrizations.spectralNorm(Parametrizations.weightNorm(m))));
        for (OrthogonalMap map : OrthogonalMap.values())
            for (long[] s : new long[][] {{4, 4}, {5, 3}, {3, 5}})
                for (boolean t : new boolean[] {
                    true, false}) {
                        String name = "orthogonal " + map.name().toLowerCase(java.util.Locale.ROOT) + " " + s[0] + "x" + s[1]
                                + (t ? "" : " without trivialization");
                        if (PYTHON.get("parametrizations").has(name))
                            all.put(name, new Case(() -> new Linear(s[1], s[0]), m -> Parametrizations.orthogonal(m, "weight", map, t)));
                    }
        return all;
    }

    private static Map<String, Case> prunings() {
        var all = new LinkedHashMap<String, Case>();
        BiConsumer<String, Consumer<Module>> put = (name, change) -> all.put(name, new Case(() -> new Conv2d(4, 6, 3), change));
        put.accept("random_unstructured", m -> Prune.randomUnstructured(m, "weight", 0.3));
        put.accept("l1_unstructured", m -> Prune.l1Unstructured(m, "weight", 0.3));
        put.accept("l1_unstructured of a number", m -> Prune.l1Unstructured(m, "weight", 7));
        put.accept("random_structured", m -> Prune.randomStructured(m, "weight", 0.4, 1));
        put.accept("ln_structured", m -> Prune.lnStructured(m, "weight", 0.5, 2, 0));
        put.accept("ln_structured by the maximum", m -> Prune.lnStructured(m, "weight", 1, Double.POSITIVE_INFINITY, -1));
        put.accept("l1 after random", m -> Prune.l1Unstructured(Prune.randomUnstructured(m, "weight", 0.3), "weight", 0.5));
        put.accept("channels after channels", m -> Prune.randomStructured(Prune.lnStructured(m, "weight", 1, 1, 0), "weight", 0.5, 0));
        put.accept("channels after elements", m -> Prune.lnStructured(Prune.randomUnstructured(m, "weight", 0.5), "weight", 2, 2, 1));
        return all;
    }

    @TestFactory Stream<DynamicTest> parametrized_layers_compute_train_and_save_as_pythons() {
        return tests("parametrizations", parametrizations(), Parametrize::removeParametrizations);
    }

    @TestFactory Stream<DynamicTest> pruned_layers_compute_train_and_save_as_pythons() {
        return tests("prune", prunings(), Prune::remove);
    }

    private static Stream<DynamicTest> tests(String kind, Map<String, Case> java, BiConsumer<Module, String> remove) {
        JsonNode python = PYTHON.get(kind);
        assertThat(java).hasSize(python.size());
        return java.entrySet().stream().map(e -> dynamicTest(e.getKey(), () -> check(e.getValue(), python.get(e.getKey()), remove)));
    }

    private static void check(Case made, JsonNode python, BiConsumer<Module, String> remove) {
        Torch.manualSeed(7);
        try (Module m = made.make.get(); var generator = Generator.of(8); var scope = Scope.open()) {
            made.change.accept(m);
            Tensor x = Torch.randn(generator, DType.FLOAT32, Golden.longs(python.get("shape"))), y = x;
            for (int i = 0; i < python.get("calls").asInt(); i++) y = m.call(x);
            y.mul(Aten.linspace(-1, 2, y.numel()).viewAs(y)).sum().backward();
            Golden.assertFingerprint("output", y, python.get("output"), 1e-5);
            Map<String, Tensor> state = m.stateDict();
            assertThat(state.keySet()).containsExactlyElementsOf(names(python.get("state")));
            state.forEach((name, t) -> Golden.assertFingerprint(name, t, python.get("state").get(name),
                    name.endsWith("_mask") || name.endsWith("_orig") ? 0 : 1e-5));
            var gradients = new HashMap<String, Tensor>();
            m.namedParameters().forEach((name, p) -> { if (p.grad() != null) gradients.put(name, p.grad()); });
            assertThat(gradients.keySet()).containsExactlyInAnyOrderElementsOf(names(python.get("gradients")));
            gradients.forEach((name, g) -> Golden.assertFingerprint(name + "'s gradient", g, python.get("gradients").get(name), 2e-5, 0.1));
            String name = state.keySet().stream().anyMatch(k -> k.contains(".bias.")) ? "bias" : "weight";
            remove.accept(m, name);
            Golden.assertFingerprint("the weight without it", m.parameter(name), python.get("removed"), 1e-5);
        }
    }

    private static List<String> names(JsonNode object) {
        return Stream.iterate(object.fieldNames(), i -> i).limit(object.size()).map(i -> i.next()).toList();
    }

    private static <N extends BatchNorm> N statistics(N norm) {
        try (var generator = Generator.of(9); var noGrad = NoGrad.enter()) {
            norm.buffer("running_mean").normal_(0, 1, generator);
            norm.buffer("running_var").uniform_(0.5, 2, generator);
            norm.parameter("weight").normal_(0, 1, generator);
            norm.parameter("bias").normal_(0, 1, generator);
        }
        norm.eval();
        return norm;
    }

    @Test void fused_layers_have_pythons_weights() {
        NormOptions options = BatchNorm2d.options(4).eps(0.01);
        try (var norm = statistics(new BatchNorm2d(options)); var flat = statistics(new BatchNorm1d(options)); var scope = Scope.open()) {
            Map<String, Supplier<Module>> java = Map.of(
                    "conv", () -> fused(new Conv2d(Conv2d.options(3, 4, 3).bias(false)), c -> Fusion.fuseConvBnEval(c, norm)),
                    "conv with bias", () -> fused(new Conv2d(3, 4, 3), c -> Fusion.fuseConvBnEval(c, norm)),
                    "transposed", () -> fused(new ConvTranspose2d(3, 4, 3), c -> Fusion.fuseConvBnEval(c, norm)),
                    "linear", () -> fused(new Linear(3, 4), l -> Fusion.fuseLinearBnEval(l, flat)));
            assertThat(java.keySet()).containsExactlyInAnyOrderElementsOf(names(PYTHON.get("fusion")));
            java.forEach((name, make) -> {
                Torch.manualSeed(7);
                try (Module fused = make.get()) {
                    for (String part : List.of("weight", "bias"))
                        Golden.assertFingerprint(name + "'s " + part, fused.parameter(part), PYTHON.get("fusion").get(name).get(part),
                                1e-6);
                }
            });
        }
    }

    private static <M extends Module> M fused(M layer, java.util.function.UnaryOperator<M> fuse) {
        try (layer) {
            layer.eval();
            return fuse.apply(layer);
        }
    }

    @Test void two_inner_steps_of_maml_have_pythons_outer_loss_and_second_derivatives() {
        Torch.manualSeed(7);
        try (var net = new Sequential(new Linear(3, 8), new Tanh(), new Linear(8, 1)); var g = Generator.of(8); var scope = Scope.open()) {
            Tensor x = Torch.randn(g, DType.FLOAT32, 6, 3), y = Torch.randn(g, DType.FLOAT32, 6, 1);
            Tensor x2 = Torch.randn(g, DType.FLOAT32, 6, 3), y2 = Torch.randn(g, DType.FLOAT32, 6, 1);
            Map<String, Tensor> fast = net.namedParameters();
            for (int step = 0; step < 2; step++) {
                Tensor loss = Stateless.functionalCall(net, fast, x).sub(y).pow(2).mean();
                var gradients = Autograd.grad(List.of(loss), List.copyOf(fast.values()), null, true, true).iterator();
                var next = new LinkedHashMap<String, Tensor>();
                fast.forEach((name, p) -> next.put(name, p.sub(gradients.next(), 0.1)));
                fast = next;
            }
            Tensor outer = Stateless.functionalCall(net, fast, x2).sub(y2).pow(2).mean();
            outer.backward();
            assertThat(outer.itemDouble()).isCloseTo(PYTHON.get("maml").get("loss").asDouble(), Offset.offset(1e-6));
            net.namedParameters().forEach((name, p) -> Golden.assertFingerprint(name, Objects.requireNonNull(p.grad()),
                    PYTHON.get("maml").get("gradients").get(name), 1e-5, 0.1));
        }
    }
}
