package panatorch.nn;

import panatorch.Tensor;

/** Merges the dimensions from {@code start} to {@code end} into one: [N, C, H, W] → [N, C·H·W] by default. */
public final class Flatten extends Module {
    private final long start, end;

    public Flatten() { this(1, -1); }

    public Flatten(long start, long end) {
        this.start = start;
        this.end = end;
    }

    @Override public Tensor forward(Tensor input) { return input.flatten(start, end); }

    @Override protected Module recreate() { return new Flatten(start, end); }

    @Override protected String describe() { return "start_dim=" + start + ", end_dim=" + end; }
}
