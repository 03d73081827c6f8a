package panatorch.train;

import java.util.Map;

/** Stops training when a measure has not improved for a number of epochs. */
public final class EarlyStopping implements Callback {
    private final String measure;
    private final int patience;
    private final double margin;
    private final Best best;

    /**
     * Stops after {@code patience} epochs without an improvement.
     *
     * @param measure {@code loss} or a metric's name, of the test if there is one
     * @param patience number of epochs without an improvement that are tolerated
     */
    public EarlyStopping(String measure, int patience) { this(measure, patience, 0); }

    /**
     * Stops after {@code patience} epochs without an improvement by more than {@code margin}.
     *
     * @param measure {@code loss} or a metric's name, of the test if there is one
     * @param patience number of epochs without an improvement that are tolerated
     * @param margin smallest difference that counts as an improvement
     */
    public EarlyStopping(String measure, int patience, double margin) {
        if (patience < 1) throw new IllegalArgumentException("the patience has to be at least 1 epoch, not " + patience);
        this.measure = measure;
        this.patience = patience;
        this.margin = margin;
        best = new Best(measure);
    }

    @Override public void fitStart(Trainer trainer) { trainer.direction(measure); }

    @Override public void epochEnd(Trainer trainer) {
        if (best.offer(trainer, margin) || trainer.history().getLast().epoch() - best.epoch() < patience) return;
        trainer.stop("the " + measure + " has not improved for " + patience + (patience == 1 ? " epoch" : " epochs") + " since epoch "
                + best.epoch());
    }

    /** Returns the number of the best epoch, from 1; 0 before the first. */
    public long bestEpoch() { return best.epoch(); }

    @Override public Map<String, ?> stateDict() { return best.stateDict(); }

    @Override public void loadStateDict(Map<String, ?> state) { best.loadStateDict(state); }
}
