package panatorch.train;

import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Prints a line after each epoch, and from time to time within one: {@code epoch 3, batch 40 of 391: loss 0.8123, accuracy 0.7102}.
 */
public final class LineProgress implements Callback {
    private final PrintStream out;
    private final long seconds;
    private long last = System.nanoTime();

    /** Prints at most one line every ten seconds within an epoch. */
    public LineProgress(PrintStream out) { this(out, 10); }

    /**
     * Prints at most one line every {@code seconds} within an epoch. Each line reads the means, which waits for the device.
     *
     * @param seconds shortest time between two lines within an epoch
     */
    public LineProgress(PrintStream out, long seconds) {
        this.out = out;
        this.seconds = seconds;
    }

    @Override public boolean onRank0Only() { return true; }

    @Override public void batchEnd(Trainer trainer) {
        if (System.nanoTime() - last < seconds * 1_000_000_000L) return;
        out.printf(Locale.ROOT, "epoch %d, batch %,d of %,d: %s%n", trainer.epoch(), trainer.batch(), trainer.batches(),
                text(trainer.trained().means()));
        last = System.nanoTime();
    }

    @Override public void epochEnd(Trainer trainer) {
        Trainer.EpochSummary e = trainer.history().getLast();
        out.printf(Locale.ROOT, "epoch %d: %s%s, %.1f s%n", e.epoch(), text(e.train()),
                e.test().isEmpty() ? "" : "; test " + text(e.test()), e.seconds());
        last = System.nanoTime();
    }

    @Override public void fitEnd(Trainer trainer) { if (trainer.stopReason() != null) out.println("stopped: " + trainer.stopReason()); }

    private static String text(Map<String, Double> means) {
        return means.entrySet().stream().map(e -> String.format(Locale.ROOT, "%s %.4f", e.getKey(), e.getValue()))
                .collect(Collectors.joining(", "));
    }
}
