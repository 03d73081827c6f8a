package panatorch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
@Timeout(60)
class UnscopedMemoryTest {
    private static final int TENSORS = 60, FLOATS = 4 << 20;

    /** 960 MiB in all; the garbage collector itself sees a few kilobytes. */
    @Test void a_loop_without_a_scope_does_not_keep_all_its_tensors() throws InterruptedException {
        long before = LiveTensors.count(), most = 0;
        for (int i = 0; i < TENSORS; i++) {
            Torch.zeros(FLOATS);
            most = Math.max(most, LiveTensors.count() - before);
            Thread.sleep(5);
        }
        assertThat(most).as("tensors of 16 MiB at a time").isLessThan(TENSORS * 3 / 4);
        while (LiveTensors.count() > before) {
            System.gc();
            Thread.sleep(20);
        }
    }
}
