package panatorch.apps.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.DoubleConsumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBarBuilder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.apps.measures.EpochMetrics;
import panatorch.apps.measures.Progress;
import panatorch.apps.measures.RunningScore;

/** The progress display of a run whose pace the test sets. */
class ProgressTest {
    private static final int BATCH = 64, BATCHES = 100, TESTS = 2000;
    private static final long MILLIS = 1_000_000;

    private static RunningScore score(long images) { return new RunningScore(1.234, 0.5, images, null); }

    /** A run's pace: milliseconds a batch of 64, its first one slower, ones a test image, ones between epochs. */
    private record Pace(long batch, long first, double test, long between) {}

    /** Seconds from a text as 1:05 or 2:03:04. */
    private static double seconds(String text) {
        double s = 0;
        for (String part : text.split(":")) s = 60 * s + Integer.parseInt(part);
        return s;
    }

    /** Goes through a run on a clock of its own, and holds what is told at the moments of {@code check} against when the run is over. */
    private static void run(Pace pace, int epochs, int done, int from, DoubleConsumer check) {
        long[] now = {0};
        var told = new ArrayList<double[]>();
        var left = new TimeLeft(new Progress.Plan(epochs, done, BATCH * BATCHES, TESTS, "images"), () -> now[0]);
        for (int e = done; e < epochs; e++) {
            int begin = e == done ? from : 0;
            left.beginEpoch((long) BATCH * begin);
            for (int b = begin + 1; b <= BATCHES; b++) {
                now[0] += (e == done && b == begin + 1 ? pace.first : pace.batch) * MILLIS;
                left.trained(score((long) BATCH * b));
                if (e > done || b >= begin + BATCHES / 10) told.add(new double[] {seconds(left.text()), now[0]});
            }
            for (int t = 250; t <= TESTS; t += 250) {
                now[0] += (long) (250 * pace.test * MILLIS);
                left.tested(score(t));
            }
            if (e < epochs - 1) now[0] += pace.between * MILLIS;
        }
        for (double[] t : told) {
            double truly = (now[0] - t[1]) / (1000.0 * MILLIS);
            if (truly > 10) check.accept(t[0] / truly);
        }
    }

    @Test void the_time_left_is_right_within_a_fifth_after_a_tenth_of_the_first_epoch() {
        var paces = List.of(new Pace(1000, 1000, 4, 0), new Pace(1000, 8000, 5, 2000), new Pace(700, 20_000, 2.5, 500));
        for (Pace pace : paces)
            for (int epochs : new int[] {1, 3, 10})
                run(pace, epochs, 0, 0, ratio -> assertThat(ratio).as("%s, %d epochs", pace, epochs).isCloseTo(1, within(0.2)));
    }

    @Test void it_is_right_in_a_run_that_was_resumed_in_the_middle_of_an_epoch() {
        run(new Pace(1000, 5000, 4, 1000), 6, 3, 50, ratio -> assertThat(ratio).isCloseTo(1, within(0.2)));
    }

    /** Another program that took half of the machine ends after the first epoch. */
    @Test void it_is_right_again_soon_after_the_pace_has_changed() {
        long[] now = {0};
        var left = new TimeLeft(new Progress.Plan(3, 0, BATCH * BATCHES, 0, "images"), () -> now[0]);
        for (int e = 0; e < 2; e++) {
            left.beginEpoch(0);
            for (int b = 1; b <= BATCHES; b++) {
                now[0] += (e == 0 ? 2000 : 1000) * MILLIS;
                left.trained(score((long) BATCH * b));
                if (e == 1 && b == 50) assertThat(seconds(left.text())).isCloseTo(150, within(0.2 * 150));
            }
        }
    }

    @Test void it_is_unknown_before_anything_is_done() {
        var left = new TimeLeft(new Progress.Plan(1, 0, 100, 10, "images"));
        left.beginEpoch(0);
        assertThat(left.text()).isEqualTo("?");
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 40, 60, 80, 200}) void a_bar_is_never_wider_than_its_terminal(int columns) {
        var drawn = Collections.synchronizedList(new ArrayList<String>());
        var out = new StringWriter();
        try (var bar = new BarProgress(new Progress.Plan(30, 0, 50_000, 10_000, "images"), new PrintWriter(out),
                new DelegatingProgressBarConsumer(drawn::add, columns))) {
            bar.beginEpoch(12, 0);
            bar.trained(score(12_345));
            bar.tested(score(5_000));
        }
        assertThat(drawn).isNotEmpty()
                .allSatisfy(line -> assertThat(line.strip().codePointCount(0, line.strip().length())).isLessThanOrEqualTo(columns));
        assertThat(out.toString()).isEmpty();
    }

    /** 80 columns, and half of them: what matters most is there in both. */
    @Test void a_narrow_terminal_shows_the_epoch_how_far_it_is_and_the_time_left() {
        assertThat(line(80)).isEqualTo("epoch 12/30  29 % ======                 1:05 left, loss 1.234, accuracy 50.00 %");
        assertThat(line(40)).isEqualTo("epoch 12/30  29 % ===          1:05 left");
        assertThat(line(24)).isEqualTo("epoch 12/30  29 %");
        assertThat(line(10)).isEqualTo("epoch 12/3");
    }

    private static String line(int columns) {
        var drawn = Collections.synchronizedList(new ArrayList<String>());
        var builder = new ProgressBarBuilder().setTaskName("epoch 12/30").setInitialMax(60_000).setRenderer(new BarLine(false))
                .setConsumer(new DelegatingProgressBarConsumer(drawn::add, columns));
        try (var bar = builder.build()) {
            bar.stepTo(17_345).setExtraMessage(BarLine.message(List.of("1:05 left", "loss 1.234", "accuracy 50.00 %", "1,234 images/s")));
        }
        return drawn.getLast().stripTrailing();
    }

    @Test void in_a_pipe_there_is_a_plain_line_an_epoch() {
        var out = new StringWriter();
        try (var lines = new LineProgress(new Progress.Plan(3, 0, 100, 10, "sentences"), new PrintWriter(out))) {
            lines.beginEpoch(1, 0);
            lines.trained(score(100));
            lines.endEpoch(new EpochMetrics(1, 1, 0.5, 1, 0.25, 0.1, 2, 50, 0, null));
        }
        assertThat(out.toString())
                .isEqualTo("epoch 1/3  loss 1.0000  accuracy 50.00 %  test loss 1.0000  test accuracy 25.00 %  50 sentences/s  2.0 s"
                        + System.lineSeparator());
    }
}
