package panatorch.datasets.internal.jpeg;

import java.util.List;
import panatorch.datasets.internal.image.ImageFormatException;

/** A scan of a progressive image: some coefficients of each block, or one more bit of them (T.81, G.1.2 and G.2). */
final class ProgressiveScan extends Scan {
    private final int first, last, bit;
    private final boolean refining;
    /** The number of blocks, this one included, that have no more coefficients in this scan. */
    private int endedBlocks;

    /**
     * Prepares a scan.
     *
     * @param first index of the first coefficient in zigzag order
     * @param last index of the last coefficient
     * @param high number of bits of the coefficients that earlier scans left out; 0 if this is the first one
     * @param bit number of bits that this scan leaves out
     */
    ProgressiveScan(EntropyReader in, Frame frame, List<Component> components, int restartInterval, int first, int last, int high, int bit)
            throws ImageFormatException {
        super(in, frame, components, restartInterval);
        if (last > 63 || first > last || first == 0 && last != 0 || first > 0 && components.size() > 1 || bit > 13)
            throw ImageFormatException.damaged("a scan has impossible parameters");
        this.first = first;
        this.last = last;
        this.bit = bit;
        refining = high != 0;
    }

    @Override boolean endsWithItsBits() {
        return true;
    }

    @Override void reset() {
        super.reset();
        endedBlocks = 0;
    }

    @Override void block(Component c, int x, int y) {
        if (in.starved()) return;
        int at = (y * c.blockStride + x) * 64;
        short[] coefficients = c.coefficients;
        if (first == 0) {
            if (refining) coefficients[at] |= (short) (in.bit() << bit);
            else coefficients[at] = (short) ((c.previous += in.difference(c.differences)) << bit);
        } else if (refining) refine(c.runs, coefficients, at);
        else begin(c.runs, coefficients, at);
    }

    private void begin(HuffmanTable table, short[] block, int at) {
        if (endedBlocks > 0) {
            endedBlocks--;
            return;
        }
        for (int k = first; k <= last; k++) {
            int symbol = in.symbol(table), run = symbol >> 4, size = symbol & 15;
            if (size == 0) {
                if (run != 15) {
                    endedBlocks = (1 << run) + in.bits(run) - 1;
                    return;
                }
                k += 15;
            } else {
                k += run;
                block[at + EntropyReader.NATURAL[k]] = (short) (in.value(size) << bit);
            }
        }
    }

    private void refine(HuffmanTable table, short[] block, int at) {
        int one = 1 << bit, k = first;
        if (endedBlocks == 0) {
            for (; k <= last; k++) {
                int symbol = in.symbol(table), run = symbol >> 4, value = 0;
                if ((symbol & 15) != 0) value = in.bit() == 1 ? one : -one;
                else if (run != 15) {
                    endedBlocks = (1 << run) + in.bits(run);
                    break;
                }
                for (; k <= last; k++) { // bits of the coefficients that are there already, and `run` zeros
                    int place = at + EntropyReader.NATURAL[k];
                    if (block[place] != 0) correct(block, place, one);
                    else if (--run < 0) break;
                }
                if (value != 0 && k <= 63) block[at + EntropyReader.NATURAL[k]] = (short) value;
            }
        }
        if (endedBlocks > 0) {
            for (; k <= last; k++) {
                int place = at + EntropyReader.NATURAL[k];
                if (block[place] != 0) correct(block, place, one);
            }
            endedBlocks--;
        }
    }

    private void correct(short[] block, int place, int one) {
        if (in.bit() == 1 && (block[place] & one) == 0) block[place] += (short) (block[place] >= 0 ? one : -one);
    }
}
