package panatorch.train;

import java.util.Arrays;
import java.util.NoSuchElementException;
import java.util.stream.LongStream;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;

/**
 * One rank's rows of two tensors in a random order: batch k of all ranks together has the rows {@code order[k · size … (k + 1) · size)}, of
 * which this rank has every {@code ranks}-th one.
 *
 * @param size number of rows of all ranks' batches of one number
 */
record SharedBatches(Tensor input, Tensor target, int size, int rank, int ranks) implements Batches {
    @Override public int count() { return Math.toIntExact((input.size(0) + size - 1) / size); }

    @Override public EpochIterator epoch(long number, int first) {
        long[] order;
        try (var generator = Generator.of(100 + number); var scope = Scope.open()) {
            order = Torch.randperm(input.size(0), generator).toLongArray();
        }
        return new EpochIterator() {
            private int next = first;

            @Override public boolean hasNext() { return next < count(); }

            @Override public Pair next() {
                if (!hasNext()) throw new NoSuchElementException();
                long[] batch = Arrays.copyOfRange(order, next * size, Math.min(order.length, ++next * size));
                long[] own = LongStream.range(0, batch.length).filter(i -> i % ranks == rank).map(i -> batch[(int) i]).toArray();
                try (var scope = Scope.open()) {
                    Tensor rows = Torch.tensor(own), in = input.indexSelect(0, rows).escape(), out = target.indexSelect(0, rows).escape();
                    return Pair.of(in, out, () -> {
                        in.close();
                        out.close();
                    });
                }
            }

            @Override public void close() {}
        };
    }
}
