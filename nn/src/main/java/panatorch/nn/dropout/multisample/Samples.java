package panatorch.nn.dropout.multisample;

import java.util.Arrays;
import panatorch.Tensor;

/** Helpers for rows of several samples in one batch, sample-major: row m·N + n is row n of sample m. */
final class Samples {
    private Samples() {}

    /** Repeats all rows {@code times} times, [N, …] → [times·N, …], in the order of the samples. */
    static Tensor repeat(Tensor target, int times) {
        if (times == 1) return target;
        long[] repeats = new long[(int) target.dim()];
        Arrays.fill(repeats, 1);
        repeats[0] = times;
        return target.repeat(repeats);
    }

    /** Splits rows by sample, [samples·N, …] → [samples, N, …], a view. N may be 0. */
    static Tensor split(Tensor rows, int samples) {
        return rows.unflatten(0, new long[] {samples, rows.size(0) / samples});
    }

    /**
     * Returns samples {@code from} to {@code from + count} of features in V variants, [V, N, …] → [count, N, …]; sample m has variant m mod
     * V.
     *
     * @param all whether these are all samples. If so, the result may share the variants' memory where nothing repeats. If not, it is a
     * copy, because a head that overwrites its input would spoil the features of later samples
     */
    static Tensor of(Tensor variants, int from, int count, boolean all) {
        int v = (int) variants.size(0), first = from % v, rounds = (first + count + v - 1) / v;
        if (v == 1 && (rounds > 1 || all)) {
            long[] shape = new long[(int) variants.dim()];
            Arrays.fill(shape, -1);
            shape[0] = count;
            return variants.expand(shape); // a view
        }
        long[] shape = new long[(int) variants.dim() + 1];
        Arrays.fill(shape, -1);
        shape[0] = rounds;
        Tensor repeated = variants.unsqueeze(0).expand(shape).flatten(0, 1).narrow(0, first, count);
        return rounds > 1 || all ? repeated : repeated.clone();
    }
}
