package panatorch.apps.reproduce;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * A published experiment that can be repeated.
 *
 * @param name name on the command line
 * @param title what is compared, in a sentence
 * @param source the paper, and where the published figures were found
 * @param anyImages whether the user may choose another data set
 * @param program sets the experiment up
 */
public record Experiment(String name, String title, String source, boolean anyImages, Program program) {
    /** Creates an experiment with a fixed data set. */
    public Experiment(String name, String title, String source, Program program) {
        this(name, title, source, false, program);
    }

    @FunctionalInterface
    public interface Program {
        Study open(Lab lab);
    }

    /** Opens the data set and sets up the variants. The caller closes the study. */
    public Study open(Lab lab) { return program.open(lab); }

    /**
     * Runs the trials that the folder does not have yet. Each result, and after each a report, is written to the folder; a trial that is
     * stopped goes on from its last epoch the next time.
     *
     * @param folder folder of the results, which exists
     * @param variants names of the variants to run
     * @return the report of everything that the folder has now
     */
    public Report run(Lab lab, Study study, Path folder, Set<String> variants) throws IOException {
        var sweep = new Sweep(lab, this, study, new TrialFolder(folder, name, study));
        sweep.run(variants, report -> report.write(folder));
        Report report = sweep.report();
        report.write(folder);
        return report;
    }

    /**
     * Copies the finished trials of other folders into one, and writes the report of all.
     *
     * @param folder folder of the results, which exists
     * @param others folders of the same experiment with the same settings
     */
    public Report merge(Lab lab, Study study, Path folder, List<Path> others) throws IOException {
        var trials = new TrialFolder(folder, name, study);
        for (Path other : others) {
            int copied = trials.merge(other, study.variants());
            lab.say(other + ": " + copied + (copied == 1 ? " new trial" : " new trials"));
        }
        Report report = new Sweep(lab, this, study, trials).report();
        report.write(folder);
        return report;
    }
}
