package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.junit.NoTensorLeaks;
import panatorch.optim.Adan;
import panatorch.optim.AdamW;
import panatorch.optim.LAMB;
import panatorch.optim.LARS;
import panatorch.optim.Lion;
import panatorch.optim.Lookahead;
import panatorch.optim.Optimizer;
import panatorch.optim.SAM;
import panatorch.optim.SGD;

/**
 * Trajectories and states of the optimisers that timm has, and of SAM; {@code src/test/python/timm_optimizers.py} made and explains them.
 */
@NoTensorLeaks
class TimmOptimizersTest {
    private static final int STEPS = 10;

    @BeforeAll static void the_same_instructions() { Golden.assumeSameInstructions(); }

    @TestFactory Stream<DynamicTest> the_parameters_and_states_move_as_in_python() {
        return each((c, parameters) -> {
            try (Optimizer optimizer = optimizer(c, parameters)) {
                for (int t = 0; t < STEPS; t++) {
                    step(c, optimizer, parameters, t);
                    if (t % 2 == 1) assertEqual(c, "after step " + (t + 1), all(parameters), c.get("trajectory").get(t / 2));
                }
                var states = (Map<?, ?>) optimizer.stateDict().get("state");
                c.get("state").properties().forEach(p -> p.getValue().properties().forEach(s -> {
                    var state = (Map<?, ?>) states.get(Long.valueOf(p.getKey()));
                    assertThat(state.get(s.getKey())).as("%s of parameter %s", s.getKey(), p.getKey()).isInstanceOf(Tensor.class);
                    assertEqual(c, s.getKey() + " of parameter " + p.getKey(), (Tensor) state.get(s.getKey()),
                            s.getValue().get("values"));
                }));
            }
        });
    }

    @TestFactory Stream<DynamicTest> another_optimiser_that_loads_the_state_continues_to_the_bit() {
        return each((c, parameters) -> {
            List<Tensor> others = start(c);
            try (Optimizer whole = optimizer(c, parameters); Optimizer first = optimizer(c, others);
                    Optimizer second = optimizer(c, others)) {
                for (int t = 0; t < STEPS; t++) {
                    if (t == 5) second.loadStateDict(first.stateDict());
                    step(c, whole, parameters, t);
                    step(c, t < 5 ? first : second, others, t);
                }
                for (int k = 0; k < others.size(); k++)
                    assertThat(others.get(k).torchEquals(parameters.get(k))).as("parameter %s", k).isTrue();
            }
        });
    }

    private interface Check { void run(JsonNode c, List<Tensor> parameters); }

    private static Stream<DynamicTest> each(Check check) {
        return StreamSupport.stream(Golden.read("timm_optimizers.json").spliterator(), false)
                .map(c -> DynamicTest.dynamicTest(c.get("name").asText(), () -> {
                    try (var scope = Scope.open()) {
                        check.run(c, start(c));
                    }
                }));
    }

    private static List<Tensor> start(JsonNode c) {
        List<Tensor> parameters = OptimizersTest.start(c);
        try (var noGrad = NoGrad.enter()) {
            parameters.get(c.get("zero").asInt()).zero_();
        }
        return parameters;
    }

    private static void step(JsonNode c, Optimizer optimizer, List<Tensor> parameters, int t) {
        try (var scope = Scope.open()) {
            if (optimizer instanceof SAM) {
                optimizer.step(() -> OptimizersTest.loss(optimizer, parameters));
                return;
            }
            for (int k = 0; k < parameters.size(); k++) {
                boolean missing = c.get("missing").asBoolean() && k == 1 && t % 5 == 3;
                parameters.get(k).setGrad(missing ? null : OptimizersTest.gradient(parameters.get(k), k, t));
            }
            optimizer.step();
        }
    }

    private static Optimizer optimizer(JsonNode c, List<Tensor> parameters) {
        JsonNode o = c.get("options"), second = c.get("second");
        int half = parameters.size() / 2;
        List<Tensor> p = parameters.subList(0, half);
        double lr = o.get("lr").asDouble(), lr2 = second.get("lr").asDouble();
        Record others;
        Optimizer optimizer;
        switch (c.get("optimizer").asText()) {
            case "Lion" -> {
                optimizer = new Lion(p, Withers.apply(Lion.options(lr), o));
                others = Withers.apply(Lion.options(lr2), second);
            }
            case "LAMB" -> {
                optimizer = new LAMB(p, Withers.apply(LAMB.options(lr), o));
                others = Withers.apply(LAMB.options(lr2), second);
            }
            case "LARS" -> {
                optimizer = new LARS(p, Withers.apply(LARS.options(lr), o));
                others = Withers.apply(LARS.options(lr2), second);
            }
            case "Adan" -> {
                optimizer = new Adan(p, Withers.apply(Adan.options(lr), o));
                others = Withers.apply(Adan.options(lr2), second);
            }
            case "SGD" -> {
                optimizer = new SGD(p, Withers.apply(SGD.options(lr), o));
                others = Withers.apply(SGD.options(lr2), second);
            }
            default -> {
                optimizer = new AdamW(p, Withers.apply(AdamW.options(lr), o));
                others = Withers.apply(AdamW.options(lr2), second);
            }
        }
        String wrapper = c.path("wrapper").asText();
        if (wrapper.equals("Lookahead")) optimizer = new Lookahead(optimizer, Withers.apply(Lookahead.options(), c.get("settings")));
        if (wrapper.equals("SAM")) optimizer = new SAM(optimizer, Withers.apply(SAM.options(), c.get("settings")));
        optimizer.addParamGroup(parameters.subList(half, parameters.size()), others);
        return optimizer;
    }

    private static Tensor all(List<Tensor> parameters) { return Aten.cat(parameters.stream().map(p -> p.detach().flatten()).toList()); }

    private static void assertEqual(JsonNode c, String what, Tensor actual, JsonNode expected) {
        double[] numbers = Golden.numbers(expected);
        double largest = java.util.Arrays.stream(numbers).map(Math::abs).max().orElse(0);
        Golden.assertClose(what, actual.to(DType.FLOAT64).toDoubleArray(), numbers,
                Math.max(1, largest) * (c.get("dtype").asText().equals("float64") ? 1e-12 : 1e-6), 0);
    }
}
