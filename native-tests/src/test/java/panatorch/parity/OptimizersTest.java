package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.IntToDoubleFunction;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.optim.ASGD;
import panatorch.optim.Adadelta;
import panatorch.optim.Adafactor;
import panatorch.optim.Adagrad;
import panatorch.optim.Adam;
import panatorch.optim.AdamW;
import panatorch.optim.Adamax;
import panatorch.optim.LBFGS;
import panatorch.optim.Muon;
import panatorch.optim.NAdam;
import panatorch.optim.Optimizer;
import panatorch.optim.RAdam;
import panatorch.optim.RMSprop;
import panatorch.optim.Rprop;
import panatorch.optim.SGD;
import panatorch.optim.SparseAdam;

/** Trajectories and state dicts of all optimisers against Python's; {@code src/test/python/optimizers.py} made and explains them. */
@NoTensorLeaks
class OptimizersTest {
    @BeforeAll static void the_same_instructions() { Golden.assumeSameInstructions(); }

    @TestFactory Stream<DynamicTest> the_parameters_move_as_in_python() { return each(OptimizersTest::trajectory); }

    @TestFactory Stream<DynamicTest> a_state_dict_equals_pythons_entry_by_entry() { return each(OptimizersTest::state); }

    @TestFactory Stream<DynamicTest> pythons_state_dict_is_continued() { return each(OptimizersTest::resumed); }

    private interface Check { void run(JsonNode c, Optimizer optimizer, List<Tensor> parameters); }

    private static Stream<DynamicTest> each(Check check) {
        return StreamSupport.stream(Golden.read("optimizers.json").spliterator(), false)
                .map(c -> DynamicTest.dynamicTest(c.get("name").asText(), () -> {
                    try (var scope = Scope.open()) {
                        List<Tensor> parameters = start(c);
                        try (Optimizer optimizer = optimizer(c, parameters)) {
                            check.run(c, optimizer, parameters);
                        }
                    }
                }));
    }

    private static void trajectory(JsonNode c, Optimizer optimizer, List<Tensor> parameters) {
        int every = every(c), t = 0;
        for (JsonNode expected : c.get("trajectory")) {
            for (int i = 0; i < every; i++) step(optimizer, parameters, t++);
            assertParameters(c, "after step " + t, parameters, expected);
        }
    }

    private static void state(JsonNode c, Optimizer optimizer, List<Tensor> parameters) {
        for (int t = 0; t < middle(c); t++) step(optimizer, parameters, t);
        assertSame(c, "", optimizer.stateDict(), c.get("state"));
    }

    /** From the parameters of Java's own first half: only the state is Python's. */
    private static void resumed(JsonNode c, Optimizer optimizer, List<Tensor> parameters) {
        for (int t = 0; t < middle(c); t++) step(optimizer, parameters, t);
        try (Optimizer other = optimizer(c, parameters)) {
            @SuppressWarnings("unchecked") var state = (Map<String, Object>) value(c.get("state"), false);
            other.loadStateDict(state);
            for (int t = middle(c); t < every(c) * c.get("trajectory").size(); t++) step(other, parameters, t);
            assertParameters(c, "at the end", parameters, c.get("resumed"));
        }
    }

    private static int every(JsonNode c) { return c.get("optimizer").asText().equals("LBFGS") ? 2 : 5; }

    private static int middle(JsonNode c) { return c.get("optimizer").asText().equals("LBFGS") ? 6 : 25; }

    // ---- the task

    static List<Tensor> start(JsonNode c) {
        var all = new ArrayList<Tensor>();
        for (JsonNode shape : c.get("shapes")) {
            int k = all.size();
            all.add(elements(Golden.longs(shape), i -> ((5 * i + 3 * k) % 11 - 5) / 7.0,
                    DType.valueOf(c.get("dtype").asText().toUpperCase(java.util.Locale.ROOT))).requiresGrad_(true));
        }
        return all;
    }

    private static Tensor elements(long[] shape, IntToDoubleFunction value, DType dtype) {
        int n = (int) java.util.Arrays.stream(shape).reduce(1, (a, b) -> a * b);
        return Torch.tensor(IntStream.range(0, n).mapToDouble(value).toArray()).to(dtype).reshape(shape);
    }

