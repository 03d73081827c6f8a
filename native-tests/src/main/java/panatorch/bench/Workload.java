package panatorch.bench;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The same work for Java and for Python. Its parts (the operators, the stages of a pipeline) are measured one by one, and the
 * geometric mean over them is the workload's figure. {@link Workloads} says its name and what it is to reach.
 *
 * <p>{@code bench/} + {@link #script} is Python's side, a program that stays alive: its first line is a JSON object with
 * {@code torch}, {@code threads}, {@code blas} and {@code check}, its own {@link #check}; for every line {@code run} that it
 * reads, it prints its own {@link #run}; {@code quit} ends it.
 */
interface Workload extends AutoCloseable {
    /** What is measured. */
    enum Unit {
        SECONDS, MEBIBYTES;

        /** With a unit that leaves few zeros. */
        String text(double value) {
            if (this == MEBIBYTES) return String.format(Locale.ROOT, "%.1f MiB", value);
            if (value < 1e-5) return String.format(Locale.ROOT, "%.1f ns", value * 1e9);
            return value < 1e-1 ? String.format(Locale.ROOT, "%.3f ms", value * 1e3) : String.format(Locale.ROOT, "%.3f s", value);
        }

        @Override public String toString() { return name().toLowerCase(Locale.ROOT); }
    }

    /** The file name of Python's side. */
    String script();

    /** What that is told on its command line. */
    default List<String> arguments() { return List.of(); }

    /** What the parts are: {@code operators}. */
    String parts();

    default Unit unit() { return Unit.SECONDS; }

    /** That an operator may use, on both sides, unless a part's name says otherwise. */
    default int threads() { return 1; }

    /** Runs before those that count; the JIT takes two. */
    default int warmUps() { return 2; }

    /** A number of each part's result, by which both sides are known to do the same. */
    Map<String, Double> check();

    /** How much these numbers may differ, relative to the larger one. */
    double tolerance();

    /** Two parts of one side. */
    record Comparison(String part, String with) {
        @Override public String toString() { return part + " ÷ " + with; }
    }

    /** The parts whose figures are divided on each side, as what the workload is about. */
    default List<Comparison> comparisons() { return List.of(); }

    /** Does the work, and gives what each part took, in the unit. */
    Map<String, Double> run();

    @Override void close();
}
