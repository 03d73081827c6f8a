package panatorch.parity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongToDoubleFunction;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.optim.Adam;
import panatorch.optim.ChainedScheduler;
import panatorch.optim.ConstantLR;
import panatorch.optim.CosineAnnealingLR;
import panatorch.optim.CosineAnnealingWarmRestarts;
import panatorch.optim.CyclicLR;
import panatorch.optim.ExponentialLR;
import panatorch.optim.LRScheduler;
import panatorch.optim.LambdaLR;
import panatorch.optim.LinearLR;
import panatorch.optim.MultiStepLR;
import panatorch.optim.MultiplicativeLR;
import panatorch.optim.OneCycleLR;
import panatorch.optim.Optimizer;
import panatorch.optim.ParameterGroup;
import panatorch.optim.PolynomialLR;
import panatorch.optim.ReduceLROnPlateau;
import panatorch.optim.SGD;
import panatorch.optim.SWALR;
import panatorch.optim.SequentialLR;
import panatorch.optim.StepLR;

/** Learning rates and momenta of all schedulers against Python's; {@code src/test/python/schedulers.py} made and explains them. */
@NoTensorLeaks
class SchedulersTest {
    @TestFactory Stream<DynamicTest> the_rates_are_pythons() {
        return each((c, optimizer) -> {
            Stepped s = scheduler(c, optimizer);
            check(c, optimizer, 0);
            for (int t = 1; t < c.get("lr").size(); t++) {
                s.step(t - 1);
                check(c, optimizer, t);
            }
        });
    }

    @TestFactory Stream<DynamicTest> pythons_state_dict_is_continued() {
        return each((c, optimizer) -> {
            Stepped s = scheduler(c, optimizer);
            s.load(map(c.get("state")));
            load(optimizer, c.get("groups"));
            for (int t = 21; t < c.get("lr").size(); t++) {
                s.step(t - 1);
                check(c, optimizer, t);
            }
        });
    }

    @TestFactory Stream<DynamicTest> javas_own_state_dict_is_continued() {
        return each((c, optimizer) -> {
            Stepped s = scheduler(c, optimizer);
            for (int t = 1; t <= 20; t++) s.step(t - 1);
            try (Optimizer other = optimizer(c)) {
                Stepped resumed = scheduler(c, other);
                resumed.load(s.state());
                other.loadStateDict(optimizer.stateDict());
                for (int t = 21; t < c.get("lr").size(); t++) {
                    resumed.step(t - 1);
                    check(c, other, t);
                }
            }
        });
    }

    private interface Check { void run(JsonNode c, Optimizer optimizer); }

    private static Stream<DynamicTest> each(Check check) {
        return StreamSupport.stream(Golden.read("schedulers.json").spliterator(), false)
                .map(c -> DynamicTest.dynamicTest(c.get("name").asText(), () -> {
                    try (var scope = Scope.open(); Optimizer optimizer = optimizer(c)) {
                        check.run(c, optimizer);
                    }
                }));
    }

    private static void check(JsonNode c, Optimizer optimizer, int t) {
        for (int i = 0; i < 2; i++) {
            ParameterGroup g = optimizer.groups().get(i);
            close("rate " + t, g.learningRate(), c.get("lr").get(t).get(i));
            if (c.has("momentum"))
                close("momentum " + t, g.get("betas") instanceof List<?> betas ? (Double) betas.getFirst() : g.number("momentum"),
                        c.get("momentum").get(t).get(i));
        }
    }

    private static void close(String what, double actual, JsonNode expected) {
        Golden.assertClose(what, new double[] {actual}, new double[] {expected.asDouble()}, 1e-16, 1e-12);
    }

    private static Optimizer optimizer(JsonNode c) {
        List<Tensor> a = List.of(Torch.zeros(1)), b = List.of(Torch.zeros(1));
        boolean adam = c.get("optimizer").asText().equals("Adam");
        Optimizer optimizer = adam ? new Adam(a, Adam.options(0.1)) : new SGD(a, SGD.options(0.1).momentum(0.9));
        optimizer.addParamGroup(b, adam ? Adam.options(0.02) : SGD.options(0.02).momentum(0.9));
        return optimizer;
    }

    /** Only the groups: there are no gradients, and so no state. */
    private static void load(Optimizer optimizer, JsonNode groups) {
        var state = new LinkedHashMap<String, Object>();
        state.put("state", Map.of());
        state.put("param_groups", new ObjectMapper().convertValue(groups, List.class));
        optimizer.loadStateDict(state);
    }

    @SuppressWarnings("unchecked") private static Map<String, Object> map(JsonNode node) {
        return new ObjectMapper().convertValue(node, Map.class);
    }

    // ---- schedulers of JSON

    /** What a scheduler and a plateau's have in common. */
    private interface Stepped {
        void step(int t);

        Map<String, Object> state();

        void load(Map<String, Object> state);
    }

