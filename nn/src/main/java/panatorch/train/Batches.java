package panatorch.train;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * The batches on which a model is trained or tested, epoch by epoch. The order of an epoch depends only on its number, so that a run
 * can be repeated, and resumed in the middle.
 *
 * <pre>{@code
 * var batches = Batches.of(loader.batches(), loader::epoch, Batch::images, Batch::labels); // of panatorch.datasets.DataLoader
 * }</pre>
 */
public interface Batches {
    /** Returns the number of batches of every epoch. */
    int count();

    /** Opens epoch {@code number}, from 1, at batch {@code first}, as if the batches before had been taken. The caller closes it. */
    Epoch epoch(long number, int first);

    /** The batches of one epoch, for one thread. */
    interface Epoch extends Iterator<Batch>, AutoCloseable {
        @Override void close();
    }

    /**
     * The rows of one step. The one who takes the batch closes it, and thereby what it owns.
     *
     * @param input inputs [N, …]
     * @param target targets [N] or [N, …]; null if there are none
     * @param owned resource that is closed with the batch
     */
    record Batch(Tensor input, @Nullable Tensor target, AutoCloseable owned) implements AutoCloseable {
        @Override public void close() { LoadedBatches.end(owned); }
    }

    /** Opens epochs of another kind. */
    @FunctionalInterface
    interface Opener<E> {
        E open(long number, int first);
    }

    /**
     * Adapts a data loader.
     *
     * @param count number of batches of every epoch
     * @param epochs opens an epoch
     * @param input returns a batch's inputs
     * @param target returns a batch's targets, or null
     */
    static <B extends AutoCloseable, E extends Iterable<B> & AutoCloseable> Batches of(int count, Opener<E> epochs, Function<? super B, Tensor> input, Function<? super B, @Nullable Tensor> target) {
        return new LoadedBatches<>(count, epochs, input, target);
    }

    /** Returns the rows of two tensors in their order, {@code size} at a time. The tensors stay the caller's. */
    static Batches of(Tensor input, Tensor target, int size) { return new TensorBatches(input, target, size, null); }

    /**
     * Returns the rows of two tensors in an order that is new in every epoch, {@code size} at a time. The tensors stay the caller's.
     */
    static Batches shuffled(Tensor input, Tensor target, int size, long seed) { return new TensorBatches(input, target, size, seed); }
}

final class LoadedBatches<B extends AutoCloseable, E extends Iterable<B> & AutoCloseable> implements Batches {
    private final int count;
    private final Opener<E> epochs;
    private final Function<? super B, Tensor> input;
    private final Function<? super B, @Nullable Tensor> target;

    LoadedBatches(int count, Opener<E> epochs, Function<? super B, Tensor> input, Function<? super B, @Nullable Tensor> target) {
        this.count = count;
        this.epochs = epochs;
        this.input = input;
        this.target = target;
    }

    @Override public int count() { return count; }

    @Override public Epoch epoch(long number, int first) {
        E epoch = epochs.open(number, first);
        Iterator<B> batches = epoch.iterator();
        return new Epoch() {
            @Override public boolean hasNext() { return batches.hasNext(); }

            @Override public Batch next() {
                B batch = batches.next();
                return new Batch(input.apply(batch), target.apply(batch), batch);
            }

            @Override public void close() { end(epoch); }
        };
    }

    static void end(AutoCloseable resource) {
        try {
            resource.close();
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}

final class TensorBatches implements Batches {
    private final Tensor input, target;
    private final int size;
    private final @Nullable Long seed;

    TensorBatches(Tensor input, Tensor target, int size, @Nullable Long seed) {
        if (size < 1) throw new IllegalArgumentException("the batch size has to be at least 1, not " + size);
        if (input.size(0) != target.size(0))
            throw new IllegalArgumentException("there are " + input.size(0) + " inputs but " + target.size(0) + " targets");
        this.input = input;
        this.target = target;
        this.size = size;
        this.seed = seed;
    }

    @Override public int count() { return Math.toIntExact((input.size(0) + size - 1) / size); }

    @Override public Epoch epoch(long number, int first) {
        Tensor order = seed == null ? null : order(seed, number);
        return new Epoch() {
            private int next = first;

            @Override public boolean hasNext() { return next < count(); }

            @Override public Batch next() {
                if (!hasNext()) throw new NoSuchElementException("the epoch has " + count() + " batches");
                Tensor in = rows(input, order, next).escape(), out = rows(target, order, next).escape();
                next++;
                return new Batch(in, out, () -> {
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
            return scope.move(order == null ? all.narrow(0, from, length) : all.indexSelect(0, order.narrow(0, from, length).to(all.device())));
        }
    }

    private Tensor order(long seed, long number) {
        try (var generator = Generator.of(seed * 0x9E3779B97F4A7C15L + number)) {
            return Torch.randperm(input.size(0), generator).escape();
        }
    }
}
