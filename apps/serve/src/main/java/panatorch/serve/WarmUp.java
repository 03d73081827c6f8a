package panatorch.serve;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.export.Signature;

/**
 * The runs of a worker before its first request: each sample alone and in growing batches, for every bucket. They show how many rows a
 * batch should have. More rows take less time a row up to a number that depends on the model: a perceptron gains up to hundreds of rows, a
 * convolutional network of large images only up to a few, and beyond them its activations leave the caches and the heap.
 */
final class WarmUp {
    /** A batch that takes less may have more rows. */
    private static final long QUICK_NANOS = 2_000_000;
    /** Times are the least of so many runs, unless these take longer together. */
    private static final int RUNS = 3;
    private static final long ENOUGH_NANOS = 100_000_000;
    /** A larger batch has to take less time a row by this factor. */
    private static final double GAIN = 0.95;

    private final Contract contract;
    private final Buckets buckets;
    private final List<List<Tensor>> samples = new ArrayList<>();
    private final long maxRows;

    /** @throws IllegalArgumentException if a sample does not fit the signature */
    WarmUp(Contract contract, Buckets buckets, List<Request> samples, long maxRows) {
        this.contract = contract;
        this.buckets = buckets;
        this.maxRows = maxRows;
        for (Request r : samples) this.samples.add(r.inOrder(contract.inputNames));
        this.samples.forEach(contract::check);
    }

    /** Returns the number of rows up to which larger batches take less time a row, for each group of requests that was tried. */
    Map<Pending.Group, Long> run(BatchRunner runner) {
        var rows = new HashMap<Pending.Group, Long>();
        for (List<Tensor> s : samples) run(runner, s, rows);
        if (!samples.isEmpty() || !buckets.complete()) return rows;
        try (var scope = Scope.open()) {
            var zeros = new ArrayList<Tensor>();
            for (int i = 0; i < contract.inputs.size(); i++) {
                Signature.TensorValue t = contract.inputs.get(i);
                long[] shape = t.dims().stream().mapToLong(d -> d instanceof Signature.Fixed f ? f.size() : 1).toArray();
                zeros.add(Torch.full(shape, 0, t.dtype()));
            }
            run(runner, zeros, rows);
        }
        return rows;
    }

    private void run(BatchRunner runner, List<Tensor> sample, Map<Pending.Group, Long> best) {
        long[] actual = contract.check(sample);
        if (!contract.batched) {
            time(runner, sample, actual);
            return;
        }
        for (long[] sizes : buckets.combinations(actual)) {
            long rows = best(maxRows, n -> time(runner, sample, sizes, n));
            best.merge(Pending.group(sizes, true), rows, Math::max);
        }
    }

    /**
     * Returns a number of rows beyond which the time a row hardly falls.
     *
     * @param most the greatest number to try
     * @param nanos the time of a batch of some rows
     */
    static long best(long most, LongUnaryOperator nanos) {
        long best = 1;
        double least = Double.POSITIVE_INFINITY;
        int slower = 0;
        for (long n = 1, next; slower < 2; n = next) {
            long time = nanos.applyAsLong(n);
            if (time < QUICK_NANOS || (double) time / n < GAIN * least) {
                best = n;
                least = Math.min(least, (double) time / n);
                slower = 0;
            } else {
                slower++;
            }
            next = Math.min(most, 2 * n);
            if (next == n) break;
        }
        return best;
    }

    private long time(BatchRunner runner, List<Tensor> sample, long[] sizes, long rows) {
        try (var scope = Scope.open()) {
            var inputs = new ArrayList<Tensor>();
            for (int i = 0; i < sample.size(); i++) {
                Tensor one = buckets.resize(sample.get(i), i, sizes).narrow(0, 0, 1);
                long[] shape = one.shape();
                shape[0] = rows;
                inputs.add(one.expand(shape).contiguous());
            }
            long[] all = sizes.clone();
            all[0] = rows;
            return time(runner, inputs, all);
        }
    }

    private long time(BatchRunner runner, List<Tensor> inputs, long[] sizes) {
        long rows = contract.batched ? sizes[0] : 1, least = Long.MAX_VALUE, sum = 0;
        if (rows == 1) run(runner, inputs, sizes); // the first run of all takes longer
        if (maxRows == 1) return 0; // nothing to choose
        for (int i = 0; i < RUNS && sum < ENOUGH_NANOS; i++) {
            long began = System.nanoTime();
            run(runner, inputs, sizes);
            long nanos = System.nanoTime() - began;
            least = Math.min(least, nanos);
            sum += nanos;
        }
        return least;
    }

    private void run(BatchRunner runner, List<Tensor> inputs, long[] sizes) {
        long rows = contract.batched ? sizes[0] : 1;
        var request = new Pending(Parcel.of(inputs), rows, sizes, sizes, contract.batched, 0, Long.MAX_VALUE);
        runner.run(List.of(request)).forEach(Parcel::discard);
    }
}
