package panatorch.apps.reproduce;

import java.util.Map;
import panatorch.data.Batches;
import panatorch.datasets.Dataset;

/** The data set of an experiment. Owns its files until it is closed. */
public interface Examples extends AutoCloseable {
    /** Returns the name for reports. */
    String name();

    Dataset train();

    Dataset test();

    /** Describes the data set in a report. */
    default Map<String, Object> settings() {
        return Map.of("set", name(), "train examples", train().size(), "test examples", test().size());
    }

    /** Greatest number of training examples whose loss is measured. */
    int EVALUATED = 5000;

    /** Returns up to {@link #EVALUATED} training examples in order and without augmentation, for evaluation. */
    Batches trainingAsTest();

    Batches testing();

    @Override default void close() {}
}
