package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Dropout;
import panatorch.nn.Sequential;
import panatorch.nn.dropout.gyro.GyroDropout;
import panatorch.nn.dropout.gyro.GyroOptions;
import panatorch.nn.dropout.gyro.GyroSchedule;

/** Composer's arithmetic on recorded banks and selections; {@code src/test/python/gyro.py} made and explains them. */
@NoTensorLeaks
class GyroTest {
    private static Stream<JsonNode> each(String list) {
        return StreamSupport.stream(Golden.read("gyro.json").get(list).spliterator(), false);
    }

    private static GyroSchedule schedule(JsonNode c) {
        return GyroSchedule.composer(c.get("sigma").asInt(), c.get("tau").asInt(), c.get("iterations").asLong(), c.get("epochs").asLong(),
                1);
    }

    private static String name(JsonNode c) {
        return c.get("iterations") + " × " + c.get("epochs") + ", " + c.get("sigma") + " and " + c.get("tau");
    }

    @TestFactory Stream<DynamicTest> selections_change_at_the_published_steps() {
        return each("periods").map(c -> DynamicTest.dynamicTest(name(c), () -> {
            try (var schedule = schedule(c); var layer = new Dropout(0.5); var scope = Scope.open()) {
                GyroDropout.replaceIn(layer, schedule);
                assertThat(schedule.period()).isEqualTo(c.get("period").asLong());
                var changes = new ArrayList<Long>();
                Tensor x = Torch.ones(c.get("tau").asLong(), 1);
                long[] before = {};
                for (long t = 0; t < c.get("iterations").asLong() * c.get("epochs").asLong(); t++) {
                    long[] active = schedule.active();
                    if (!Arrays.equals(active, before)) changes.add(t);
                    before = active;
                    try (var step = Scope.open()) {
                        layer.call(x);
                    }
                }
                assertThat(changes).hasSize(schedule.selections()).containsExactlyElementsOf(
                        StreamSupport.stream(c.get("reselections").spliterator(), false).map(JsonNode::asLong).toList());
            }
        }));
    }

    @TestFactory Stream<DynamicTest> outputs_are_the_published_ones_bit_for_bit() {
        return each("cases").map(c -> DynamicTest.dynamicTest(name(c), () -> {
            try (var schedule = schedule(c); var a = new Dropout(0.9); var b = new Dropout(0.1); var model = new Sequential(a, b);
                    var scope = Scope.open()) {
                GyroDropout.replaceIn(model, schedule, GyroOptions.DEFAULT.p(c.get("p").asDouble())); // one for all layers
                long batch = c.get("batch").asLong(), width = c.get("width").asLong();
                var banks = new HashMap<String, Tensor>();
                var order = new ArrayList<Long>();
                for (int i = 0; i < 2; i++) {
                    JsonNode layer = c.get("layers").get(i);
                    banks.put(i + ".masks.bank", tensor(layer.get("pool")).view(-1, width));
                    layer.get("selections").forEach(s -> s.forEach(k -> order.add(k.asLong())));
                    assertThat(layer.get("selections")).hasSize(schedule.selections());
                }
                model.loadStateDict(banks);
                Map<String, Object> state = new HashMap<>(schedule.stateDict());
                state.put("order", Torch.tensor(order.stream().mapToLong(k -> k).toArray()));
                schedule.loadStateDict(state);
                Tensor x = tensor(c.get("input")).view(batch, width);
                for (int t = 0; t < c.get("iterations").asInt() * c.get("epochs").asInt(); t++) {
                    Tensor input = x.mul(1 + t);
                    for (int i = 0; i < 2; i++) {
                        Tensor expected = tensor(c.get("layers").get(i).get("output").get(t)).view(batch, width);
                        assertThat((i == 0 ? a : b).call(input).torchEquals(expected)).as("layer %d, step %d", i, t).isTrue();
                    }
                    schedule.advance(); // means nothing here
                }
            }
        }));
    }

    private static Tensor tensor(JsonNode values) {
        double[] v = Golden.numbers(values);
        var f = new float[v.length];
        for (int i = 0; i < f.length; i++) f[i] = (float) v[i];
        return Torch.tensor(f);
    }
}
