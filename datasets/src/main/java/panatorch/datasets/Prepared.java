package panatorch.datasets;

import java.util.SequencedMap;

/**
 * A prepared batch, and the items that were left out of it.
 *
 * @param damaged the errors of the items left out, by index
 */
record Prepared(Batch batch, SequencedMap<Integer, DatasetException> damaged) {}
