package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.dropout.DropConnect;
import panatorch.vision.ops.FrozenBatchNorm2d;

/**
 * Layers are created with {@link Torch#defaultDtype}, with Python's numbers:
 *
 * <pre>
 * torch.set_default_dtype(torch.float64); torch.manual_seed(0); torch.nn.Linear(2, 1).weight # [[0.6647553301890121, 0.29390167076471757]]
 * </pre>
 */
@NoTensorLeaks
class DefaultDtypeTest {
    private static final List<Supplier<Module>> LAYERS = List.of(() -> new Linear(2, 1), () -> new Bilinear(2, 2, 2),
            () -> new Conv2d(1, 1, 1),
            () -> new BatchNorm2d(2), () -> new LayerNorm(2), () -> new GroupNorm(1, 2), () -> new RMSNorm(2), () -> new Embedding(2, 2),
            () -> new PReLU(), () -> new LSTM(2, 2), () -> new GRUCell(2, 2), () -> new MultiheadAttention(2, 1),
            () -> new TransformerEncoderLayer(2, 1), () -> new DropConnect(2, 2, 0.5), () -> new FrozenBatchNorm2d(2));

    @BeforeEach void wide() { Torch.setDefaultDtype(DType.FLOAT64); }

    @AfterEach void restore() { Torch.setDefaultDtype(DType.FLOAT32); }

    @Test void parameters_and_buffers_have_the_default_dtype() {
        for (var layer : LAYERS) try (var m = layer.get()) {
            assertThat(m.stateDict().values()).as(m.toString()).isNotEmpty()
                    .allMatch(t -> t.dtype() == DType.FLOAT64 || t.dtype() == DType.INT64 && t.dim() == 0);
        }
    }

    @Test void a_float64_layer_has_pythons_weights() {
        Torch.manualSeed(0);
        try (var m = new Linear(2, 1)) {
            double[] weight = m.weight().toDoubleArray();
            assertThat(weight).hasSize(2);
            for (int i = 0; i < 2; i++)
                assertThat(weight[i]).isCloseTo(new double[] {0.6647553301890121, 0.29390167076471757}[i], within(1e-15));
        }
    }
}
