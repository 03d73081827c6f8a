package panatorch.nn.dropout;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class NoSynchronizationTest {
    @Test void what_reads_a_number_is_seen_and_still_gives_it() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.tensor(new float[] {0, 2, 0, 3}, 2, 2);
            var seen = NoSynchronization.during(() -> {
                assertThat(x.sum().itemDouble()).isEqualTo(5);
                assertThat(Torch.tensor(new long[] {7}).itemLong()).isEqualTo(7);
                assertThat(x.max().itemBoolean()).isTrue();
                assertThat(x.nonzero().toLongArray()).containsExactly(0, 1, 1, 1);
            });
            assertThat(seen).extracting(Throwable::getMessage).containsExactly("_local_scalar_dense", "_local_scalar_dense",
                    "_local_scalar_dense", "nonzero");
        }
    }

    @Test void what_computes_is_not_seen_and_afterwards_all_is_as_before() {
        try (var scope = Scope.open()) {
            assertThat(NoSynchronization.during(() -> Torch.randn(3, 3).matmul(Torch.ones(3)).sum())).isEmpty();
            assertThat(Torch.ones(2).sum().itemDouble()).isEqualTo(2);
        }
    }
}
