package panatorch.train;

/** A change to how a model is trained: of what a batch is, of the forward pass or its loss, or of the model from step to step. */
public interface TrainingMethod extends Callback {
    /** The training objective with this method around it; evaluation keeps the plain one. Of several methods the last given is outermost. */
    default Objective around(Objective objective) { return objective; }
}
