package panatorch.apps.reproduce;

import java.io.IOException;

/**
 * A published experiment that can be repeated.
 *
 * @param name name on the command line
 * @param title what is compared, in a sentence
 * @param source the paper, and where the published figures were found
 * @param anyImages whether the user may choose another data set
 * @param program runs the experiment
 */
public record Experiment(String name, String title, String source, boolean anyImages, Program program) {
    /** Creates an experiment with a fixed data set. */
    public Experiment(String name, String title, String source, Program program) {
        this(name, title, source, false, program);
    }

    @FunctionalInterface
    public interface Program {
        Report run(Lab lab, Experiment experiment) throws IOException;
    }

    public Report run(Lab lab) throws IOException { return program.run(lab, this); }
}
