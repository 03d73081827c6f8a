package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.DropoutLayer;
import panatorch.nn.MaskSource;
import panatorch.nn.dropout.DropBlock2d;
import panatorch.nn.dropout.DropBlock3d;
import panatorch.nn.dropout.StochasticDepth;

/** Layers of torchvision and timm with the masks that Python drew; {@code src/test/python/dropout.py} made and explains the numbers. */
@NoTensorLeaks
class DropoutParityTest {
    @TestFactory Stream<DynamicTest> the_same_masks_give_pythons_outputs_and_gradients() {
        return StreamSupport.stream(Golden.read("dropout.json").spliterator(), false)
                .map(c -> DynamicTest.dynamicTest(c.get("name").asText() + c.get("options"), () -> replay(c)));
    }

    private static void replay(JsonNode c) {
        try (var layer = layer(c.get("name").asText(), c.get("options")); var scope = Scope.open()) {
            Tensor x = Golden.tensor(c.get("input")).requiresGrad_(true), drawn = Golden.tensor(c.get("draws"));
            boolean drops = c.get("name").asText().startsWith("DropBlock");
            layer.setMasks(MaskSource.given(drops ? drawn.eq(0) : drawn));
            Tensor y = layer.forward(layer.toString().contains("inplace=True") ? x.clone() : x);
            Golden.assertClose("output", y.toDoubleArray(), Golden.numbers(c.get("output")), 1e-6, 1e-6);
            y.flatten().mul(Torch.arange(y.numel(), DType.FLOAT32).cos()).sum().backward();
            Golden.assertClose("gradient", x.grad().toDoubleArray(), Golden.numbers(c.get("grad")), 1e-6, 1e-6);
            layer.eval();
            assertThat(layer.forward(x).torchEquals(x)).isTrue();
        }
    }

    private static DropoutLayer layer(String name, JsonNode o) {
        double p = o.get(0).asDouble(), eps = o.path(3).asDouble(1e-6);
        return switch (name) {
            case "DropBlock2d" -> new DropBlock2d(p, o.get(1).asLong(), o.path(2).asBoolean(), eps);
            case "DropBlock3d" -> new DropBlock3d(p, o.get(1).asLong(), o.path(2).asBoolean(), eps);
            case "StochasticDepth" ->
                    new StochasticDepth(p, o.get(1).asText().equals("row") ? StochasticDepth.Mode.ROW : StochasticDepth.Mode.BATCH);
            case "DropPath" -> new StochasticDepth(p, StochasticDepth.Mode.ROW);
            default -> throw new IllegalArgumentException(name);
        };
    }
}
