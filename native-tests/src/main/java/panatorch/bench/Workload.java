package panatorch.bench;

import java.util.List;
import java.util.Map;

/**
 * The same work for Java and for Python. Its parts (the operators, the stages of a pipeline) are timed one by one, and the
 * geometric mean over them is the workload's figure.
 *
 * <p>{@code bench/} + {@link #script} is Python's side, a program that stays alive: its first line is a JSON object with
 * {@code torch}, {@code threads}, {@code blas} and {@code check}, its own {@link #check}; for every line {@code run} that it
 * reads, it prints its own {@link #run}; {@code quit} ends it.
 */
interface Workload extends AutoCloseable {
    /** As on the command line: {@code operator-calls}. */
    String name();

    /** One sentence for {@code --list}. */
    String summary();

    /** The file name of Python's side. */
    String script();

    /** What that is told on its command line. */
    default List<String> arguments() { return List.of(); }

    /** What the parts are: {@code operators}. */
    String parts();

    /** A number of each part's result, by which both sides are known to do the same. */
    Map<String, Double> check();

    /** How much these numbers may differ, relative to the larger one. */
    double tolerance();

    /** Two parts of one side. */
    record Comparison(String part, String with) {
        @Override public String toString() { return part + " ÷ " + with; }
    }

    /** The parts whose seconds are divided on each side, as what the workload is about. */
    default List<Comparison> comparisons() { return List.of(); }

    /** Does the work, and gives the seconds that each part took. */
    Map<String, Double> run();

    @Override void close();
}
