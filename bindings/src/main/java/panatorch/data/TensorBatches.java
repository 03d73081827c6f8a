package panatorch.data;

import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** Batches that consist of the rows of two tensors. */
final class TensorBatches implements Batches {
    private final Tensor input, target;
    private final int size;
    private final @Nullable Long seed;

    /** @param seed seed for the order of each epoch; null for the order of the tensors */
    TensorBatches(Tensor input, Tensor target, int size, @Nullable Long seed) {
        if (size < 1) throw new IllegalArgumentException("the batch size must be positive, not " + size);
        if (input.size(0) != target.size(0))
            throw new IllegalArgumentException("there are " + input.size(0) + " inputs, but " + target.size(0) + " targets");
        this.input = input;
        this.target = target;
        this.size = size;
        this.seed = seed;
    }

    @Override public int count() { return Math.toIntExact((input.size(0) + size - 1) / size); }

    @Override public EpochIterator epoch(long number, int first) {
        Tensor order = seed == null ? null : order(seed, number);
        return new EpochIterator() {
            private int next = first;

            @Override public boolean hasNext() { return next < count(); }

            @Override public Pair next() {
                if (!hasNext()) throw new NoSuchElementException("the epoch has " + count() + " batches");
                Tensor in = rows(input, order, next).escape(), out = rows(target, order, next).escape();
                next++;
                return Pair.of(in, out, () -> {
                    in.close();
                    out.close();
                });
            }

            @Override public void close() { if (order != null) order.close(); }
        };
    }

    private Tensor rows(Tensor all, @Nullable Tensor order, int batch) {
        long from = (long) batch * size, length = Math.min(size, all.size(0) - from);
        try (var scope = Scope.open()) {
            return scope
                    .move(order == null ? all.narrow(0, from, length) : all.indexSelect(0, order.narrow(0, from, length).to(all.device())));
        }
    }

    private Tensor order(long seed, long number) {
        try (var generator = Generator.of(seed * 0x9E3779B97F4A7C15L + number)) {
            return Torch.randperm(input.size(0), generator).escape();
        }
    }
}
