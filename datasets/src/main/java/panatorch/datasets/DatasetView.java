package panatorch.datasets;

/**
 * A view with the items of another dataset, for subclasses that override what they change. As of every view, closing it closes nothing.
 *
 * <pre>{@code
 * final class Counted extends DatasetView {
 *     final AtomicLong reads = new AtomicLong();
 *
 *     Counted(Dataset source) { super(source); }
 *
 *     public void read(int index, Item item) {
 *         reads.incrementAndGet();
 *         super.read(index, item);
 *     }
 * }
 * }</pre>
 */
public abstract class DatasetView implements Dataset {
    private final Dataset source;

    /** Makes a view of a dataset, which the caller still closes. */
    protected DatasetView(Dataset source) { this.source = source; }

    /** Returns the dataset that this view reads. */
    protected final Dataset source() { return source; }

    @Override public int size() { return source.size(); }

    @Override public Schema schema() { return source.schema(); }

    @Override public void read(int index, Item item) { source.read(index, item); }

    @Override public String name(int index) { return source.name(index); }

    @Override public int label(int index) { return source.label(index); }
}
