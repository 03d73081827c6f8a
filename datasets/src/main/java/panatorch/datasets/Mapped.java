package panatorch.datasets;

/** A view of another dataset whose items are transformed when they are read. */
record Mapped(Dataset source, Schema schema, Change change) implements Dataset {
    @Override public int size() { return source.size(); }

    @Override public void read(int index, Item item) {
        Item from = Item.alone(source.schema(), item.seed());
        source.read(index, from);
        change.apply(from, item);
    }

    @Override public String name(int index) { return source.name(index); }
}
