package panatorch.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.util.ArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.DType;
import panatorch.Device;
import panatorch.InferenceMode;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Module;
import panatorch.serve.Model;
import panatorch.serve.ModelRepository;
import panatorch.serve.Request;
import panatorch.serve.ServeOptions;

@Gpu
@NoTensorLeaks
@Timeout(120)
class ServingOnGpuTest {
    private static final int CALLERS = 64;

    private static Model model(Module net) {
        return Model.of(net).input("image", DType.FLOAT32, "batch", 3, 8, 8).output("logits", DType.FLOAT32, "batch", 4);
    }

    @Test void many_callers_get_from_a_gpu_what_the_cpu_answers() throws Exception {
        try (var exactly = Gpus.exactly();
                var models = ModelRepository.of();
                var callers = Executors.newVirtualThreadPerTaskExecutor();
                var all = Scope.open()) {
            Module net = Gpus.net(0.5);
            net.eval();
            Torch.manualSeed(5);
            Tensor images = Torch.randn(CALLERS, 3, 8, 8);
            Tensor expected;
            try (var mode = InferenceMode.enter()) {
                expected = net.forward(images.to(Gpus.FIRST)).cpu();
            }
            models.load("net", 1, () -> model(net), ServeOptions.standard().device(Gpus.FIRST).maxBatch(16));
            assertThat(models.get("net", 1).health().memoryBytes()).isEqualTo(net.weightBytes()).isPositive();
            for (int round = 0; round < 5; round++) {
                var answers = new ArrayList<Future<float[]>>();
                for (int i = 0; i < CALLERS; i++) {
                    Tensor image = images.narrow(0, i, 1);
                    answers.add(callers.submit(() -> {
                        try (var scope = Scope.open()) {
                            Tensor logits = models.call("net", Request.of(image)).tensor();
                            assertThat(logits.device()).isEqualTo(Device.CPU);
                            return logits.flatten().toFloatArray();
                        }
                    }));
                }
                for (int i = 0; i < CALLERS; i++)
                    assertThat(answers.get(i).get()).containsExactly(expected.select(0, i).toFloatArray(), offset(1e-4f));
            }
        }
    }

    @Test void an_unloaded_model_leaves_no_memory_on_the_gpu() {
        Cuda.synchronize(Gpus.FIRST);
        long before = Cuda.memory(Gpus.FIRST).allocatedBytes().current();
        try (var models = ModelRepository.of(); var scope = Scope.open()) {
            for (int i = 0; i < 3; i++) {
                models.load("net", 1, () -> {
                    Module net = Gpus.net(0);
                    net.eval();
                    return model(net);
                }, ServeOptions.standard().device(Gpus.FIRST));
                models.call("net", Request.of(Torch.zeros(2, 3, 8, 8)));
            }
            models.unload("net");
            assertThat(Cuda.memory(Gpus.FIRST).allocatedBytes().current()).isEqualTo(before);
        }
    }
}
