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
 * What a model is trained on or tested with, batch by batch and epoch by epoch. The order of an epoch depends on its number only, so that a
 * run can be repeated, and resumed in the middle.
 *
 * <pre>{@code
 * var batches = Batches.of(loader.batches(), loader::epoch, Batch::images, Batch::labels); // of panatorch.datasets.DataLoader
 * }</pre>
 */
public interface Batches {
    /** The batches of every epoch. */
    int count();

    /** Opens epoch {@code number}, from 1, at batch {@code first}, as if those before had been taken; the caller closes it. */
    Epoch epoch(long number, int first);

    /** The batches of one epoch, for one thread. */
    interface Epoch extends Iterator<Batch>, AutoCloseable {
        @Override void close();
    }

    /**
     * The rows of one step. Whoever takes it closes it, and with it what is {@code owned}.
     *
     * @param input [N, …]
     * @param target [N] or [N, …]; null where there are no labels
     */
    record Batch(Tensor input, @Nullable Tensor target, AutoCloseable owned) implements AutoCloseable {
        @Override public void close() { LoadedBatches.end(owned); }
    }

    /** Opens epochs of another kind. */
    @FunctionalInterface
    interface Opener<E> {
        E open(long number, int first);
    }

    /** What a data loader makes. {@code epochs} opens an epoch, {@code input} and {@code target} tell a batch's tensors. */
    static <B extends AutoCloseable, E extends Iterable<B> & AutoCloseable> Batches of(int count, Opener<E> epochs, Function<? super B, Tensor> input, Function<? super B, @Nullable Tensor> target) {
        return new LoadedBatches<>(count, epochs, input, target);
    }

    /** The rows of two tensors in their order, {@code size} at a time; the tensors stay the caller's. */
    static Batches of(Tensor input, Tensor target, int size) { return new TensorBatches(input, target, size, null); }

    /** The rows of two tensors in an order that is new in every epoch; the tensors stay the caller's. */
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
        if (size < 1) throw new IllegalArgumentException("a batch has at least one row, not " + size);
        if (input.size(0) != target.size(0)) throw new IllegalArgumentException(input.size(0) + " inputs do not go with " + target.size(0) + " targets");
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
