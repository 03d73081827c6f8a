package panatorch.datasets;

import java.util.Arrays;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;

/**
 * Visits every item once, in a new random order in every epoch: {@code torch.randperm(size)} from a generator whose seed is mixed from
 * {@code seed} and the epoch, so that neither neighbouring epochs nor neighbouring seeds share an order.
 *
 * @param size number of items
 * @param seed seed of all epochs
 */
public record RandomSampler(int size, long seed) implements Sampler {
    @Override public int[] order(long epoch) {
        try (var generator = Generator.of(SplitMix.seed(seed, epoch))) {
            return permutation(size, generator);
        }
    }

    /** Returns {@code torch.randperm(size, generator)}. */
    static int[] permutation(int size, Generator generator) {
        try (var scope = Scope.open()) {
            return Arrays.stream(Aten.randperm(size, generator, DType.INT64).toLongArray()).mapToInt(Math::toIntExact).toArray();
        }
    }
}
