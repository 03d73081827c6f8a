package panatorch.nn.dropout.gyro;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Generator;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** Draws the masks of a layer: rows of zeros and ones, none empty, and distinct while there are enough to choose from. */
final class MaskBank {
    /**
     * The number of redraws of rows that equal an earlier one. Rows that are still equal then stay: with so few units, nearly all possible
     * masks are in the bank.
     */
    private static final int ROUNDS = 64;

    private MaskBank() {}

    /**
     * Draws masks of independent units, each kept with probability 1 − p.
     *
     * @return masks float32 [count, width] on the CPU
     */
    static Tensor independent(int count, long width, double p, Generator generator) {
        return distinct(count, width, "a drop probability of " + p + " leaves none of " + width + " "
                + "units", n -> published(n, width, p, generator));
    }

    /**
     * Draws masks that keep exactly {@code kept} of the groups of consecutive units.
     *
     * @return masks float32 [count, width] on the CPU
     */
    static Tensor grouped(int count, long width, int group, long kept, Generator generator) {
        return distinct(count, width, "no group is kept", n -> {
            // a random choice of groups
            Tensor first = Torch.rand(generator, DType.FLOAT32, n, width / group).argsort(1, true).narrow(1, 0, kept);
            return Aten.zeros(new long[] {n, width / group}, DType.FLOAT32).scatter_(1, first, 1).repeatInterleave(group, 1L);
        });
    }

    /** Draws masks as Composer does. */
    static Tensor published(int count, long width, double p, Generator generator) {
        return Torch.rand(generator, DType.FLOAT32, count, width).gt(p).to(DType.FLOAT32);
    }

    @FunctionalInterface
    private interface Draw {
        Tensor rows(int count);
    }

    private static Tensor distinct(int count, long width, String empty, Draw draw) {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor bank = draw.rows(count);
            for (int round = 0;; round++) {
                List<Long> again = unfit(bank, width, round >= ROUNDS);
                if (again.isEmpty()) return scope.move(bank);
                if (round == 2 * ROUNDS) throw new IllegalArgumentException(empty);
                bank.indexCopy_(0, Torch.tensor(again.stream().mapToLong(i -> i).toArray()), draw.rows(again.size()));
            }
        }
    }

    /** Returns the rows that are empty, or equal to an earlier one unless that is allowed. */
    private static List<Long> unfit(Tensor bank, long width, boolean equalAllowed) {
        byte[] bits = bank.to(DType.UINT8).toByteArray();
        var empty = ByteBuffer.allocate((int) width);
        var seen = new HashSet<ByteBuffer>();
        var unfit = new ArrayList<Long>();
        for (int i = 0; i < bank.size(0); i++) {
            var row = ByteBuffer.wrap(bits, (int) (i * width), (int) width).slice();
            if (row.equals(empty) || !seen.add(row) && !equalAllowed) unfit.add((long) i);
        }
        return unfit;
    }
}
