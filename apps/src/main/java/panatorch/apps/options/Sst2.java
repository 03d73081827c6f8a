package panatorch.apps.options;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.apps.console.InputException;
import panatorch.datasets.Dataset;
import panatorch.datasets.Item;
import panatorch.datasets.Schema;
import panatorch.datasets.text.Table;
import panatorch.datasets.text.TextDataset;
import panatorch.datasets.text.Tokenizer;
import panatorch.datasets.text.Vocabulary;
import panatorch.datasets.text.WordTokenizer;
import panatorch.serialize.AtomicFile;

/**
 * The data set SST-2: sentences of film reviews (Socher et al. 2013) in GLUE's {@code train.tsv} and {@code dev.tsv}, which hold a label, 0
 * or 1, and a sentence.
 */
public final class Sst2 {
    private Sst2() {}

    /** Name of the vocabulary in a run's folder, with which its checkpoints are read. */
    static final String VOCABULARY = "vocab.txt";
    /** Longest text in tokens and largest vocabulary, special tokens included. */
    static final int LENGTH = 64, WORDS = 10_000;
    private static final String MARK = "<cls>", LABEL = "label";
    private static final List<String> CLASSES = List.of("negative", "positive");

    static Path vocabularyBeside(Path checkpoint) { return checkpoint.toAbsolutePath().resolveSibling(VOCABULARY); }

    /**
     * Opens the set.
     *
     * @param data folder of the files
     * @param vocabulary vocabulary of a run; null to build one from the training texts
     */
    static Dataset train(Path data, @Nullable Path vocabulary) { return of(data, "train.tsv", vocabulary); }

    /**
     * Opens the set.
     *
     * @param data folder of the files
     * @param vocabulary vocabulary of a run; null to build one from the training texts
     */
    static Dataset test(Path data, @Nullable Path vocabulary) { return of(data, "dev.tsv", vocabulary); }

    /** Opens the set with the tokenizer of another model. */
    static Dataset test(Path data, Tokenizer tokenizer, int maxLength) {
        return of(data, "dev.tsv", tokenizer, maxLength);
    }

    private static Dataset of(Path data, String file, @Nullable Path vocabulary) {
        return of(data, file, new Marked(vocabulary(data, vocabulary)), LENGTH);
    }

    private static Dataset of(Path data, String file, Tokenizer tokenizer, int maxLength) {
        Table table = Table.tsv(folder(data).resolve(file));
        return new Quoted(TextDataset.of(table, textColumn(table), LABEL, CLASSES, tokenizer, maxLength), table.column(textColumn(table)));
    }

    /** Texts whose name is the text itself, because a reader of a report does not have the file. */
    private record Quoted(Dataset source, List<String> texts) implements Dataset {
        @Override public int size() { return source.size(); }

        @Override public Schema schema() { return source.schema(); }

        @Override public void read(int index, Item item) { source.read(index, item); }

        @Override public int label(int index) { return source.label(index); }

        @Override public String name(int index) { return "“" + texts.get(index) + "”"; }

        @Override public void close() { source.close(); }
    }

    /**
     * Tokenises sentences as inputs of a network, int64 {@code [N, L]}.
     *
     * @param checkpoint checkpoint of a run, whose vocabulary lies beside it
     * @throws InputException if there is no vocabulary
     */
    public static Tensor tokens(List<String> sentences, Path checkpoint) {
        Path words = vocabularyBeside(checkpoint);
        if (!Files.exists(words))
            throw new InputException("there is no " + VOCABULARY + " beside the checkpoint " + checkpoint
                    + ": copy the one of its run there, because the network was trained with its words");
        var tokenizer = new Marked(Vocabulary.read(words));
        List<int[]> rows = sentences.stream().map(s -> tokenizer.encode(s, LENGTH)).toList();
        int longest = rows.stream().mapToInt(r -> r.length).max().orElse(1);
        long[] ids = rows.stream()
                .flatMapToInt(r -> IntStream.concat(Arrays.stream(r), IntStream.generate(tokenizer::padding).limit(longest - r.length)))
                .asLongStream().toArray();
        return Torch.tensor(ids, rows.size(), longest);
    }

    /** Returns the folder {@code sst2} in the data folder if there is one, and otherwise the data folder. */
    private static Path folder(Path data) {
        Path inside = data.resolve("sst2");
        return Files.isDirectory(inside) ? inside : data;
    }

    /** Returns the column of the texts, whose name differs between the files. */
    private static String textColumn(Table table) {
        return table.columns().stream().filter(c -> !c.equals(LABEL)).findFirst().orElse(LABEL);
    }

    private static Vocabulary vocabulary(Path data, @Nullable Path ofRun) {
        return ofRun == null ? vocabulary(data) : Vocabulary.read(ofRun);
    }

    /** Builds a vocabulary from the most frequent words that occur at least twice in the training texts. */
    private static Vocabulary vocabulary(Path data) {
        Table table = Table.tsv(folder(data).resolve("train.tsv"));
        Vocabulary words = WordTokenizer.build(table.column(textColumn(table)), 2, WORDS - 1).vocabulary();
        return Vocabulary.of(Stream.concat(IntStream.range(0, words.size()).mapToObj(words::token), Stream.of(MARK)).toList());
    }

    /** Writes the vocabulary into a run's folder. */
    static void saveVocabulary(Path data, @Nullable Path vocabulary, Path folder) throws IOException {
        Vocabulary v = vocabulary(data, vocabulary);
        AtomicFile.write(folder.resolve(VOCABULARY),
                String.join("\n", IntStream.range(0, v.size()).mapToObj(v::token).toList()).getBytes(StandardCharsets.UTF_8));
    }

    /** A tokenizer that puts a special token first, whose features BERT classifies by. */
    private static final class Marked implements Tokenizer {
        private final WordTokenizer words;
        private final int mark;

        Marked(Vocabulary vocabulary) {
            try {
                words = new WordTokenizer(vocabulary);
                mark = vocabulary.id(MARK);
            } catch (IllegalArgumentException e) {
                throw new InputException("the vocabulary is not one that train has written: " + e.getMessage(), e);
            }
            if (vocabulary.size() > WORDS)
                throw new InputException(
                        "the vocabulary has " + vocabulary.size() + " words, more than the " + WORDS + " that networks have here");
        }

        @Override public int[] encode(String text, int maxLength) {
            return IntStream.concat(IntStream.of(mark), IntStream.of(words.encode(text, maxLength - 1))).toArray();
        }

        @Override public Vocabulary vocabulary() { return words.vocabulary(); }

        @Override public int padding() { return words.padding(); }
    }
}
