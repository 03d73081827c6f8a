package panatorch.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Module;

/** Models that compute elsewhere than on the CPU, on the device {@code meta}, which is everywhere and has no elements. */
@NoTensorLeaks
@Timeout(60)
class DeviceTest {
    private static Model model(UnaryOperator<Tensor> formula) {
        var module = new Module() {
            @Override public Tensor forward(Tensor input) { return formula.apply(input); }
        };
        module.eval();
        return Model.of(module).input("x", DType.FLOAT32, "batch", 3).output("y", DType.FLOAT32, "batch", 3);
    }

    @Test void batches_come_to_the_models_device_and_answers_back_to_the_cpu() {
        Set<Device> devices = Collections.synchronizedSet(new HashSet<>());
        Model model = model(x -> {
            devices.add(x.device());
            return Torch.ones(x.size(0), 3);
        });
        try (var served = Served.of(model, ServeOptions.standard().device(Device.META)); var scope = Scope.open()) {
            assertThat(served.call(Torch.zeros(2, 3)).tensor().device()).isEqualTo(Device.CPU);
        }
        assertThat(devices).containsExactly(Device.META);
    }

    @Test void outputs_are_copied_to_the_cpu() {
        // libtorch refuses to copy what has no elements, which shows that the copy was asked for.
        assertThatThrownBy(() -> Served.of(model(x -> x.mul(2)), ServeOptions.standard().device(Device.META)).close())
                .isInstanceOf(TorchException.class).hasMessageContaining("Cannot copy out of meta tensor");
    }

    @Test void without_a_device_inputs_stay_where_they_are() {
        try (var served = Served.of(model(x -> x.add(1)), ServeOptions.standard()); var scope = Scope.open()) {
            assertThat(served.call(Torch.zeros(1, 3)).tensor().sum().item().doubleValue()).isEqualTo(3);
        }
    }

    @Test void a_gpu_has_one_worker_unless_more_are_wanted() {
        int cores = Runtime.getRuntime().availableProcessors();
        for (Device cpu : List.of(Device.CPU, Device.META)) assertThat(ServeOptions.standard().device(cpu).workerCount()).isEqualTo(cores);
        ServeOptions gpu = ServeOptions.standard().device(Device.cuda(1));
        assertThat(gpu.workerCount()).isEqualTo(1);
        assertThat(gpu.workers(3).workerCount()).isEqualTo(3);
    }
}
