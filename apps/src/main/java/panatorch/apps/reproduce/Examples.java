package panatorch.apps.reproduce;

import panatorch.train.Batches;

/** What an experiment evaluates on. */
public interface Examples {
    /** The training examples as they are evaluated: in order, not varied. */
    Batches trainingAsTest();

    Batches testing();
}
