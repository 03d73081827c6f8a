package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.datasets.transforms.Compose;
import panatorch.datasets.transforms.Normalize;
import panatorch.datasets.transforms.RandomCrop;
import panatorch.datasets.transforms.RandomHorizontalFlip;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class DataLoaderTest {
    private final Dataset ten = new Numbered(10);

    /** All pixels of an epoch, a row a batch. */
    private static List<float[]> pixels(Epoch epoch) {
        var all = new ArrayList<float[]>();
        try (epoch) {
            for (Batch batch : epoch) {
                try (batch) {
                    all.add(batch.images().toFloatArray());
                }
            }
        }
        return all;
    }

    private static DataLoader augmented(int prefetch) {
        var set = Synthetic.train(40, 3);
        return DataLoader.of(set, 16).shuffle().seed(9).prefetch(prefetch)
                .transform(Compose.of(new RandomCrop(32, 4), new RandomHorizontalFlip(0.5), new Normalize(set.mean(), set.std()))).build();
    }

    @Test void without_options_batches_are_in_order_and_images_between_0_and_1_as_of_to_tensor() {
        try (var epoch = DataLoader.of(ten, 4).build().epoch(0)) {
            int image = 0;
            for (Batch batch : epoch) {
                try (batch) {
                    assertThat(batch.images().dtype()).isEqualTo(DType.FLOAT32);
                    assertThat(batch.labels().dtype()).isEqualTo(DType.INT64);
                    assertThat(batch.images().shape()).containsExactly(batch.size(), 1, 2, 2);
                    float[] values = batch.images().toFloatArray();
                    long[] labels = batch.labels().toLongArray();
                    for (int i = 0; i < batch.size(); i++, image++) {
                        assertThat(values[4 * i]).isEqualTo(image / 255f);
                        assertThat(labels[i]).isEqualTo(image % 3);
                    }
                }
            }
            assertThat(image).isEqualTo(10);
        }
    }

    @Test void the_last_batch_is_smaller_or_left_out() {
        assertThat(DataLoader.of(ten, 4).build().count()).isEqualTo(3);
        assertThat(pixels(DataLoader.of(ten, 4).build().epoch(0)).getLast()).hasSize(8);
        assertThat(DataLoader.of(ten, 4).dropLast().build().count()).isEqualTo(2);
        assertThat(pixels(DataLoader.of(ten, 4).dropLast().build().epoch(0))).hasSize(2);
        assertThat(DataLoader.of(ten, 5).build().count()).isEqualTo(2);
    }

    @Test void an_empty_set_has_no_batches() {
        assertThat(pixels(DataLoader.of(new Numbered(0), 4).shuffle().build().epoch(0))).isEmpty();
        assertThat(pixels(DataLoader.of(ten, 11).dropLast().build().epoch(0))).isEmpty();
    }

    @Test void an_epoch_is_the_same_whatever_the_prefetch_and_whoever_iterates() {
        var expected = pixels(augmented(1).epoch(2));
        assertThat(expected).hasSize(3);
        assertThat(pixels(augmented(5).epoch(2))).usingRecursiveComparison().isEqualTo(expected);
        var loader = augmented(2);
        pixels(loader.epoch(0));
        assertThat(pixels(loader.epoch(2))).usingRecursiveComparison().isEqualTo(expected);
    }

    /** A set of which every item takes another time and draws another number. */
    private static Dataset unsteady(int size) {
        return new Numbered(size).map(new Schema(List.of(Field.of("x", DType.FLOAT32, 1), Field.labels()), List.of(), null), (from, to) -> {
            Thread.yield();
            LockSupport.parkNanos(from.field(0).get(ValueLayout.JAVA_BYTE, 0) % 5 * 200_000L);
            to.field(0).set(ValueLayout.JAVA_FLOAT, 0, from.field(0).get(ValueLayout.JAVA_BYTE, 0) + to.random().nextFloat());
            to.set(1, from.get(1));
        });
    }

    private static List<float[]> inputs(Epoch epoch) {
        var all = new ArrayList<float[]>();
        try (epoch) {
            for (Batch batch : epoch) {
                try (batch) {
                    all.add(batch.input().toFloatArray());
                }
            }
        }
        return all;
    }

    @Test void an_epoch_is_the_same_whatever_the_number_of_workers() {
        var one = DataLoader.of(unsteady(50), 4).shuffle().seed(3).transform((x, g) -> x.add(Aten.rand(new long[] {1}, g)));
        var expected = inputs(one.build().epoch(1));
        assertThat(expected).hasSize(13);
        assertThat(inputs(one.workers(4).build().epoch(1))).usingRecursiveComparison().isEqualTo(expected);
        assertThat(inputs(one.workers(3).prefetch(7).build().epoch(1, 5))).usingRecursiveComparison().isEqualTo(expected.subList(5, 13));
        assertThat(inputs(one.build().epoch(2)).getFirst()).isNotEqualTo(expected.getFirst());
    }

    @Test void batches_go_to_the_device_before_they_are_transformed() {
        try (var epoch = DataLoader.of(ten, 5).device(Device.META).transform((x, g) -> x.mul(2)).build().epoch(0);
                Batch batch = epoch.iterator().next()) {
            assertThat(batch.images().device()).isEqualTo(Device.META);
            assertThat(batch.labels().device()).isEqualTo(Device.META);
            assertThat(batch.images().shape()).containsExactly(5, 1, 2, 2);
        }
        assertThat(pixels(DataLoader.of(ten, 10).device(Device.CPU).build().epoch(0))).usingRecursiveComparison()
                .isEqualTo(pixels(DataLoader.of(ten, 10).build().epoch(0)));
    }

    @Test void items_without_statistics_are_left_as_they_are() {
        try (var epoch = DataLoader.of(unsteady(5), 5).build().epoch(0); Batch batch = epoch.iterator().next()) {
            assertThat(batch.tensors().keySet()).containsExactly("x", "labels");
            assertThat(batch.get("x").shape()).containsExactly(5, 1);
        }
    }

    @Test void epochs_that_run_at_once_do_not_disturb_each_other() {
        var loader = augmented(1);
        var expected = pixels(loader.epoch(1));
        var first = loader.epoch(0);
        assertThat(pixels(loader.epoch(1))).usingRecursiveComparison().isEqualTo(expected);
        first.close();
    }

    @Test void epochs_differ_in_order_and_draws() {
        var loader = DataLoader.of(ten, 10).shuffle().build();
        assertThat(pixels(loader.epoch(0)).getFirst()).isNotEqualTo(pixels(loader.epoch(1)).getFirst());
        var set = Synthetic.train(8, 0);
        var cropping = DataLoader.of(set, 8).transform(new RandomCrop(32, 4)).build();
        assertThat(pixels(cropping.epoch(0)).getFirst()).isNotEqualTo(pixels(cropping.epoch(1)).getFirst());
    }

    @Test void a_resumed_epoch_continues_bit_exactly() {
        var loader = augmented(2);
        var whole = pixels(loader.epoch(4));
        assertThat(pixels(loader.epoch(4, 1))).usingRecursiveComparison().isEqualTo(whole.subList(1, 3));
        assertThat(pixels(loader.epoch(4, 3))).isEmpty();
        assertThatThrownBy(() -> loader.epoch(4, 4)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("firstBatch must lie between 0 and 3, the number of batches, but is 4");
    }

    @Test void a_sampler_of_ones_own_decides_which_images_come() {
        var odd = new Sampler() {
            @Override public int size() { return 2; }

            @Override public int[] order(long epoch) { return new int[] {7, (int) epoch}; }
        };
        assertThat(pixels(DataLoader.of(ten, 2).sampler(odd).build().epoch(3)).getFirst()).containsExactly(7 / 255f, 7 / 255f, 7 / 255f,
                7 / 255f, 3 / 255f, 3 / 255f, 3 / 255f, 3 / 255f);
    }

    @Test void batches_survive_the_scopes_of_both_threads() {
        try (var epoch = DataLoader.of(ten, 10).build().epoch(0)) {
            Batch batch;
            try (var scope = Scope.open()) {
                batch = epoch.iterator().next();
            }
            try (batch) {
                assertThat(batch.images().isClosed()).isFalse();
            }
            assertThat(batch.images().isClosed()).isTrue();
            batch.close();
        }
    }

    @Test void the_loader_uses_one_thread_and_leaves_the_others_theirs() {
        int before = Torch.numThreads();
        Torch.setNumThreads(3);
        try (var epoch = DataLoader.of(ten, 1).transform((x, g) -> x.fill_(Torch.numThreads())).build().epoch(0);
                Batch batch = epoch.iterator().next()) {
            assertThat(batch.images().toFloatArray()).as("threads of the loader's operators").containsOnly(1);
            assertThat(Torch.numThreads()).isEqualTo(3);
            assertThat(CompletableFuture.supplyAsync(Torch::numThreads, task -> Thread.ofPlatform().start(task)).join())
                    .as("threads of a new thread's operators").isEqualTo(3);
        } finally {
            Torch.setNumThreads(before);
        }
    }

    @Test void impossible_options_are_refused() {
        assertThatThrownBy(() -> DataLoader.of(ten, 0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("batchSize must be at least 1, but is 0");
        assertThatThrownBy(() -> DataLoader.of(ten, 1).prefetch(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("prefetch must be at least 1, but is 0");
        assertThatThrownBy(() -> DataLoader.of(ten, 1).workers(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("workers must be at least 1, but is 0");
    }

    @Test void all_images_come_once_an_epoch() {
        var seen = pixels(DataLoader.of(ten, 3).shuffle().seed(1).build().epoch(6)).stream()
                .flatMapToInt(batch -> IntStream.range(0, batch.length / 4).map(i -> Math.round(255 * batch[4 * i])));
        assertThat(seen.toArray()).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7, 8, 9);
    }

    /** The inputs' first pixels and the targets of what a training loop takes, from a batch on. */
    private static List<List<Double>> taken(Batches batches, long number, int first) {
        var all = new ArrayList<List<Double>>();
        try (var epoch = batches.epoch(number, first)) {
            while (epoch.hasNext()) {
                try (Batches.Pair pair = epoch.next(); var scope = Scope.open()) {
                    Tensor target = pair.target();
                    all.add(List.of((double) Math.round(pair.input().reshape(-1).select(0, 0).itemDouble() * 255),
                            target == null ? -1 : target.select(0, 0).itemDouble()));
                }
            }
        }
        return all;
    }

    @Test void a_loader_is_what_a_training_loop_takes() {
        Batches batches = DataLoader.of(ten, 4).build();
        assertThat(batches.count()).isEqualTo(3);
        assertThat(taken(batches, 1, 0)).containsExactly(List.of(0.0, 0.0), List.of(4.0, 1.0), List.of(8.0, 2.0));
        assertThat(taken(batches, 1, 1)).containsExactly(List.of(4.0, 1.0), List.of(8.0, 2.0));
    }

    @Test void without_labels_there_is_no_target_and_any_field_may_be_one() {
        try (var scope = Scope.open()) {
            var fields = new LinkedHashMap<String, Tensor>();
            fields.put("low", Torch.tensor(new float[] {1, 2, 3}, 3));
            fields.put("high", Torch.tensor(new float[] {4, 5, 6}, 3));
            var loader = DataLoader.of(TensorDataset.of(fields, List.of()), 2).build();
            assertThat(taken(loader, 1, 0)).containsExactly(List.of(255.0, -1.0), List.of(3 * 255.0, -1.0));
            assertThat(taken(loader.pairs(b -> b.get("high"), b -> b.get("low")), 1, 0)).containsExactly(List.of(4 * 255.0, 1.0),
                    List.of(6 * 255.0, 3.0));
            assertThat(taken(loader.pairs(Batch::input, b -> null), 1, 1)).containsExactly(List.of(3 * 255.0, -1.0));
        }
    }

    private static DataLoader.Builder shuffled(Dataset set, int size) {
        return DataLoader.of(set, size).shuffle().seed(9);
    }

    /** The items of each batch of {@link Numbered}. */
    private static List<List<Integer>> items(DataLoader loader) {
        return pixels(loader.epoch(2)).stream()
                .map(batch -> IntStream.range(0, batch.length / 4).mapToObj(i -> Math.round(batch[4 * i] * 255)).toList()).toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 6}) void batches_of_all_ranks_together_are_those_of_one_process(int ranks) {
        var set = new Numbered(36);
        List<List<Integer>> whole = items(shuffled(set, 12).build());
        for (int b = 0; b < whole.size(); b++) {
            var together = new ArrayList<Integer>();
            for (int r = 0; r < ranks; r++) together.addAll(items(shuffled(set, 12 / ranks).rank(r, ranks).build()).get(b));
            assertThat(together).containsExactlyInAnyOrderElementsOf(whole.get(b));
        }
    }

    @Test void shares_for_training_have_one_size_and_those_for_evaluation_no_item_twice() {
        for (int r = 0; r < 3; r++) {
            assertThat(items(DataLoader.of(ten, 2).rank(r, 3).build()).stream().mapToInt(List::size)).containsExactly(2, 2);
            assertThat(items(DataLoader.of(ten, 2).dropLast().rank(r, 3).build()).stream().mapToInt(List::size)).containsExactly(2);
        }
        var once = new ArrayList<Integer>();
        for (int r = 0; r < 4; r++) items(DataLoader.of(ten, 2).rank(r, 4, false).build()).forEach(once::addAll);
        assertThat(once).containsExactly(0, 4, 8, 1, 5, 9, 2, 6, 3, 7);
        assertThat(DataLoader.of(new Numbered(2), 2).rank(3, 4, false).build().count()).isZero();
        assertThatThrownBy(() -> DataLoader.of(ten, 2).rank(4, 4)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the rank must be from 0 to 3, but is 4");
    }

    @Test void ranks_draw_other_random_numbers_for_their_batches() {
        var set = Synthetic.train(8, 3);
        DataLoader first = crops(set, 0), second = crops(set, 1);
        assertThat(pixels(first.epoch(0)).getFirst()).isNotEqualTo(pixels(second.epoch(0)).getFirst());
    }

    /** Crops of items 0, 0, 0 … on both ranks. */
    private static DataLoader crops(Dataset set, int rank) {
        return DataLoader.of(set.subset(new int[8]), 4).rank(rank, 2).transform(new RandomCrop(32, 4)).build();
    }
}
