package panatorch.datasets;

import java.util.List;

/** A view whose items have the fields of several datasets' items of the same index. */
final class Stacked implements Dataset {
    private final List<Dataset> sets;
    private final Schema schema;

    Stacked(List<Dataset> sets) {
        if (sets.isEmpty()) throw new IllegalArgumentException("there is no dataset to stack; pass at least one");
        this.sets = sets;
        Schema first = sets.getFirst().schema();
        for (int s = 1; s < sets.size(); s++)
            if (sets.get(s).size() != size())
                throw new IllegalArgumentException("dataset " + s + " has " + sets.get(s).size() + " items, but dataset 0 has " + size()
                        + "; stacked datasets must have the same number of items");
        List<String> classes = sets.stream().map(Dataset::classNames).filter(names -> !names.isEmpty()).findFirst().orElse(List.of());
        schema = new Schema(sets.stream().flatMap(set -> set.schema().fields().stream()).toList(), classes, first.pixels());
    }

    @Override public int size() { return sets.getFirst().size(); }

    @Override public Schema schema() { return schema; }

    @Override public void read(int index, Item item) {
        int from = 0;
        for (Dataset set : sets) {
            item.fill(from, set, index);
            from += set.schema().fields().size();
        }
    }

    @Override public String name(int index) { return sets.getFirst().name(index); }
}
