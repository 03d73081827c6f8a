package panatorch.datasets;

import java.util.SequencedMap;

/** @param damaged what was wrong with the items that are not in the batch, by their indices */
record Prepared(Batch batch, SequencedMap<Integer, DatasetException> damaged) {}
