package panatorch.amp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Set;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Linear;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;
import panatorch.nn.functional.CrossEntropy;
import panatorch.optim.AdamW;

@NoTensorLeaks
class MixedPrecisionTest {
    /** The last loss of 150 steps on 256 points of four overlapping classes; weights stay in float32. */
    private static double trained(Precision precision, boolean scaled) {
        Torch.manualSeed(3);
        try (var scope = Scope.open();
                var net = new Sequential(new Linear(8, 64), new ReLU(), new Linear(64, 4));
                var adam = new AdamW(net.parameters(), AdamW.options(0.01).fused(true));
                var scaler = new GradScaler(GradScaler.options().enabled(scaled))) {
            Tensor labels = Torch.arange(256).remainder(4), centres = Torch.randn(4, 8), x = centres.indexSelect(0, labels).add(Torch.randn(256, 8));
            double loss = 0;
            for (int i = 0; i < 150; i++) {
                try (var step = Scope.open()) {
                    Tensor l;
                    try (var cast = precision.enter(Device.CPU)) {
                        l = CrossEntropy.crossEntropy(net.forward(x), labels);
                    }
                    scaler.scale(l).backward();
                    scaler.step(adam);
                    scaler.update();
                    adam.zeroGrad();
                    loss = l.itemDouble();
                }
            }
            assertThat(net.parameters()).allMatch(p -> p.dtype() == DType.FLOAT32);
            return loss;
        }
    }

    @Test void bfloat16_reaches_the_loss_of_float32() {
        double full = trained(Precision.FP32, false);
        assertThat(full).isLessThan(0.2);
        assertThat(trained(Precision.BF16, false)).isCloseTo(full, within(0.02));
    }

    @Test void a_scaled_loss_leads_to_the_same_weights() {
        assertThat(trained(Precision.FP32, true)).isCloseTo(trained(Precision.FP32, false), within(1e-4));
    }

    @Test void auto_says_what_it_chose_and_why() {
        assertThat(Precision.ofCpu(Set.of("avx2", "avx512_bf16"))).hasToString("bf16").extracting(Precision::reason).isEqualTo("the CPU has avx512_bf16");
        assertThat(Precision.ofCpu(Set.of("amx_bf16", "avx512_bf16"))).hasToString("bf16").extracting(Precision::reason).isEqualTo("the CPU has amx_bf16");
        assertThat(Precision.ofCpu(Set.of("avx2", "avx512f"))).hasToString("fp32").extracting(Precision::reason).isEqualTo("the CPU has no instructions for bfloat16");
        assertThat(Precision.auto(Device.CPU).reason()).startsWith("the CPU has");
    }
}
