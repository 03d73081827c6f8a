package panatorch.apps.reproduce;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.Terminal;
import panatorch.apps.report.StatusBar;
import panatorch.apps.report.TimeLeft;

/**
 * Shows how far a sweep is: a line for each finished trial, and in between a bar on a terminal, or elsewhere a line a minute.
 */
final class SweepProgress implements AutoCloseable {
    private static final long INTERVAL_NANOS = 60_000_000_000L;

    private final Lab lab;
    private final TrialTimes left;
    private final int all;
    private final boolean terminal = Terminal.present();
    private String trial = "";
    private int number;
    private long spoken = System.nanoTime();
    private @Nullable StatusBar bar;

    SweepProgress(Lab lab, TrialTimes left, int all) {
        this.lab = lab;
        this.left = left;
        this.all = all;
    }

    /**
     * Begins a trial.
     *
     * @param trial the trial in words
     * @param number its number, from 1
     */
    void begin(String trial, int number) {
        this.trial = trial;
        this.number = number;
        if (terminal) bar = new StatusBar(number + " of " + all + "  " + trial);
    }

    void at(long epoch, long epochs) {
        Duration d = left.left();
        String time = d == null ? "time left unknown" : TimeLeft.text(d) + " left of all", at = "epoch " + epoch + " of " + epochs;
        StatusBar b = bar;
        if (b != null) b.show(epoch, epochs, time, at);
        long now = System.nanoTime();
        if (terminal || now - spoken < INTERVAL_NANOS) return;
        spoken = now;
        lab.say(number + " of " + all + "  " + trial + ", " + at + ", " + time);
    }

    void end(String measures) {
        close();
        lab.say(number + " of " + all + "  " + trial + ": " + measures);
    }

    @Override public void close() {
        StatusBar b = bar;
        bar = null;
        if (b != null) b.close();
    }
}
