package panatorch.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.datasets.Batch;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Synthetic;
import panatorch.junit.NoTensorLeaks;

@Gpu
@NoTensorLeaks
class LoadingOnGpuTest {
    @Test void from_pinned_memory_a_copy_waits_for_nobody() {
        Stream main = Stream.current(Gpus.FIRST);
        try (var scope = Scope.open()) {
            Tensor pinned = Aten.pinMemory(Torch.arange(1 << 20).to(panatorch.DType.FLOAT32));
            assertThat(Aten.isPinned(pinned)).isTrue();
            pinned.to(Gpus.FIRST, pinned.dtype(), true, false); // memory is there the next time
            Cuda.synchronize(Gpus.FIRST);
            Gpus.sleep(200_000_000);
            Tensor there = pinned.to(Gpus.FIRST, pinned.dtype(), true, false);
            assertThat(main.query()).as("the copy stands behind the sleep, and the caller goes on").isFalse();
            assertThat(there.cpu().torchEquals(pinned)).isTrue();
        }
    }

    @Test void batches_come_to_the_gpu_with_the_elements_they_have_on_the_cpu() {
        try (var set = Synthetic.train(200, 1)) {
            var onCpu = DataLoader.of(set, 32).shuffle().seed(4).build();
            var onGpu = DataLoader.of(set, 32).shuffle().seed(4).device(Gpus.FIRST).workers(2).build();
            try (var expected = onCpu.epoch(1); var actual = onGpu.epoch(1)) {
                var theirs = actual.iterator();
                for (Batch batch : expected) {
                    try (batch; var loaded = theirs.next(); var scope = Scope.open()) {
                        assertThat(loaded.images().device()).isEqualTo(Gpus.FIRST);
                        assertThat(loaded.labels().cpu().torchEquals(batch.labels())).isTrue();
                        assertThat(loaded.images().cpu().allClose(batch.images(), 0, 1e-6)).isTrue();
                    }
                }
                assertThat(theirs.hasNext()).isFalse();
            }
        }
    }
}
