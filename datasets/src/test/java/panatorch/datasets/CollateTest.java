package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/**
 * Collation by PyTorch's rules:
 *
 * <pre>
 * default_collate([{"x": torch.tensor([i, 2. * i]), "n": i, "f": i / 2, "ok": i > 1, "s": f"s{i}", "m": {"y": i}, "l": [i, f"t{i}"]}
 *                  for i in (1, 2)])
 * # {'x': tensor([[1., 2.], [2., 4.]]), 'n': tensor([1, 2]), 'f': tensor([0.5, 1.], dtype=torch.float64),
 * #  'ok': tensor([False, True]), 's': ['s1', 's2'], 'm': {'y': tensor([1, 2])}, 'l': [tensor([1, 2]), ['t1', 't2']]}
 * </pre>
 */
@NoTensorLeaks
class CollateTest {
    private static Map<String, ?> item(int i) {
        var item = new LinkedHashMap<String, Object>();
        item.put("x", Torch.tensor(new float[] {i, 2f * i}));
        item.put("n", i);
        item.put("f", i / 2.0);
        item.put("ok", i > 1);
        item.put("s", "s" + i);
        item.put("m", Map.of("y", (long) i));
        item.put("l", List.of(i, "t" + i));
        return item;
    }

    @Test void values_are_collated_as_by_pytorch() {
        var loader = DataLoader.of(ItemDataset.of(2, i -> item(i + 1)), 2, Collate.standard()).build();
        try (var batches = loader.epoch(0).scoped()) {
            for (Batch b : batches) {
                assertThat(b.get("x").toFloatArray()).containsExactly(1, 2, 2, 4);
                assertThat(b.get("x").shape()).containsExactly(2, 2);
                assertThat(b.get("n").dtype()).isEqualTo(DType.INT64);
                assertThat(b.get("n").toLongArray()).containsExactly(1, 2);
                assertThat(b.get("f").toDoubleArray()).containsExactly(0.5, 1);
                assertThat(b.get("f").dtype()).isEqualTo(DType.FLOAT64);
                assertThat(b.get("ok").dtype()).isEqualTo(DType.BOOL);
                assertThat(b.get("ok").to(DType.INT64).toLongArray()).containsExactly(0, 1);
                assertThat(b.value("s")).isEqualTo(List.of("s1", "s2"));
                assertThat(((Tensor) ((Map<?, ?>) b.value("m")).get("y")).toLongArray()).containsExactly(1, 2);
                List<?> l = (List<?>) b.value("l");
                assertThat(((Tensor) l.getFirst()).toLongArray()).containsExactly(1, 2);
                assertThat(l.getLast()).isEqualTo(List.of("t1", "t2"));
                assertThat(b.input()).isSameAs(b.get("x"));
            }
        }
    }

