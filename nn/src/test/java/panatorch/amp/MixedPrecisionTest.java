package panatorch.amp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.cuda.DeviceProperties;
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
            Tensor labels = Torch.arange(256).remainder(4), centres = Torch.randn(4, 8),
                    x = centres.indexSelect(0, labels).add(Torch.randn(256, 8));
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

    private static void chooses(Precision chosen, String name, String reason) {
        assertThat(chosen).hasToString(name).extracting(Precision::reason).isEqualTo(reason);
    }

    @Test void auto_says_what_it_chose_of_a_cpu_and_why() {
        chooses(Precision.ofCpu(Set.of("avx2", "avx512_bf16"), Map.of()), "bf16", "the CPU has avx512_bf16");
        chooses(Precision.ofCpu(Set.of("amx_bf16", "avx512_bf16"), Map.of()), "bf16", "the CPU has amx_bf16");
        chooses(Precision.ofCpu(Set.of("avx2", "avx512f"), Map.of()), "fp32", "the CPU has no instructions for bfloat16");
        assertThat(Precision.auto(Device.CPU).reason()).containsAnyOf("the CPU has", "switches the CPU's");
    }

    @Test void auto_regards_what_onednn_may_not_use() {
        var cpu = Set.of("amx_bf16", "avx512_bf16");
        chooses(Precision.ofCpu(cpu, Map.of("DNNL_MAX_CPU_ISA", "AVX2")), "fp32",
                "DNNL_MAX_CPU_ISA=AVX2 switches the CPU's avx512_bf16 off");
        chooses(Precision.ofCpu(cpu, Map.of("ONEDNN_MAX_CPU_ISA", "avx512_core_vnni")), "fp32",
                "ONEDNN_MAX_CPU_ISA=avx512_core_vnni switches the CPU's avx512_bf16 off");
        chooses(Precision.ofCpu(cpu, Map.of("ONEDNN_MAX_CPU_ISA", "AVX512_CORE_BF16", "DNNL_MAX_CPU_ISA", "AVX2")), "bf16",
                "the CPU has avx512_bf16");
        for (String enough : List.of("AVX512_CORE_AMX", "AVX10_1_512_AMX_FP16", "DEFAULT", "ALL", "", "nonsense"))
            chooses(Precision.ofCpu(cpu, Map.of("DNNL_MAX_CPU_ISA", enough)), "bf16", "the CPU has amx_bf16");
    }

    @Test void auto_chooses_bfloat16_for_gpus_that_have_it() {
        chooses(Precision.ofGpu(new DeviceProperties("NVIDIA H200", 9, 0, 1L << 37, 132)), "bf16",
                "the NVIDIA H200 has compute capability 9.0");
        chooses(Precision.ofGpu(new DeviceProperties("Tesla T4", 7, 5, 1L << 34, 40)), "fp32",
                "the Tesla T4 has compute capability 7.5, but bfloat16 is fast only from 8.0 on");
        chooses(Precision.ofGpu(null), "bf16", "the GPU's compute capability is unknown; bfloat16 is fast from 8.0 on");
    }
}
