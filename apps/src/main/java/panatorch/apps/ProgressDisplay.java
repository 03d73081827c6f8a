package panatorch.apps;

import java.io.PrintWriter;

/** Chooses how the progress of a run is shown. */
final class ProgressDisplay {
    private ProgressDisplay() {}

    /** Returns a bar on a terminal, and lines elsewhere or if the run is to be quiet. */
    static Progress of(Progress.Plan plan, PrintWriter out, boolean quiet) {
        return Terminal.present() && !quiet ? new BarProgress(plan, out) : new LineProgress(plan, out);
    }
}
