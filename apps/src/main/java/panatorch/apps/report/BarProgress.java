package panatorch.apps.report;

import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarConsumer;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.Terminal;
import panatorch.apps.measures.EpochMetrics;
import panatorch.apps.measures.RunningScore;

/** A bar on standard error for the current epoch. When the epoch is over, a line on standard output takes its place. */
final class BarProgress extends EpochProgress {
    private final @Nullable ProgressBarConsumer screen;
    private @Nullable ProgressBar bar;
    private long seen;

    BarProgress(Plan plan, PrintWriter out) { this(plan, out, null); }

    /**
     * Creates a display.
     *
     * @param plan the work of the run
     * @param out where the line of a finished epoch is printed
     * @param screen where the bar is drawn; null for standard error
     */
    BarProgress(Plan plan, PrintWriter out, @Nullable ProgressBarConsumer screen) {
        super(plan, out);
        this.screen = screen;
    }

    @Override public void beginEpoch(int number, long from) {
        super.beginEpoch(number, from);
        seen = 0;
        var builder = new ProgressBarBuilder()
                .setTaskName(plan.trainImages() == 0 ? "testing" : "epoch " + epoch + "/" + plan.epochs())
                .setInitialMax(plan.trainImages() + plan.testImages())
                .setRenderer(new BarLine(Terminal.showsUnicode()))
                .setUpdateIntervalMillis(200)
                .clearDisplayOnFinish();
        bar = (screen == null ? builder : builder.setConsumer(screen)).build();
    }

    @Override public void trained(RunningScore score) {
        left.trained(score);
        seen = score.count();
        show(seen, left.text() + " left", String.format(Locale.ROOT, "loss %.3f", score.loss()), score.scoreText(),
                String.format(Locale.ROOT, "%,.0f %s/s", perSecond(seen), plan.items()));
    }

    @Override public void tested(RunningScore score) {
        left.tested(score);
        show(seen + score.count(), left.text() + " left", String.format(Locale.ROOT, "test loss %.3f", score.loss()),
                String.format(Locale.ROOT, "accuracy %.1f %%", 100 * score.accuracy()));
    }

    private void show(long images, String... parts) {
        ProgressBar b = bar;
        if (b != null) b.stepTo(images).setExtraMessage(BarLine.message(List.of(parts)));
    }

    @Override public void endEpoch(EpochMetrics e) {
        close();
        super.endEpoch(e);
    }

    @Override public void close() {
        ProgressBar b = bar;
        bar = null;
        if (b != null) b.close();
    }
}