    @Test void items_that_do_not_fit_together_are_named() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> Collate.standard().apply(List.of(Map.of("a", 1), Map.of("b", 1))))
                    .hasMessage("item 0 of the batch has the values [a] and item 1 has [b]; they must be the same");
            assertThatThrownBy(() -> Collate.standard().apply(List.of(Map.of("a", Torch.ones(2)), Map.of("a", Torch.ones(3)))))
                    .hasMessage("a is float32 [2] on cpu in item 0 of the batch, but float32 [3] on cpu in item 1; leave it a list by"
                            + " Collate.lists(\"a\"), or give the items one shape");
            assertThatThrownBy(() -> Collate.merge(List.of(1, "x")))
                    .hasMessage("value is a Integer in item 0 of the batch, but a String in item 1");
            assertThatThrownBy(() -> Collate.merge(List.of(1, 2.5)))
                    .hasMessage("value is a whole number in item 0 of the batch, but 2.5 in another one");
            assertThatThrownBy(() -> Collate.merge(List.of(List.of(1), List.of(1, 2))))
                    .hasMessageStartingWith("value has 1 elements in item 0 of the batch, but 2 in item 1");
            assertThatThrownBy(() -> Collate.lists("boxes").apply(List.of(Map.of("a", 1))))
                    .hasMessageStartingWith("the items have no value boxes");
        }
        var loader = DataLoader.of(ItemDataset.of(3, i -> Map.of("a", Torch.ones(i))), 2, Collate.standard()).build();
        try (var epoch = loader.epoch(0)) {
            assertThatThrownBy(epoch::next).isInstanceOf(CompletionException.class)
                    .hasMessageContaining("a is float32 [0] on cpu in item 0 of the batch");
        }
    }

    @Test void tensors_of_different_shapes_may_stay_lists_that_the_batch_owns() {
        var kept = new ArrayList<Tensor>();
        var loader = DataLoader.of(ItemDataset.of(4, i -> Map.of("a", Torch.ones(i), "name", "n" + i)), 2, Collate.lists("a")).build();
        try (var epoch = loader.epoch(0)) {
            for (Batch batch : epoch) {
                kept.addAll(batch.list("a"));
                assertThat(batch.size()).isEqualTo(2);
                batch.close();
            }
        }
        assertThat(kept).hasSize(4).allMatch(Tensor::isClosed);
    }

    @Test void tensors_that_the_dataset_keeps_outlive_the_batch() {
        try (var scope = Scope.open()) {
            List<Tensor> own = List.of(Torch.ones(1), Torch.ones(2));
            var loader = DataLoader.of(ItemDataset.of(own).map(t -> Map.of("a", t)), 2, Collate.lists("a")).build();
            try (var epoch = loader.epoch(0)) {
                for (Batch batch : epoch) batch.close();
            }
            assertThat(own.getLast().toFloatArray()).containsExactly(1, 1);
        }
    }

    @Test void a_function_makes_a_dataset_of_named_tensors() {
        // the form: the fields in the order of their names, as Map.of has no order
        Dataset set = Dataset.of(5, i -> Map.of("b", Torch.full(new long[] {2}, i), "a", Torch.tensor(new long[] {i, i * i})));
        try (var epoch = DataLoader.of(set, 3).build().epoch(0); Batch first = epoch.next(); Batch second = epoch.next()) {
            assertThat(first.tensors().keySet()).containsExactly("a", "b");
            assertThat(first.get("a").toLongArray()).containsExactly(0, 0, 1, 1, 2, 4);
            assertThat(second.get("b").toFloatArray()).containsExactly(3, 3, 4, 4);
        }
        Dataset growing = Dataset.of(2, i -> Map.of("a", Torch.ones(i + 1)));
        try (var epoch = DataLoader.of(growing, 2).build().epoch(0)) {
            assertThatThrownBy(epoch::next).hasMessageContaining(
                    "tensor a of item 1 is float32 [2], but that of item 0 is float32 [1]; an ItemDataset holds items of different shapes");
        }
    }

    @Test void stacked_datasets_give_the_fields_of_both() {
        Dataset squares = Dataset.of(20, i -> Map.of("square", Torch.tensor(new long[] {i * i})));
        try (Batch batch = Dataset.stack(new Numbered(20), squares).batch(3, 4)) {
            assertThat(batch.tensors().keySet()).containsExactly("images", "labels", "square");
            assertThat(batch.get("square").toLongArray()).containsExactly(9, 16);
            assertThat(batch.labels().toLongArray()).containsExactly(0, 1);
        }
        assertThatThrownBy(() -> Dataset.stack(squares, squares)).hasMessage("two fields have the same name: square, square");
        assertThatThrownBy(() -> Dataset.stack(squares, new Numbered(3)))
                .hasMessage("dataset 1 has 3 items, but dataset 0 has 20; stacked datasets must have the same number of items");
        var sets = new LinkedHashMap<String, ItemDataset<?>>();
        sets.put("text", ItemDataset.of(List.of("a", "b")));
        sets.put("number", ItemDataset.of(2, i -> i));
        assertThat(ItemDataset.stack(sets).get(1)).hasToString("{text=b, number=1}");
        assertThat(ItemDataset.concat(List.of(ItemDataset.of(List.of("a")), ItemDataset.of(List.of("b", "c")))).subset(2, 0).get(0))
                .isEqualTo("c");
    }

    @Test void items_are_shuffled_shared_and_skipped_as_fields_are() {
        ItemDataset<Map<String, ?>> set = ItemDataset.of(7, i -> {
            if (i == 2) throw new DatasetException("item 2 is damaged");
            return Map.of("n", i);
        });
        var loader = DataLoader.of(set, 2, Collate.standard()).shuffle().seed(3).skipDamaged().workers(3).build();
        var seen = new ArrayList<Long>();
        try (var batches = loader.epoch(1).scoped()) {
            batches.forEach(b -> {
                for (long n : b.get("n").toLongArray()) seen.add(n);
            });
        }
        assertThat(seen).containsExactlyInAnyOrder(0L, 1L, 3L, 4L, 5L, 6L);
        assertThat(loader.skipped()).containsExactly("item 2");
    }

    @Test void random_choices_of_items_depend_on_the_seed_and_the_epoch_alone() {
        ItemDataset<Integer> set = ItemDataset.of(8, i -> i);
        var random = set.map((i, r) -> Map.of("r", r.nextDouble()));
        assertThat(draws(random, 1, 0)).isEqualTo(draws(random, 4, 0)).isNotEqualTo(draws(random, 1, 1)).doesNotHaveDuplicates();
    }

    private static List<Double> draws(ItemDataset<Map<String, Double>> set, int workers, int epoch) {
        var all = new ArrayList<Double>();
        try (var batches = DataLoader.of(set, 3, Collate.standard()).workers(workers).build().epoch(epoch).scoped()) {
            for (Batch b : batches) for (double d : b.get("r").toDoubleArray()) all.add(d);
        }
        return all;
    }
}
