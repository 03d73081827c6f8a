package panatorch.apps.report;

import java.io.PrintWriter;
import panatorch.apps.console.Terminal;
import panatorch.apps.measures.Progress;

/** Chooses how the progress of a run is shown. */
public final class ProgressDisplay {
    private ProgressDisplay() {}

    /** Returns a bar on a terminal, and lines elsewhere or if the run is to be quiet. */
    public static Progress of(Progress.Plan plan, PrintWriter out, boolean quiet) {
        return Terminal.present() && !quiet ? new BarProgress(plan, out) : new LineProgress(plan, out);
    }
}