    static Tensor gradient(Tensor p, int k, int t) {
        return elements(p.shape(), i -> ((7 * i + 13 * t + 5 * k) % 19 - 9) / 10.0, p.dtype());
    }

    private static void step(Optimizer optimizer, List<Tensor> parameters, int t) {
        try (var scope = Scope.open()) {
            if (optimizer instanceof LBFGS) {
                optimizer.step((Supplier<Tensor>) () -> loss(optimizer, parameters));
                return;
            }
            for (int k = 0; k < parameters.size(); k++) {
                Tensor p = parameters.get(k);
                Tensor g = gradient(p, k, t);
                if (optimizer instanceof SparseAdam) g = sparse(g, t);
                p.setGrad(k == 1 && t % 5 == 3 ? null : g);
            }
            optimizer.step();
        }
    }

    /** Without every other row. */
    private static Tensor sparse(Tensor g, int t) {
        Tensor rows = Torch.arange(g.size(0)).add(t).add(1).remainder(2).to(g.dtype()).unsqueeze(1);
        return g.mul(rows).toSparse(1L);
    }

    static Tensor loss(Optimizer optimizer, List<Tensor> parameters) {
        optimizer.zeroGrad();
        Tensor loss = Torch.scalar(0);
        for (int k = 0; k < parameters.size(); k++) {
            Tensor p = parameters.get(k), w = Torch.arange(p.numel()).remainder(3).add(1).to(p.dtype()).reshape(p.shape());
            loss = loss.add(p.sub(gradient(p, k, 0)).pow(2).mul(w).sum().div(2)).add(p.pow(4).sum().div(10));
        }
        loss.backward();
        return loss;
    }

    // ---- options of JSON

    private static Optimizer optimizer(JsonNode c, List<Tensor> parameters) {
        JsonNode o = c.get("options");
        BiFunction<List<Tensor>, Record, Optimizer> make = switch (c.get("optimizer").asText()) {
            case "SGD" -> (p, r) -> new SGD(p, (SGD.Options) r);
            case "Adam" -> (p, r) -> new Adam(p, (Adam.Options) r);
            case "AdamW" -> (p, r) -> new AdamW(p, (Adam.Options) r);
            case "Adagrad" -> (p, r) -> new Adagrad(p, (Adagrad.Options) r);
            case "RMSprop" -> (p, r) -> new RMSprop(p, (RMSprop.Options) r);
            case "Adadelta" -> (p, r) -> new Adadelta(p, (Adadelta.Options) r);
            case "Adamax" -> (p, r) -> new Adamax(p, (Adamax.Options) r);
            case "NAdam" -> (p, r) -> new NAdam(p, (NAdam.Options) r);
            case "RAdam" -> (p, r) -> new RAdam(p, (RAdam.Options) r);
            case "ASGD" -> (p, r) -> new ASGD(p, (ASGD.Options) r);
            case "Rprop" -> (p, r) -> new Rprop(p, (Rprop.Options) r);
            case "Adafactor" -> (p, r) -> new Adafactor(p, (Adafactor.Options) r);
            case "SparseAdam" -> (p, r) -> new SparseAdam(p, (SparseAdam.Options) r);
            case "Muon" -> (p, r) -> new Muon(p, (Muon.Options) r);
            case "LBFGS" -> (p, r) -> new LBFGS(p, (LBFGS.Options) r);
            default -> throw new AssertionError(c.get("optimizer"));
        };
        if (!c.has("second")) return make.apply(parameters, options(c, o));
        int half = parameters.size() / 2;
        Optimizer optimizer = make.apply(parameters.subList(0, half), options(c, o));
        optimizer.addParamGroup(parameters.subList(half, parameters.size()), options(c, c.get("second")));
        return optimizer;
    }

