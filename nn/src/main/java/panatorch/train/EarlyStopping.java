package panatorch.train;

import java.util.Map;

/**
 * Ends training when a measure has not become better for a number of epochs. Lower is better for {@code loss}, and for a metric what its
 * {@link Metric#direction} says. A fit whose trainer has no metric of that name fails at its start with an {@link IllegalArgumentException}.
 */
public final class EarlyStopping implements Callback {
    private final String measure;
    private final int patience;
    private final double margin;
    private final Best best;

    /** @param measure {@code loss} or a metric's name, of the test if there is one; @param patience epochs that may be no better */
    public EarlyStopping(String measure, int patience) { this(measure, patience, 0); }

    /** @param margin how much better counts */
    public EarlyStopping(String measure, int patience, double margin) {
        if (patience < 1) throw new IllegalArgumentException("a patience is of at least one epoch, not " + patience);
        this.measure = measure;
        this.patience = patience;
        this.margin = margin;
        best = new Best(measure);
    }

    @Override public void fitStart(Trainer trainer) { trainer.direction(measure); }

    @Override public void epochEnd(Trainer trainer) {
        if (best.offer(trainer, margin) || trainer.history().getLast().epoch() - best.epoch() < patience) return;
        trainer.stop("the " + measure + " has not become better for " + patience + (patience == 1 ? " epoch" : " epochs") + " since epoch " + best.epoch());
    }

    /** From 1; 0 before the first. */
    public long bestEpoch() { return best.epoch(); }

    @Override public Map<String, ?> stateDict() { return best.stateDict(); }

    @Override public void loadStateDict(Map<String, ?> state) { best.loadStateDict(state); }
}
