package panatorch.datasets.internal.jpeg;

import java.util.List;

/** A scan of a sequential image, whose blocks become samples at once (T.81, F.2). */
final class SequentialScan extends Scan {
    private final InverseDct transform;
    private boolean empty;

    SequentialScan(EntropyReader in, Frame frame, List<Component> components, int restartInterval, InverseDct transform) {
        super(in, frame, components, restartInterval);
        this.transform = transform;
    }

    @Override void reset() {
        super.reset();
        empty = false;
    }

    @Override void block(Component c, int x, int y) {
        int first = 0, at = (y * c.stride + x) * Component.SIDE;
        boolean more = false;
        if (!empty) { // libjpeg leaves all blocks grey behind one that is cut off
            c.previous += in.difference(c.differences);
            first = c.previous * c.steps[0];
            more = in.coefficients(c.runs, c.steps, transform);
            empty = in.starved();
        }
        if (more) {
            transform.set(0, first);
            transform.add(c.samples, at, c.stride);
        } else InverseDct.constant(first, c.samples, at, c.stride);
    }
}
