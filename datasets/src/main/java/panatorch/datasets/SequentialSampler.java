package panatorch.datasets;

import java.util.stream.IntStream;

/** Visits every item once, in the dataset's order. */
public record SequentialSampler(int size) implements Sampler {
    @Override public int[] order(long epoch) { return IntStream.range(0, size).toArray(); }
}
