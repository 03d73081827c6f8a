package panatorch.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The same work for Java and for Python. Its parts, such as operators or stages of a pipeline, are measured one by one; the workload's
 * figure is their geometric mean. {@link Workloads} has its name and its targets.
 *
 * <p>
 * {@code bench/} + {@link #script} is Python's side, a program that stays alive: its first line is a JSON object with {@code torch},
 * {@code threads}, {@code blas} and {@code check}, its own {@link #check}; for every line {@code run} that it reads, it prints its own
 * {@link #run}; {@code quit} ends it.
 */
interface Workload extends AutoCloseable {
    /** The unit of the figures. */
    enum Unit {
        SECONDS, MEBIBYTES;

        /** Formats a value with a unit that leaves few zeros. */
        String text(double value) {
            if (this == MEBIBYTES) return String.format(Locale.ROOT, "%.1f MiB", value);
            if (value < 1e-5) return String.format(Locale.ROOT, "%.1f ns", value * 1e9);
            return value < 1e-1 ? String.format(Locale.ROOT, "%.3f ms", value * 1e3) : String.format(Locale.ROOT, "%.3f s", value);
        }

        @Override public String toString() { return name().toLowerCase(Locale.ROOT); }
    }

    /** Returns the file name of Python's program. */
    String script();

    /** Returns the command-line arguments of Python's program. */
    default List<String> arguments() { return List.of(); }

    /** Returns the word for the parts, such as {@code operators}. */
    String parts();

    default Unit unit() { return Unit.SECONDS; }

    /** Returns the number of threads of an operator on both sides, unless a part's name says otherwise. */
    default int threads() {
        return 1;
    }

    /** Returns the number of runs before those that count; the JIT compiler needs two. */
    default int warmUps() { return 2; }

    /** Returns one number for the result of each part, which shows that both sides do the same. */
    Map<String, Double> check();

    /** Returns the largest relative difference of these numbers. */
    double tolerance();

    /** Two parts of one side whose figures are divided. */
    record Comparison(String part, String with) {
        @Override public String toString() { return part + " ÷ " + with; }
    }

    /** Returns the parts to compare with each other on each side, if that is the purpose of the workload. */
    default List<Comparison> comparisons() {
        return List.of();
    }

    /** Does the work and returns the figure of each part, in the unit. */
    Map<String, Double> run();

    @Override void close();
}
