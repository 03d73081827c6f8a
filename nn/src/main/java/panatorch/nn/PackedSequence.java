package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Sequences of different lengths for {@link Recurrent} networks, one step of all of them after the other, so that nothing is computed for padding.
 *
 * <pre>{@code
 * var packed = PackedSequence.pack(padded, Torch.tensor(new long[] {3, 5}), true);   // [2, 5, 10]
 * Tensor output = lstm.forward(packed).output().pad(true, 0);                        // [2, 5, 20]
 * }</pre>
 *
 * <p>Its tensors belong to the scope it is made in.
 *
 * @param data [sum of lengths, features]
 * @param batchSizes how many sequences have each step, int64 on the CPU
 * @param sorted places of the sequences from the longest to the shortest, int64 [N]
 */
public record PackedSequence(Tensor data, Tensor batchSizes, Tensor sorted) {
    /**
     * @param input [L, N, features], or with {@code batchFirst} [N, L, features]
     * @param lengths of the sequences, each 1 to L, in any order, int64 [N]
     */
    public static PackedSequence pack(Tensor input, Tensor lengths, boolean batchFirst) {
        var byLength = lengths.sort(-1, true);
        Tensor sorted = byLength.indices().to(input.device());
        var packed = Aten._packPaddedSequence(input.indexSelect(batchFirst ? 0 : 1, sorted), byLength.values(), batchFirst);
        return new PackedSequence(packed.result0(), packed.result1(), sorted);
    }

    /** The sequences side by side, in the order they were given in, filled up with {@code value}: [L, N, features], or with {@code batchFirst} [N, L, features]. */
    public Tensor pad(boolean batchFirst, double value) {
        return Aten._padPackedSequence(data, batchSizes, batchFirst, value, batchSizes.size(0)).result0().indexSelect(batchFirst ? 0 : 1, sorted.argsort());
    }

    /** The lengths of the sequences, in the order they were given in, int64 [N]. */
    public Tensor lengths() { return Aten._padPackedSequence(data, batchSizes, true, 0, batchSizes.size(0)).result1().indexSelect(0, sorted.argsort().to(batchSizes.device())); }

    /** Other data of the same sequences. */
    PackedSequence with(Tensor other) { return new PackedSequence(other, batchSizes, sorted); }

    /** States [*, N, H] as the packed sequences are sorted. */
    @Nullable Tensor sorted(@Nullable Tensor state) { return state == null ? null : state.indexSelect(1, sorted); }

    /** States [*, N, H] in the order the sequences were given in. */
    Tensor unsorted(Tensor state) { return state.indexSelect(1, sorted.argsort()); }
}
