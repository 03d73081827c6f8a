package panatorch.datasets;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.function.BiFunction;
import java.util.function.IntFunction;
import java.util.random.RandomGenerator;
import panatorch.Tensor;

/** Datasets of items that are made of functions and of other datasets. */
final class ItemViews {
    private ItemViews() {}

    static <T> ItemDataset<T> of(int size, IntFunction<? extends T> items) {
        if (size < 0) throw new IllegalArgumentException("size must be at least 0, but is " + size);
        return new Made<>(size, items);
    }

    record Made<T>(int size, IntFunction<? extends T> items) implements ItemDataset<T> {
        @Override public T get(int index, RandomGenerator random) { return items.apply(Objects.checkIndex(index, size)); }
    }

    record OfDataset(Dataset set) implements ItemDataset<Map<String, Tensor>> {
        @Override public int size() { return set.size(); }

        @Override public String name(int index) { return set.name(index); }

        @Override public Map<String, Tensor> get(int index, RandomGenerator random) {
            var values = new LinkedHashMap<String, Tensor>();
            Batch one = set.batch(index);
            one.tensors().forEach((name, t) -> values.put(name, t.squeeze(0)));
            one.close();
            return values;
        }
    }

    record Mapped<T, R>(ItemDataset<T> source, BiFunction<? super T, ? super RandomGenerator, ? extends R> change)
            implements
                ItemDataset<R> {
        @Override public int size() { return source.size(); }

        @Override public String name(int index) { return source.name(index); }

        @Override public R get(int index, RandomGenerator random) { return change.apply(source.get(index, random), random); }
    }

    record Chosen<T>(ItemDataset<T> source, int[] indices) implements ItemDataset<T> {
        Chosen {
            indices = indices.clone();
            for (int i : indices) Objects.checkIndex(i, source.size());
        }

        private int place(int index) { return indices[Objects.checkIndex(index, indices.length)]; }

        @Override public int size() { return indices.length; }

        @Override public String name(int index) { return source.name(place(index)); }

        @Override public T get(int index, RandomGenerator random) { return source.get(place(index), random); }
    }

    static final class Joined<T> implements ItemDataset<T> {
        private final List<? extends ItemDataset<? extends T>> sets;
        private final int[] begins; // the first index of each dataset, then the size of all

        Joined(List<? extends ItemDataset<? extends T>> sets) {
            if (sets.isEmpty()) throw new IllegalArgumentException("there is no dataset to concatenate; pass at least one");
            this.sets = List.copyOf(sets);
            begins = new int[sets.size() + 1];
            for (int s = 0; s < sets.size(); s++) begins[s + 1] = Math.addExact(begins[s], sets.get(s).size());
        }

        private int set(int index) {
            Objects.checkIndex(index, size());
            int at = Arrays.binarySearch(begins, index);
            if (at < 0) return -at - 2;
            while (begins[at + 1] == index) at++; // empty datasets begin at the same index
            return at;
        }

        @Override public int size() { return begins[sets.size()]; }

        @Override public String name(int index) {
            int s = set(index);
            return sets.get(s).name(index - begins[s]);
        }

        @Override public T get(int index, RandomGenerator random) {
            int s = set(index);
            return sets.get(s).get(index - begins[s], random);
        }
    }

    record Stacked(SequencedMap<String, ItemDataset<?>> sets) implements ItemDataset<Map<String, ?>> {
        Stacked {
            if (sets.isEmpty()) throw new IllegalArgumentException("there is no dataset to stack; pass at least one");
            var first = sets.firstEntry();
            sets.forEach((name, set) -> {
                if (set.size() != first.getValue().size())
                    throw new IllegalArgumentException("dataset " + name + " has " + set.size() + " items, but " + first.getKey() + " has "
                            + first.getValue().size() + "; stacked datasets must have the same number of items");
            });
        }

        @Override public int size() { return sets.firstEntry().getValue().size(); }

        @Override public String name(int index) { return sets.firstEntry().getValue().name(index); }

        @Override public Map<String, ?> get(int index, RandomGenerator random) {
            var values = new LinkedHashMap<String, Object>();
            sets.forEach((name, set) -> values.put(name, set.get(index, random)));
            return values;
        }
    }
}
