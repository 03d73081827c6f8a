package panatorch.datasets.text;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import panatorch.datasets.DatasetException;

/** Tokens, numbered from 0. */
public final class Vocabulary {
    private final List<String> tokens;
    private final Map<String, Integer> ids = new HashMap<>();

    private Vocabulary(List<String> tokens) {
        this.tokens = List.copyOf(tokens);
        for (int id = 0; id < tokens.size(); id++) ids.putIfAbsent(tokens.get(id), id);
    }

    /** Of a token that is there twice, the first one counts. */
    public static Vocabulary of(List<String> tokens) { return new Vocabulary(tokens); }

    /**
     * Reads a file with a token a line, in UTF-8, as BERT's {@code vocab.txt}.
     *
     * @throws DatasetException if it is missing, empty or no UTF-8
     */
    public static Vocabulary read(Path file) {
        try {
            List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
            if (lines.isEmpty()) throw new DatasetException("the vocabulary " + file + " is empty");
            return new Vocabulary(lines);
        } catch (CharacterCodingException e) {
            throw new DatasetException("the vocabulary " + file + " is no UTF-8", e);
        } catch (IOException e) {
            throw new DatasetException("the vocabulary " + file + " cannot be read: " + e, e);
        }
    }

    /** Writes the file that {@link #read} reads. */
    public void write(Path file) throws IOException { Files.write(file, tokens, StandardCharsets.UTF_8); }

    /**
     * Numbers words by how often they come, the most frequent first, equally frequent ones in the order of their characters.
     *
     * @param special tokens that come before all words
     * @param minCount how often a word has to come
     * @param maxSize how many tokens there are at most, the special ones included
     */
    public static Vocabulary build(Iterable<String> words, List<String> special, int minCount, int maxSize) {
        var counts = new HashMap<String, Integer>();
        for (String word : words) counts.merge(word, 1, Integer::sum);
        special.forEach(counts::remove);
        var tokens = new ArrayList<>(special);
        counts.entrySet().stream().filter(e -> e.getValue() >= minCount)
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()).thenComparing(Map.Entry.comparingByKey()))
                .limit(Math.max(0, maxSize - special.size())).forEach(e -> tokens.add(e.getKey()));
        return new Vocabulary(tokens);
    }

    public int size() { return tokens.size(); }

    public String token(int id) { return tokens.get(id); }

    /** The id of a token; {@code otherwise} if it is none. */
    public int id(String token, int otherwise) { return ids.getOrDefault(token, otherwise); }

    /** The id of a token, or an {@link IllegalArgumentException} if it is none. */
    public int id(String token) {
        Integer id = ids.get(token);
        if (id == null) throw new IllegalArgumentException("the vocabulary of " + size() + " tokens has no " + token);
        return id;
    }
}
