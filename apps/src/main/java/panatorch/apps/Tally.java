package panatorch.apps;

import panatorch.train.Trainer;

/** Loss and accuracy over the batches so far. */
final class Tally {
    private double loss;
    private long correct, count;

    void add(Trainer.StepResult batch) {
        loss += batch.loss() * batch.count();
        correct += batch.correct();
        count += batch.count();
    }

    double loss() { return loss / count; }

    double accuracy() { return (double) correct / count; }

    long correct() { return correct; }

    long count() { return count; }
}
