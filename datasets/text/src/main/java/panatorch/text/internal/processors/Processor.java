package panatorch.text.internal.processors;

import java.util.List;
import panatorch.text.internal.Row;

/** What puts special tokens around the rows of one text or two. Immutable, for any number of threads. */
public interface Processor {
    /** Returns the number of special tokens of one text or two. */
    int added(boolean pair);

    /**
     * Returns rows that are joined to one.
     *
     * @param rows the rows of the texts, which may be changed
     * @param specialTokens whether to add special tokens
     */
    List<Row> process(List<Row> rows, boolean specialTokens);
}
