package panatorch.apps.reproduce;

import java.util.Map;
import panatorch.data.Batches;
import panatorch.datasets.Dataset;

/** What an experiment trains and evaluates on. */
public interface Examples {
    /** As reports have it. */
    String name();

    Dataset train();

    Dataset test();

    /** What a report says of it. */
    default Map<String, Object> settings() { return Map.of("set", name(), "train examples", train().size(), "test examples", test().size()); }

    /** The training examples as they are evaluated: in order, not varied. */
    Batches trainingAsTest();

    Batches testing();
}
