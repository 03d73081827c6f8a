package panatorch.train;

import java.util.List;
import java.util.function.Consumer;

/** The callbacks of a trainer, in the order in which they are called. */
final class Callbacks {
    private final List<Callback> all, called;

    /** @param rank number of this process among those that train together */
    Callbacks(List<Callback> all, int rank) {
        this.all = List.copyOf(all);
        called = all.stream().filter(c -> rank == 0 || !c.onRank0Only()).toList();
    }

    List<Callback> all() { return all; }

    void each(Consumer<Callback> event) { called.forEach(event); }

    /** Calls {@link Callback#fitFailed} of each one, and adds their exceptions to the failure. */
    void fitFailed(Trainer trainer, Throwable failure) {
        each(c -> {
            try {
                c.fitFailed(trainer);
            } catch (RuntimeException another) {
                failure.addSuppressed(another);
            }
        });
    }
}
