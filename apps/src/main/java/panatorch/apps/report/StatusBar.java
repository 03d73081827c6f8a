package panatorch.apps.report;

import java.util.List;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import panatorch.apps.console.Terminal;

/** A bar on standard error for one piece of work. It disappears when it is closed. */
public final class StatusBar implements AutoCloseable {
    private final ProgressBar bar;

    /**
     * Draws an empty bar.
     *
     * @param task name of the work, in front of the bar
     */
    public StatusBar(String task) {
        bar = new ProgressBarBuilder().setTaskName(task).setInitialMax(1).setRenderer(new BarLine(Terminal.showsUnicode()))
                .setUpdateIntervalMillis(200).clearDisplayOnFinish().build();
    }

    /**
     * Redraws the bar.
     *
     * @param done part of {@code all} that is done
     * @param parts texts behind the bar, the most important first
     */
    public void show(long done, long all, String... parts) {
        bar.maxHint(Math.max(1, all)).stepTo(done).setExtraMessage(BarLine.message(List.of(parts)));
    }

    @Override public void close() { bar.close(); }
}
