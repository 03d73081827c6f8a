package panatorch.datasets.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.datasets.Batch;
import panatorch.datasets.DataLoader;
import panatorch.datasets.DatasetException;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class TextDatasetTest {
    private static final List<String> CLASSES = List.of("negative", "positive");

    @TempDir
    Path folder;

    private Path file(String text) throws IOException { return Files.writeString(folder.resolve("file"), text); }

    private Table csv(String text) throws IOException { return Table.csv(file(text)); }

    private Table tsv(String text) throws IOException { return Table.tsv(file(text)); }

    @Test void a_batch_is_padded_to_its_longest_text() throws IOException {
        var table = tsv("label\ttext\n1\tgood good film\nnegative\tbad\n0\t\n");
        var set = TextDataset.of(table, "text", "label", CLASSES, WordTokenizer.build(table.column("text"), 1, 100), 5);
        try (var epoch = DataLoader.of(set, 2).build().epoch(0)) {
            var batches = epoch.iterator();
            try (Batch batch = batches.next()) {
                assertThat(batch.tokens().shape()).containsExactly(2, 3);
                assertThat(batch.tokens().toLongArray()).containsExactly(2, 2, 4, 3, 0, 0);
                assertThat(batch.lengths().toLongArray()).containsExactly(3, 1);
                assertThat(batch.labels().toLongArray()).containsExactly(1, 0);
            }
            try (Batch batch = batches.next()) {
                assertThat(batch.tokens().toLongArray()).as("an empty text").containsExactly(0);
                assertThat(batch.lengths().toLongArray()).containsExactly(0);
            }
        }
        assertThat(set.name(1)).isEqualTo("line 3 of the file " + folder.resolve("file"));
    }

    @Test void a_text_is_cut_at_the_greatest_length() throws IOException {
        var table = tsv("label\ttext\n1\ta b c d\n");
        var set = TextDataset.of(table, "text", "label", CLASSES, WordTokenizer.build(table.column("text"), 1, 100), 3);
        try (Batch batch = set.batch(0)) {
            assertThat(batch.tokens().toLongArray()).containsExactly(2, 3, 4);
        }
    }

    @Test void labels_that_are_no_classes_are_named_with_their_line() throws IOException {
        var tokenizer = WordTokenizer.build(List.of(), 1, 9);
        for (String label : new String[] {"2", "-1", "good", ""}) {
            var table = tsv("text\tlabel\nx\t1\ny\t" + label + "\n");
            assertThatThrownBy(() -> TextDataset.of(table, "text", "label", CLASSES, tokenizer, 3)).isInstanceOf(DatasetException.class)
                    .hasMessage("line 3 of the file " + folder.resolve("file") + " has the label " + label
                            + "; one of negative, positive or its number from 0 on was expected");
        }
        var table = tsv("text\tlabel\n");
        assertThatThrownBy(() -> TextDataset.of(table, "words", "label", CLASSES, tokenizer, 3))
                .hasMessage("the file " + folder.resolve("file") + " has no column words, only text, label");
    }

    @Test void quotes_hold_commas_line_ends_and_quotes() throws IOException {
        var table = csv("\uFEFFname,text\r\n\"a,b\",\"two\nlines \"\"quoted\"\"\"\r\n\r\nc,\r\nd,e\"f");
        assertThat(table.column("name")).containsExactly("a,b", "c", "d");
        assertThat(table.column("text")).containsExactly("two\nlines \"quoted\"", "", "e\"f");
        assertThat(table.line(1)).isEqualTo(5);
    }

    @Test void a_tsv_has_no_quotes() throws IOException {
        assertThat(tsv("a\tb\n\"x\ty\"\n").column("a")).containsExactly("\"x");
    }

    @Test void damaged_tables_are_named_with_their_line() throws IOException {
        String name = " of the file " + folder.resolve("file");
        assertThatThrownBy(() -> csv("a,b\n1,2\n1,2,3\n")).isInstanceOf(DatasetException.class)
                .hasMessage("line 3" + name + " has 3 columns; 2 were expected: a, b");
        assertThatThrownBy(() -> csv("a,b\n\"1\n,2\n")).hasMessage("the quote opened in line 2" + name + " is never closed");
        assertThatThrownBy(() -> csv("a,b\n\"1\"x,2\n"))
                .hasMessage("line 2" + name + " has characters after a closing quote; double a quote inside quotes");
        assertThatThrownBy(() -> csv("")).hasMessageContaining("is empty");
        Files.write(folder.resolve("file"), "a\tb\n\u00e4\t1\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThatThrownBy(() -> Table.tsv(folder.resolve("file"))).hasMessage("the file " + folder.resolve("file") + " is not UTF-8");
        assertThatThrownBy(() -> Table.tsv(folder.resolve("none"))).isInstanceOf(DatasetException.class)
                .hasMessageContaining("none cannot be read");
    }

    @Test void sst2_is_read_whole() {
        String data = System.getenv("PANATORCH_DATA");
        assumeTrue(data != null, "skipped: set PANATORCH_DATA to the folder that holds sst2");
        var table = Table.tsv(Path.of(data, "sst2", "train.tsv"));
        var tokenizer = WordTokenizer.build(table.column("sentence"), 2, 20_000);
        var set = TextDataset.of(table, "sentence", "label", CLASSES, tokenizer, 64);
        assertThat(set.size()).isEqualTo(67_349);
        int positive = 0;
        for (int i = 0; i < set.size(); i++) positive += set.label(i);
        assertThat(positive).isEqualTo(37_569); // GLUE's count
        try (var epoch = DataLoader.of(set, 256).shuffle().workers(2).build().epoch(0)) {
            long tokens = 0;
            for (Batch batch : epoch) {
                try (batch) {
                    for (long n : batch.lengths().toLongArray()) tokens += n;
                    assertThat(batch.tokens().size(1)).isLessThanOrEqualTo(64);
                }
            }
            assertThat(tokens).isBetween(600_000L, 700_000L);
        }
    }
}
