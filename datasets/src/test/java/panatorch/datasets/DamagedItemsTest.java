package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.DType;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class DamagedItemsTest {
    @TempDir
    Path folder;

    /** Item i is the number i and a random one; some are damaged, and say so after they have written rubbish. */
    private static Dataset numbers(int size, Set<Integer> damaged) {
        var schema = new Schema(List.of(Field.of("x", DType.FLOAT32, 2), Field.labels()), List.of(), null);
        return new Numbered(size).map(schema, (from, to) -> {
            int number = from.field(0).get(ValueLayout.JAVA_BYTE, 0);
            to.field(0).fill((byte) 77);
            to.set(1, 77);
            if (damaged.contains(number)) throw new DatasetException("number " + number + " is damaged");
            to.field(0).setAtIndex(ValueLayout.JAVA_FLOAT, 0, number);
            to.field(0).setAtIndex(ValueLayout.JAVA_FLOAT, 1, to.random().nextFloat());
            to.set(1, number);
        });
    }

    /** The labels of each batch, after its inputs. */
    private static List<List<String>> rows(Epoch epoch) {
        var all = new ArrayList<List<String>>();
        try (epoch) {
            for (Batch batch : epoch) {
                try (batch) {
                    float[] x = batch.input().toFloatArray();
                    long[] labels = batch.labels().toLongArray();
                    assertThat(batch.size()).isEqualTo(labels.length);
                    all.add(IntStream.range(0, labels.length).mapToObj(i -> x[2 * i] + " " + x[2 * i + 1] + " " + labels[i]).toList());
                }
            }
        }
        return all;
    }

    @Test void by_default_the_first_ends_the_epoch_and_is_named() {
        try (var epoch = DataLoader.of(numbers(10, Set.of(6)), 4).build().epoch(0)) {
            var batches = epoch.iterator();
            batches.next().close();
            assertThatThrownBy(batches::next).isInstanceOf(CompletionException.class).hasMessageContaining("batch 1 of epoch 0")
                    .hasMessageContaining("number 6 is damaged");
        }
    }

    @Test void skipped_ones_are_missing_from_their_batch_and_all_other_rows_have_the_bits_they_would_have() {
        var bad = Set.of(0, 5, 6, 39);
        var whole = DataLoader.of(numbers(40, Set.of()), 4).shuffle().seed(5).build();
        var expected = rows(whole.epoch(2)).stream()
                .map(batch -> batch.stream().filter(row -> !bad.contains((int) Float.parseFloat(row.split(" ")[0]))).toList()).toList();
        for (int workers : new int[] {1, 2, 5}) {
            var loader = DataLoader.of(numbers(40, bad), 4).shuffle().seed(5).workers(workers).prefetch(workers).skipDamaged().build();
            var epoch = loader.epoch(2);
            assertThat(rows(epoch)).isEqualTo(expected);
            assertThat(epoch.skipped()).isEqualTo(4);
            assertThat(loader.skipped()).containsExactly("item 0", "item 5", "item 6", "item 39");
            var resumed = loader.epoch(2, 7);
            assertThat(rows(resumed)).isEqualTo(expected.subList(7, 10));
            assertThat(loader.skipped()).as("each once").hasSize(4);
        }
    }

    @Test void only_what_was_taken_is_counted() {
        var loader = DataLoader.of(numbers(8, Set.of(0, 3, 4)), 2).prefetch(4).skipDamaged().build();
        try (var epoch = loader.epoch(0)) {
            var batches = epoch.iterator();
            for (int counted : new int[] {1, 2, 3, 3}) {
                batches.next().close();
                assertThat(epoch.skipped()).isEqualTo(counted);
                assertThat(loader.skipped()).hasSize(counted);
            }
        }
    }

    @Test void a_batch_of_damaged_ones_holds_the_next_whole_item_and_an_epoch_keeps_its_number_of_batches() {
        var loader = DataLoader.of(numbers(8, Set.of(2, 3, 4, 6, 7)), 2).skipDamaged().build();
        assertThat(rows(loader.epoch(0)).stream().map(batch -> batch.stream().map(row -> row.split(" ")[2]).toList()))
                .containsExactly(List.of("0", "1"), List.of("5"), List.of("5"), List.of("0"));
        assertThat(loader.skipped()).hasSize(5);
    }

    @Test void an_epoch_without_any_whole_item_fails_with_a_sentence() {
        var loader = DataLoader.of(numbers(9, Set.of(0, 1, 2, 3, 4, 5, 6, 7, 8)), 4).workers(2).skipDamaged().build();
        try (var epoch = loader.epoch(0)) {
            assertThatThrownBy(() -> epoch.iterator().next()).isInstanceOf(CompletionException.class)
                    .hasMessageContaining("all 9 items of the epoch are damaged; the last one: number 8 is damaged");
        }
    }

    @Test void what_is_no_damage_still_ends_the_epoch() {
        var source = new Numbered(4);
        var wrong = source.map(source.schema(), (from, to) -> { throw new IllegalStateException("a bug"); });
        try (var epoch = DataLoader.of(wrong, 2).skipDamaged().build().epoch(0)) {
            assertThatThrownBy(() -> epoch.iterator().next())
                    .hasMessageContaining("item 0 could not be read: java.lang.IllegalStateException: a bug");
        }
    }

    @Test void a_damaged_text_that_was_long_makes_its_batch_no_longer() {
        var schema = new Schema(List.of(Field.of("tokens", DType.INT64, 9), Field.labels()), List.of(), null);
        Dataset texts = new Numbered(4).map(schema, (from, to) -> {
            int number = from.field(0).get(ValueLayout.JAVA_BYTE, 0);
            to.field(0).fill((byte) 0);
            to.trim(0, number == 1 ? 9 : 3);
            if (number == 1) throw new DatasetException("cut off");
            to.set(1, number);
        });
        try (var epoch = DataLoader.of(texts, 4).skipDamaged().build().epoch(0); Batch batch = epoch.iterator().next()) {
            assertThat(batch.input().shape()).containsExactly(3, 3);
        }
    }

    // ---- a folder of images, in a process whose log is read

    /** Trains on nothing: an epoch of a folder, twice. */
    static final class Folder {
        private Folder() {}

        static void main(String[] args) {
            var loader = DataLoader.of(ImageFolder.of(Path.of(args[0]), Framing.center(8)), 3).workers(2).skipDamaged().build();
            for (int e = 0; e < 2; e++) {
                int images = 0;
                try (var epoch = loader.epoch(e)) {
                    for (Batch batch : epoch) {
                        try (batch) {
                            images += batch.size();
                        }
                    }
                    System.out.println(images + " images, " + epoch.skipped() + " skipped");
                }
            }
        }
    }

    @Test void damaged_images_of_a_folder_are_named_once_in_the_log() throws IOException, InterruptedException {
        byte[] png;
        try (var in = DamagedItemsTest.class.getResourceAsStream("images/rgb.png")) {
            png = in.readAllBytes();
        }
        Files.createDirectories(folder.resolve("images/cat"));
        for (int i = 0; i < 10; i++)
            Files.write(folder.resolve("images/cat/" + i + ".png"), i == 4 ? Arrays.copyOf(png, 60) : i == 7 ? new byte[0] : png);
        Path output = folder.resolve("output.txt");
        Process program = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED", "-Dlog4j2.level=warn",
                "-cp", System.getProperty("java.class.path"), Folder.class.getName(), folder.resolve("images").toString()))
                .redirectErrorStream(true).redirectOutput(output.toFile()).start();
        assertThat(program.waitFor(1, TimeUnit.MINUTES)).isTrue();
        String said = Files.readString(output, StandardCharsets.UTF_8);
        assertThat(said.lines().filter(l -> l.endsWith("skipped"))).containsExactly("8 images, 2 skipped", "8 images, 2 skipped");
        assertThat(said.lines().filter(l -> l.contains("WARN"))).as(said).satisfiesExactly(
                l -> assertThat(l).contains("skipped " + folder.resolve("images/cat/4.png") + ", damaged items so far: 1. the image "),
                l -> assertThat(l).contains("skipped " + folder.resolve("images/cat/7.png") + ", damaged items so far: 2. the image ")
                        .endsWith("7.png cannot be read: it is empty"));
    }
}
