package panatorch.apps.report;

import java.util.List;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBarRenderer;
import me.tongfei.progressbar.ProgressState;

/**
 * Renders a progress bar as one line. Parts are shown in order of importance while there is room, and the bar takes the rest. {@code epoch
 * 3/10  28 % ███▍        1:05 left, loss 1.234, accuracy 50.00 %}
 */
final class BarLine implements ProgressBarRenderer {
    private static final String BETWEEN = ", ", EIGHTHS = " ▏▎▍▌▋▊▉";
    private static final int SHORTEST = 8, LONGEST = 40;

    private final boolean unicode;

    BarLine(boolean unicode) { this.unicode = unicode; }

    /**
     * Joins parts to the extra message that {@link ProgressState#getExtraMessage} returns.
     *
     * @param parts the parts, the most important first
     */
    static String message(List<String> parts) { return String.join(BETWEEN, parts); }

    @Override public String render(ProgressState state, int columns) {
        double done = Math.clamp(state.getNormalizedProgress(), 0, 1);
        String head = String.format(Locale.ROOT, "%s %3.0f %%", state.getTaskName(), 100 * done), tail = "";
        int room = columns - head.length() - 1;
        if (room < SHORTEST) return head.substring(0, Math.max(0, Math.min(columns, head.length())));
        for (String part : state.getExtraMessage().split(BETWEEN)) {
            String longer = (tail.isEmpty() ? " " : tail + BETWEEN) + part;
            if (longer.length() > room - SHORTEST) break;
            tail = longer;
        }
        return head + " " + bar(done, Math.min(LONGEST, room - tail.length())) + tail;
    }

    private String bar(double done, int columns) {
        if (!unicode) {
            int full = (int) Math.round(done * columns);
            return "=".repeat(full) + " ".repeat(columns - full);
        }
        int eighths = (int) Math.round(done * columns * 8), full = eighths / 8;
        String part = full < columns ? EIGHTHS.substring(eighths % 8, eighths % 8 + 1) : "";
        return "█".repeat(full) + part + " ".repeat(columns - full - part.length());
    }
}
