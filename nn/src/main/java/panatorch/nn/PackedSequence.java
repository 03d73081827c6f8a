package panatorch.nn;

import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Tensor;

/**
 * Sequences of different lengths for {@link Recurrent} networks, stored step by step, so that nothing is computed for padding.
 *
 * <pre>{@code
 * var packed = PackedSequence.pack(padded, Torch.tensor(new long[] {3, 5}), true);   // [2, 5, 10]
 * Tensor output = lstm.forward(packed).output().pad(true, 0);                        // [2, 5, 20]
 * }</pre>
 *
 * <p>
 * Its tensors belong to the scope in which it is created.
 *
 * @param data the steps of all sequences, [sum of lengths, features]
 * @param batchSizes number of sequences that have each step, int64 on the CPU
 * @param sorted indices of the sequences from the longest to the shortest, int64 [N]
 */
public record PackedSequence(Tensor data, Tensor batchSizes, Tensor sorted) {
    /**
     * Packs padded sequences.
     *
     * @param input padded sequences [L, N, features], or [N, L, features] with {@code batchFirst}
     * @param lengths lengths of the sequences, each from 1 to L, in any order, int64 [N]
     */
    public static PackedSequence pack(Tensor input, Tensor lengths, boolean batchFirst) {
        var byLength = lengths.sort(-1, true);
        Tensor sorted = byLength.indices().to(input.device());
        var packed = Aten._packPaddedSequence(input.indexSelect(batchFirst ? 0 : 1, sorted), byLength.values(), batchFirst);
        return new PackedSequence(packed.result0(), packed.result1(), sorted);
    }

    /**
     * Returns the sequences in their original order, padded with {@code value}: [L, N, features], or [N, L, features] with
     * {@code batchFirst}.
     */
    public Tensor pad(boolean batchFirst, double value) {
        return Aten._padPackedSequence(data, batchSizes, batchFirst, value, batchSizes.size(0)).result0().indexSelect(batchFirst ? 0 : 1,
                sorted.argsort());
    }

    /** Returns the lengths of the sequences in their original order, int64 [N]. */
    public Tensor lengths() {
        return Aten._padPackedSequence(data, batchSizes, true, 0, batchSizes.size(0)).result1().indexSelect(0,
                sorted.argsort().to(batchSizes.device()));
    }

    /** Returns other data of the same sequences. */
    PackedSequence with(Tensor other) {
        return new PackedSequence(other, batchSizes, sorted);
    }

    /** Sorts states [*, N, H] in the order of the packed sequences. */
    @Nullable Tensor sorted(@Nullable Tensor state) {
        return state == null ? null : state.indexSelect(1, sorted);
    }

    /** Returns states [*, N, H] in the original order of the sequences. */
    Tensor unsorted(Tensor state) {
        return state.indexSelect(1, sorted.argsort());
    }
}
