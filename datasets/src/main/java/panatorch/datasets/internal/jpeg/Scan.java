package panatorch.datasets.internal.jpeg;

import java.util.List;
import panatorch.datasets.internal.image.ImageFormatException;

/** Goes through the blocks of a scan in their order, with the restart intervals (T.81, A.2 and F.2.1.3). */
abstract class Scan {
    final EntropyReader in;
    private final Frame frame;
    private final List<Component> components;
    private final int restartInterval;

    Scan(EntropyReader in, Frame frame, List<Component> components, int restartInterval) {
        this.in = in;
        this.frame = frame;
        this.components = components;
        this.restartInterval = restartInterval;
    }

    /** Decodes the block in column {@code x} and row {@code y} of the component's blocks. */
    abstract void block(Component component, int x, int y) throws ImageFormatException;

    /** Begins a restart interval: what earlier blocks left is forgotten. */
    void reset() {
        for (Component c : components) c.previous = 0;
    }

    /** Decodes all blocks. */
    final void decode() throws ImageFormatException {
        reset();
        Component only = components.getFirst();
        boolean interleaved = components.size() > 1;
        int across = interleaved ? frame.size().unitsAcross() : only.blocksAcross;
        int down = interleaved ? frame.size().unitsDown() : only.blocksDown;
        int left = restartInterval, marker = 0;
        for (int y = 0; y < down; y++) {
            for (int x = 0; x < across; x++) {
                if (restartInterval > 0 && left-- == 0) {
                    in.restart(marker++ & 7);
                    reset();
                    left = restartInterval - 1;
                }
                if (interleaved) unit(x, y);
                else block(only, x, y);
            }
            in.requireNotEnded();
            if (restartInterval == 0 && endsWithItsBits() && in.starved()) return;
        }
    }

    /** Returns whether blocks behind the last bits change nothing, so that hostile files of many empty scans cost little. */
    boolean endsWithItsBits() {
        return false;
    }

    private void unit(int x, int y) throws ImageFormatException {
        for (Component c : components)
            for (int v = 0; v < c.vertical; v++)
                for (int h = 0; h < c.horizontal; h++) block(c, x * c.horizontal + h, y * c.vertical + v);
    }
}
