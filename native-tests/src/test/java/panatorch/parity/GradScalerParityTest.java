package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.amp.GradScaler;
import panatorch.junit.NoTensorLeaks;
import panatorch.optim.Adam;
import panatorch.optim.ClipGrad;
import panatorch.optim.Optimizer;
import panatorch.optim.SGD;

/** GradScaler against Python's, step by step; {@code src/test/python/grad_scaler.py} made and explains the numbers. */
@NoTensorLeaks
class GradScalerParityTest {
    @TestFactory Stream<DynamicTest> scales_and_steps_are_pythons() { return each(false); }

    @TestFactory Stream<DynamicTest> pythons_state_dict_is_continued() { return each(true); }

    private static Stream<DynamicTest> each(boolean resumed) {
        return StreamSupport.stream(Golden.read("grad_scaler.json").spliterator(), false)
                .map(c -> DynamicTest.dynamicTest(c.get("name").asText(), () -> {
                    try (var scope = Scope.open()) {
                        replay(c, resumed);
                    }
                }));
    }

    private static void replay(JsonNode c, boolean resumed) throws IOException {
        List<Tensor> params = List.of(parameter(0), parameter(1));
        boolean fused = c.get("fused").asBoolean();
        GradScaler scaler = new GradScaler(Withers.apply(GradScaler.options(), c.get("options")));
        try (var sgd = new SGD(params.subList(0, 1), SGD.options(0.1).momentum(0.9).fused(fused));
                var adam = new Adam(params.subList(1, 2), Adam.options(0.01).fused(fused))) {
            for (int t = 0; t < c.get("scale").size(); t++) {
                if (t == 20 && resumed) {
                    var mapper = new ObjectMapper();
                    assertThat(mapper.readTree(mapper.writeValueAsString(scaler.stateDict()))).isEqualTo(c.get("state"));
                    scaler.close();
                    scaler = new GradScaler(GradScaler.options().enabled(scaler.isEnabled()));
                    @SuppressWarnings("unchecked") Map<String, Object> state = new ObjectMapper().convertValue(c.get("state"), Map.class);
                    scaler.loadStateDict(state);
                }
                step(c, scaler, params, List.of(sgd, adam), t);
            }
        } finally {
            scaler.close();
        }
    }

    private static void step(JsonNode c, GradScaler scaler, List<Tensor> params, List<Optimizer> optimizers, int t) {
        try (var scope = Scope.open()) {
            assertThat(scaler.scale(Torch.scalar(1.5)).itemDouble()).as("scaled at " + t).isEqualTo(c.get("scaled").get(t).asDouble());
            for (int k = 0; k < 2; k++) params.get(k).setGrad(gradient(scaler, k, t));
            if (c.get("unscale").asBoolean()) {
                scaler.unscale_(optimizers.getFirst());
                ClipGrad.value_(params.subList(0, 1), 0.5);
            }
            optimizers.forEach(scaler::step);
            boolean set = false;
            for (JsonNode s : c.get("set")) set |= s.asInt() == t;
            if (set) scaler.update(1000);
            else scaler.update();
            assertThat(scaler.currentScale()).as("scale after " + t).isEqualTo(c.get("scale").get(t).asDouble());
            Object tracker = scaler.stateDict().getOrDefault("_growth_tracker", 0L);
            assertThat(tracker).as("growth tracker after " + t).isEqualTo(c.get("tracker").get(t).asLong());
            JsonNode parameters = c.get("parameters").get(t / 4);
            for (int k = 0; k < 2 && t % 4 == 3; k++) {
                Golden.assertClose("parameter " + k + " after " + t, params.get(k).detach().toDoubleArray(),
                        Golden.numbers(parameters.get(k)), 1e-6, 1e-6);
            }
        }
    }

    private static Tensor parameter(int k) {
        var values = new double[4];
        for (int i = 0; i < 4; i++) values[i] = (i - 1) / 2.0 + k / 4.0;
        return Torch.tensor(values).to(DType.FLOAT32).requiresGrad_(true);
    }

    private static Tensor gradient(GradScaler scaler, int k, int t) {
        var g = new double[4];
        for (int i = 0; i < 4; i++) g[i] = scaler.currentScale() * (((7 * i + 13 * t + 5 * k) % 19 - 9) / 10.0);
        if (scaler.isEnabled() && k == 0 && t % 9 == 4) g[2] = Double.POSITIVE_INFINITY;
        if (scaler.isEnabled() && k == 1 && t % 13 == 6) g[2] = Double.NaN;
        return Torch.tensor(g).to(DType.FLOAT32);
    }
}
