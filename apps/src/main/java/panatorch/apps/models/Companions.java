package panatorch.apps.models;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.datasets.pretrained.Preprocessing;
import panatorch.text.Tokenizer;
import panatorch.text.TokenizerException;
import panatorch.text.Tokenizers;

/**
 * What a model needs besides itself: labels of its classes, how images become inputs, and its tokenizer. It comes from the files that the
 * user names, or else from those that {@code panatorch_export.py} has saved in the model's file.
 */
public final class Companions {
    private static final TypeReference<List<String>> NAMES = new TypeReference<>() {};
    private static final TypeReference<Map<String, String>> NAMES_BY_NUMBER = new TypeReference<>() {};

    private final Map<String, byte[]> files;

    /**
     * Takes a model's companions.
     *
     * @param model the model
     * @param own files that the user names, by the names that such files have in a model
     */
    public Companions(LoadedModel model, Map<String, Path> own) {
        files = new LinkedHashMap<>(model.extraFiles());
        own.forEach((name, path) -> {
            try {
                if (name.equals(LABELS)) files.remove(LABELS_AS_LINES);
                files.put(name, Files.readAllBytes(path));
            } catch (IOException e) {
                throw new InputException("the file cannot be read: " + InputException.reason(e), e);
            }
        });
    }

    /** The names of the files. */
    public static final String LABELS = "labels.json", PREPROCESSING = "preprocessing.json", TOKENIZER = "tokenizer.json";

    private static final String LABELS_AS_LINES = "labels.txt", FACTS = "panatorch.json";

    /** Returns the labels of the classes, or null if there are none. */
    public @Nullable List<String> labels() {
        byte[] json = files.get(LABELS), lines = files.get(LABELS_AS_LINES);
        String text = json != null ? text(json) : lines != null ? text(lines) : null;
        if (text == null) return null;
        try {
            if (text.stripLeading().startsWith("[")) return Json.LINE.readValue(text, NAMES);
            if (!text.stripLeading().startsWith("{")) return text.lines().toList();
            Map<String, String> byNumber = Json.LINE.readValue(text, NAMES_BY_NUMBER); // Hugging Face's id2label
            return byNumber.entrySet().stream().sorted(java.util.Comparator.comparing(e -> Integer.valueOf(e.getKey())))
                    .map(Map.Entry::getValue).toList();
        } catch (JsonProcessingException | NumberFormatException e) {
            throw new InputException("the labels are neither one a line, nor a JSON list of texts", e);
        }
    }

    private static String text(byte[] bytes) { return new String(bytes, StandardCharsets.UTF_8); }

    /** Returns how images become inputs, or null if nothing says so. */
    public @Nullable Preprocessing preprocessing() {
        return parsed(PREPROCESSING, Preprocessing::parse);
    }

    /** Returns the tokenizer, or null if there is none. */
    public @Nullable Tokenizer tokenizer() {
        return parsed(TOKENIZER, Tokenizers::parse);
    }

    private <T> @Nullable T parsed(String name, Function<byte[], T> parse) {
        byte[] json = files.get(name);
        if (json == null) return null;
        try {
            return parse.apply(json);
        } catch (IllegalArgumentException | TokenizerException e) {
            throw new InputException(String.valueOf(e.getMessage()), e);
        }
    }

    /** Returns a number that the exporting program has noted, such as {@code max_length}, or another one if there is none. */
    public int fact(String name, int otherwise) {
        JsonNode value = facts().path(name);
        return value.isInt() ? value.asInt() : otherwise;
    }

    /** Returns the numbers of a list that the exporting program has noted, such as {@code eos_token_ids}; empty if there is none. */
    public Integer[] numbers(String name) {
        var numbers = new ArrayList<Integer>();
        for (JsonNode n : facts().path(name)) if (n.isInt()) numbers.add(n.asInt());
        return numbers.toArray(Integer[]::new);
    }

    private JsonNode facts() {
        byte[] json = files.get(FACTS);
        if (json == null) return MissingNode.getInstance();
        try {
            return Json.LINE.readTree(json);
        } catch (IOException e) {
            throw new InputException("the model's " + FACTS + " is not JSON", e);
        }
    }
}
