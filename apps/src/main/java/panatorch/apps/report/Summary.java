package panatorch.apps.report;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import panatorch.apps.measures.EpochMetrics;
import panatorch.apps.measures.Metrics;

/** Prints the table at the end of a run. */
public final class Summary {
    private Summary() {}

    public static void print(Metrics metrics, String items, PrintWriter out) {
        EpochMetrics last = metrics.epochs().getLast();
        EpochMetrics best = metrics.best();
        double seconds = metrics.epochs().stream().mapToDouble(EpochMetrics::seconds).sum();
        double speed = metrics.epochs().stream().mapToDouble(EpochMetrics::imagesPerSecond).average().orElse(0);
        out.println();
        row(out, "", "%12s %12s", "train", "test");
        row(out, "loss", "%12.4f %12.4f", last.trainLoss(), last.testLoss());
        row(out, "accuracy", "%10.2f %% %10.2f %%", 100 * last.trainAccuracy(), 100 * last.testAccuracy());
        row(out, "best", "%12s %10.2f %%  in epoch %d of %d", "", 100 * best.testAccuracy(), best.epoch(), metrics.epochs().size());
        row(out, "speed", "%,12.0f %s/s", speed, items);
        row(out, "time", "%12s", TimeLeft.text(Duration.ofMillis(Math.round(seconds * 1000))));
        row(out, "parameters", "%,12d", metrics.result().parameters());
        if (metrics.comparison() != null) compare(metrics.comparison(), out);
    }

    private static void compare(Map<String, Metrics.Score> scores, PrintWriter out) {
        out.printf("%n%-22s%12s%12s%n", "", "test error", "test NLL");
        scores.forEach((name, s) -> out.printf(Locale.ROOT, "%-22s%10.2f %%%12.4f%n", name, 100 * s.error(), s.nll()));
        out.println();
    }

    private static void row(PrintWriter out, String name, String format, Object... values) {
        out.println(String.format("%-12s", name) + String.format(Locale.ROOT, format, values));
    }
}
