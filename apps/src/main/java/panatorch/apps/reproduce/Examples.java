package panatorch.apps.reproduce;

import java.util.Map;
import panatorch.data.Batches;
import panatorch.datasets.Dataset;

/** The data set of an experiment. */
public interface Examples {
    /** Returns the name for reports. */
    String name();

    Dataset train();

    Dataset test();

    /** Describes the data set in a report. */
    default Map<String, Object> settings() {
        return Map.of("set", name(), "train examples", train().size(), "test examples", test().size());
    }

    /** Returns the training examples in order and without augmentation, for evaluation. */
    Batches trainingAsTest();

    Batches testing();
}
