package panatorch.apps.run;

import java.io.PrintWriter;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import panatorch.distributed.DistributedException;
import panatorch.distributed.Launch;
import panatorch.distributed.ProcessGroup;

/** The processes that a launcher, such as {@code panatorch launch} or torchrun, has started together with this one. */
public final class LaunchedGroup {
    private LaunchedGroup() {}

    /** Returns whether the launcher has started all processes again after a failure, as torchrun's {@code --max-restarts} does. */
    public static boolean isRestarted() {
        return Launch.present() && environment().restarts() > 0;
    }

    private static Launch environment() {
        try {
            return Launch.environment();
        } catch (IllegalStateException e) {
            throw new InputException(String.valueOf(e.getMessage()), e);
        }
    }

    /**
     * Joins the other processes, and waits for them.
     *
     * @param out where rank 0 prints that it waits
     * @return the group, which the caller closes; null if this process was started alone
     * @throws InputException if the launcher's environment variables are incomplete or wrong
     * @throws DistributedException if a process does not join within ten minutes
     */
    public static @Nullable ProcessGroup join(PrintWriter out, boolean silent) throws InterruptedException {
        if (!Launch.present()) return null;
        Launch launch = environment();
        if (launch.ranks() == 1) return null;
        if (launch.rank() == 0 && !silent) {
            out.println("Rank 0 of " + launch.ranks() + " waits for the others at " + launch.master() + ":" + launch.port() + ".");
            out.flush();
        }
        return ProcessGroup.join(launch, ProcessGroup.Options.standard());
    }
}
