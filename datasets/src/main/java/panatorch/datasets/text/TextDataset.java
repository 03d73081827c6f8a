package panatorch.datasets.text;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import panatorch.DType;
import panatorch.datasets.Dataset;
import panatorch.datasets.DatasetException;
import panatorch.datasets.Field;
import panatorch.datasets.Item;
import panatorch.datasets.Schema;

/**
 * A dataset of labelled texts as token ids: the fields {@code tokens}, int64 {@code [L]}, {@code lengths} and {@code labels}. A batch is as
 * long as its longest text; shorter ones are padded at their end. The texts lie in the Java heap and are tokenized when they are read.
 *
 * <pre>{@code
 * var tokenizer = new WordPiece(Vocabulary.read(Path.of("vocab.txt")), true);
 * var train = TextDataset.of(Table.tsv(Path.of("sst2/train.tsv")), "sentence", "label", List.of("negative", "positive"), tokenizer, 64);
 * }</pre>
 */
public final class TextDataset implements Dataset {
    private final Table table;
    private final List<String> texts;
    private final int[] labels;
    private final Tokenizer tokenizer;
    private volatile boolean closed;
    private final int maxLength;
    private final Schema schema;

    private TextDataset(Table table, String text, String label, List<String> classNames, Tokenizer tokenizer, int maxLength) {
        if (maxLength < 1) throw new IllegalArgumentException("maxLength must be at least 1, but is " + maxLength);
        this.table = table;
        this.tokenizer = tokenizer;
        this.maxLength = maxLength;
        texts = table.column(text);
        List<String> values = table.column(label);
        labels = new int[texts.size()];
        for (int i = 0; i < labels.length; i++) labels[i] = label(i, values.get(i).strip(), classNames);
        schema = new Schema(List.of(Field.of(Field.TOKENS, DType.INT64, maxLength), Field.of(Field.LENGTHS, DType.INT64), Field.labels()),
                classNames, null);
    }

    /**
     * Makes a dataset of the rows of a table.
     *
     * @param text name of the column of texts
     * @param label name of the column of labels, which are names or numbers of classes
     * @param classNames names of the classes 0, 1, …
     * @param maxLength largest number of tokens of a text; longer texts are truncated
     * @throws DatasetException if a column is missing or a label is no class; the message names the line
     */
    public static TextDataset of(Table table, String text, String label, List<String> classNames, Tokenizer tokenizer, int maxLength) {
        return new TextDataset(table, text, label, classNames, tokenizer, maxLength);
    }

    private int label(int row, String value, List<String> classNames) {
        int label = classNames.indexOf(value);
        if (label >= 0) return label;
        try {
            label = Integer.parseInt(value);
        } catch (NumberFormatException e) {
            label = -1;
        }
        if (label < 0 || label >= classNames.size())
            throw new DatasetException(
                    name(row) + " has the label " + value + "; one of " + String.join(", ", classNames)
                            + " or its number from 0 on was expected");
        return label;
    }

    @Override public int size() { return labels.length; }

    @Override public Schema schema() { return schema; }

    @Override public void read(int index, Item item) {
        if (closed) throw new IllegalStateException("the dataset is closed");
        int[] ids = tokenizer.encode(texts.get(index), maxLength);
        MemorySegment tokens = item.field(0);
        for (int i = 0; i < maxLength; i++) tokens.setAtIndex(ValueLayout.JAVA_LONG, i, i < ids.length ? ids[i] : tokenizer.padding());
        item.trim(0, Math.max(ids.length, 1)); // a batch of empty texts still has a column
        item.set(1, ids.length);
        item.set(2, labels[index]);
    }

    @Override public int label(int index) { return labels[index]; }

    @Override public String name(int index) { return "line " + table.line(index) + " of the file " + table.path(); }

    @Override public void close() { closed = true; }
}
