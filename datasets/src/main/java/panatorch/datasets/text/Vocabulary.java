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

/** A list of tokens, whose ids count from 0. */
public final class Vocabulary {
    private final List<String> tokens;
    private final Map<String, Integer> ids = new HashMap<>();

    private Vocabulary(List<String> tokens) {
        this.tokens = List.copyOf(tokens);
        for (int id = 0; id < tokens.size(); id++) ids.putIfAbsent(tokens.get(id), id);
    }

    /** Makes a vocabulary of these tokens. A token that occurs twice has the id of its first place. */
    public static Vocabulary of(List<String> tokens) {
        return new Vocabulary(tokens);
    }

    /**
     * Reads a UTF-8 file with one token a line, such as BERT's {@code vocab.txt}.
     *
     * @throws DatasetException if the file is missing, empty or not UTF-8
     */
    public static Vocabulary read(Path file) {
        try {
            List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
            if (lines.isEmpty()) throw new DatasetException("the vocabulary " + file + " is empty");
            return new Vocabulary(lines);
        } catch (CharacterCodingException e) {
            throw new DatasetException("the vocabulary " + file + " is not UTF-8", e);
        } catch (IOException e) {
            throw new DatasetException("the vocabulary " + file + " cannot be read: " + e, e);
        }
    }

    /** Writes a file that {@link #read} can read. */
    public void write(Path file) throws IOException {
        Files.write(file, tokens, StandardCharsets.UTF_8);
    }

    /**
     * Makes a vocabulary of words by their frequency, the most frequent first. Equally frequent words are sorted by their characters.
     *
     * @param special tokens that come before all words
     * @param minCount smallest frequency of a word that is taken
     * @param maxSize largest number of tokens, the special ones included
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

    /** Returns the id of a token, or {@code otherwise} if the vocabulary does not have it. */
    public int id(String token, int otherwise) {
        return ids.getOrDefault(token, otherwise);
    }

    /**
     * Returns the id of a token.
     *
     * @throws IllegalArgumentException if the vocabulary does not have it
     */
    public int id(String token) {
        Integer id = ids.get(token);
        if (id == null) throw new IllegalArgumentException("the vocabulary of " + size() + " tokens does not have " + token);
        return id;
    }
}
