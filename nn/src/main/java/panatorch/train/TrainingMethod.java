package panatorch.train;

/** A training technique that changes the batch, the forward pass or its loss, or the model from step to step. */
public interface TrainingMethod extends Callback {
    /** Wraps the training objective; evaluation keeps the plain one. Of several methods, the last given is outermost. */
    default Objective around(Objective objective) {
        return objective;
    }
}
