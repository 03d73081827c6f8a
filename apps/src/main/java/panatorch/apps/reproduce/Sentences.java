package panatorch.apps.reproduce;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import panatorch.data.Batches;
import panatorch.datasets.DataLoader;
import panatorch.datasets.Dataset;
import panatorch.datasets.DatasetException;
import panatorch.datasets.text.Table;
import panatorch.datasets.text.TextDataset;
import panatorch.datasets.text.Vocabulary;
import panatorch.datasets.text.WordPiece;

/** SST-2, GLUE's sentences of film reviews. The vocabulary is built from the training sentences, because BERT's own is not available. */
record Sentences(Dataset train, Dataset test, int vocabulary, int testBatch) implements Examples {
    private static final Pattern WORD = Pattern.compile("\\p{Alnum}+|[^\\s\\p{Alnum}]");
    private static final List<String> CLASSES = List.of("negative", "positive"), SPECIAL = List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]");

    /**
     * Opens the data set.
     *
     * @param sentences greatest number of training sentences; the vocabulary is built from these
     * @param testBatch sentences of a batch of {@link #testing}
     * @throws DatasetException without a data folder
     */
    static Sentences sst2(Lab lab, int sentences, int maxTokens, int testBatch) {
        Path data = lab.data();
        if (data == null) throw new DatasetException("this experiment is about SST-2: name the folder that holds sst2 by --data DIR");
        Table train = Table.tsv(data.resolve("sst2/train.tsv")), test = Table.tsv(data.resolve("sst2/dev.tsv"));
        List<String> texts = train.column("sentence");
        var words = new ArrayList<String>();
        for (String text : texts.subList(0, Math.min(sentences, texts.size())))
            WORD.matcher(text).results().forEach(m -> words.add(m.group()));
        var vocabulary = Vocabulary.build(words, SPECIAL, 2, 30522);
        var tokenizer = new WordPiece(vocabulary, true);
        return new Sentences(TextDataset.of(train, "sentence", "label", CLASSES, tokenizer, maxTokens).limit(sentences),
                TextDataset.of(test, "content", "label", CLASSES, tokenizer, maxTokens), vocabulary.size(), testBatch);
    }

    @Override public String name() { return "SST-2"; }

    /** Returns training batches, in a new order each epoch, without a smaller last batch. */
    Batches training(int batchSize, long seed) {
        return DataLoader.of(train, batchSize).shuffle().seed(seed).dropLast().build();
    }

    @Override public Batches trainingAsTest() { return DataLoader.of(train.spaced(EVALUATED), testBatch).build(); }

    @Override public Batches testing() { return DataLoader.of(test, testBatch).build(); }
}