    private static Record options(JsonNode c, JsonNode o) {
        double lr = o.get("lr").asDouble();
        Record defaults = switch (c.get("optimizer").asText()) {
            case "SGD" -> SGD.options(lr);
            case "Adam" -> Adam.options(lr);
            case "AdamW" -> AdamW.options(lr);
            case "Adagrad" -> Adagrad.options(lr);
            case "RMSprop" -> RMSprop.options(lr);
            case "Adadelta" -> Adadelta.options(lr);
            case "Adamax" -> Adamax.options(lr);
            case "NAdam" -> NAdam.options(lr);
            case "RAdam" -> RAdam.options(lr);
            case "ASGD" -> ASGD.options(lr);
            case "Rprop" -> Rprop.options(lr);
            case "Adafactor" -> Adafactor.options(lr);
            case "SparseAdam" -> SparseAdam.options(lr);
            case "Muon" -> Muon.options(lr);
            case "LBFGS" -> LBFGS.options(lr);
            default -> throw new AssertionError(c.get("optimizer"));
        };
        return Withers.apply(defaults, o);
    }

    // ---- states of JSON

    private static DType dtype(JsonNode node) { return DType.valueOf(node.get("dtype").asText().toUpperCase(java.util.Locale.ROOT)); }

    private static @Nullable Object value(JsonNode node, boolean byIndex) {
        if (node.isNull()) return null;
        if (node.isBoolean()) return node.asBoolean();
        if (node.isTextual()) return node.asText();
        if (node.isIntegralNumber()) return node.asLong();
        if (node.isNumber()) return node.asDouble();
        if (node.isArray())
            return StreamSupport.stream(node.spliterator(), false).collect(ArrayList<@Nullable Object>::new,
                    (l, v) -> l.add(value(v, false)), ArrayList::addAll);
        if (node.has("values"))
            return Torch.tensor(Golden.numbers(node.get("values"))).to(dtype(node)).reshape(Golden.longs(node.get("shape")));
        var map = new LinkedHashMap<Object, @Nullable Object>();
        node.properties().forEach(
                e -> map.put(byIndex ? (Object) Long.valueOf(e.getKey()) : e.getKey(), value(e.getValue(), e.getKey().equals("state"))));
        return map;
    }

    private static void assertSame(JsonNode c, String where, @Nullable Object actual, JsonNode expected) {
        if (actual instanceof Map<?, ?> map) {
            assertThat(map.keySet().stream().map(Object::toString)).as(where)
                    .containsExactlyInAnyOrderElementsOf(expected.properties().stream().map(Map.Entry::getKey).toList());
            map.forEach((k, v) -> assertSame(c, where + "/" + k, v, expected.get(k.toString())));
        } else if (actual instanceof List<?> list) {
            assertThat(list).as(where).hasSize(expected.size());
            for (int i = 0; i < list.size(); i++) assertSame(c, where + "/" + i, list.get(i), expected.get(i));
        } else if (actual instanceof Tensor t) {
            assertThat(t.dtype()).as(where).isEqualTo(dtype(expected));
            assertThat(t.shape()).as(where).isEqualTo(Golden.longs(expected.get("shape")));
            assertNumbers(c, where, t.to(DType.FLOAT64).toDoubleArray(), Golden.numbers(expected.get("values")), t.dtype());
        } else if (actual instanceof Number n && expected.isNumber()) {
            assertNumbers(c, where, new double[] {n.doubleValue()}, new double[] {expected.asDouble()}, DType.FLOAT64);
        } else {
            assertThat(actual).as(where).isEqualTo(value(expected, false));
        }
    }

    private static void assertParameters(JsonNode c, String when, List<Tensor> parameters, JsonNode expected) {
        try (var scope = Scope.open()) {
            Tensor all = Aten.cat(parameters.stream().map(p -> p.detach().flatten()).toList());
            assertNumbers(c, when, all.to(DType.FLOAT64).toDoubleArray(), Golden.numbers(expected), all.dtype());
        }
    }

    private static void assertNumbers(JsonNode c, String what, double[] actual, double[] expected, DType dtype) {
        double largest = java.util.Arrays.stream(expected).map(Math::abs).max().orElse(0);
        boolean single = dtype == DType.FLOAT32 || c.get("dtype").asText().equals("float32");
        boolean lbfgs = c.get("optimizer").asText().equals("LBFGS");
        double tolerance = !single ? 1e-12 : lbfgs ? 1e-4 : 1e-6;
        Golden.assertClose(what, actual, expected, Math.max(1, largest) * tolerance, 0);
    }
}