    private static Stepped scheduler(JsonNode c, Optimizer optimizer) {
        JsonNode o = c.get("options");
        if (!c.get("scheduler").asText().equals("ReduceLROnPlateau")) {
            LRScheduler s = scheduler(optimizer, c.get("scheduler").asText(), o, c.path("parts"));
            return new Stepped() {
                @Override public void step(int t) { s.step(); }
                @Override public Map<String, Object> state() { return s.stateDict(); }
                @Override public void load(Map<String, Object> state) { s.loadStateDict(state); }
            };
        }
        boolean absolute = o.path("threshold_mode").asText().equals("abs"), maximize = o.path("mode").asText().equals("max");
        var plateau = new ReduceLROnPlateau(optimizer,
                new ReduceLROnPlateau.Options(maximize, o.path("factor").asDouble(0.1), o.path("patience").asLong(10),
                        o.path("threshold").asDouble(1e-4), absolute, o.path("cooldown").asLong(), List.of(o.path("min_lr").asDouble()),
                        1e-8));
        return new Stepped() {
            @Override public void step(int t) {
                double m = 1.0 / (1 + t) + 0.3 * ((7 * t) % 5 - 2) / (t + 4);
                plateau.step(m * (absolute ? 1e3 : 1) * (maximize ? -1 : 1));
            }
            @Override public Map<String, Object> state() { return plateau.stateDict(); }
            @Override public void load(Map<String, Object> state) { plateau.loadStateDict(state); }
        };
    }

    private static LRScheduler scheduler(Optimizer optimizer, String name, JsonNode o, JsonNode parts) {
        var inner = new ArrayList<LRScheduler>();
        parts.forEach(p -> inner.add(scheduler(optimizer, p.get("scheduler").asText(), p.get("options"), p.path("parts"))));
        double gamma = o.path("gamma").asDouble(0.1);
        return switch (name) {
            case "LambdaLR" -> new LambdaLR(optimizer, functions(o.get("lambda")));
            case "MultiplicativeLR" -> new MultiplicativeLR(optimizer, functions(o.get("lambda")));
            case "StepLR" -> new StepLR(optimizer, o.get("step_size").asLong(), gamma);
            case "MultiStepLR" -> new MultiStepLR(optimizer, gamma, Golden.longs(o.get("milestones")));
            case "ConstantLR" -> new ConstantLR(optimizer, o.path("factor").asDouble(1.0 / 3), o.path("total_iters").asLong(5));
            case "LinearLR" -> new LinearLR(optimizer, o.path("start_factor").asDouble(1.0 / 3), o.path("end_factor").asDouble(1),
                    o.path("total_iters").asLong(5));
            case "ExponentialLR" -> new ExponentialLR(optimizer, gamma);
            case "PolynomialLR" -> new PolynomialLR(optimizer, o.get("total_iters").asLong(), o.path("power").asDouble(1));
            case "CosineAnnealingLR" -> new CosineAnnealingLR(optimizer, o.get("T_max").asLong(), o.path("eta_min").asDouble());
            case "CosineAnnealingWarmRestarts" -> new CosineAnnealingWarmRestarts(optimizer, o.get("T_0").asLong(),
                    o.path("T_mult").asLong(1), o.path("eta_min").asDouble());
            case "CyclicLR" -> new CyclicLR(optimizer, cyclic(o));
            case "OneCycleLR" -> new OneCycleLR(optimizer, oneCycle(o));
            case "SWALR" -> new SWALR(optimizer, o.get("swa_lr").asDouble(), o.path("anneal_epochs").asLong(10),
                    o.path("anneal_strategy").asText().equals("linear"));
            case "SequentialLR" -> new SequentialLR(optimizer, inner, Golden.longs(o.get("milestones")));
            case "ChainedScheduler" -> new ChainedScheduler(inner);
            default -> throw new AssertionError(name);
        };
    }

    private static List<LongToDoubleFunction> functions(JsonNode node) {
        var all = new ArrayList<LongToDoubleFunction>();
        for (JsonNode f : node.isArray() ? node : List.of(node)) {
            all.add(switch (f.asText()) {
                case "1/(1+t/10)" -> t -> 1 / (1 + t / 10.0);
                case "0.98^t" -> t -> Math.pow(0.98, t);
                case "0.95" -> t -> 0.95;
                default -> throw new AssertionError(f);
            });
        }
        return all;
    }

    private static List<Double> rates(JsonNode node) {
        if (!node.isArray()) return List.of(node.asDouble());
        return java.util.Arrays.stream(Golden.numbers(node)).boxed().toList();
    }

    private static CyclicLR.Options cyclic(JsonNode o) {
        long up = o.get("step_size_up").asLong();
        CyclicLR.Options options = CyclicLR.options(0, 0).bounds(rates(o.get("base_lr")), rates(o.get("max_lr")))
                .steps(up, o.path("step_size_down").asLong(up))
                .cycleMomentum(o.path("cycle_momentum").asBoolean(true))
                .momentum(o.path("base_momentum").asDouble(0.8), o.path("max_momentum").asDouble(0.9));
        return switch (o.path("mode").asText()) {
            case "triangular2" -> options.triangular2();
            case "exp_range" -> options.expRange(o.get("gamma").asDouble());
            default -> options;
        };
    }

    private static OneCycleLR.Options oneCycle(JsonNode o) {
        return new OneCycleLR.Options(rates(o.get("max_lr")), o.get("total_steps").asLong(), o.path("pct_start").asDouble(0.3),
                o.path("anneal_strategy").asText().equals("linear"),
                o.path("cycle_momentum").asBoolean(true), o.path("base_momentum").asDouble(0.85), o.path("max_momentum").asDouble(0.95),
                o.path("div_factor").asDouble(25),
                o.path("final_div_factor").asDouble(1e4), o.path("three_phase").asBoolean());
    }
}
