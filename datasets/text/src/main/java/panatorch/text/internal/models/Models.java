package panatorch.text.internal.models;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.text.internal.Field;
import panatorch.text.internal.MalformedFieldException;

/** Reads the field {@code model}. */
public final class Models {
    private Models() {}

    /** Makes BERT's model of a list of tokens, whose ids count from 0. */
    public static Model bert(Map<String, Integer> ids, String unknown) {
        return new Cached(new WordPiece(new Vocabulary(ids), ids, "##", unknown, 100));
    }

    /** Reads a model. */
    public static Model read(Field field) {
        if (field.isNull()) throw field.wrong("a model");
        Field type = field.get("type");
        return switch (type.isNull() ? guess(field) : type.string()) {
            case "WordPiece" -> new Cached(wordPiece(field));
            case "BPE" -> new Cached(bpe(field));
            case "Unigram" -> new Cached(unigram(field));
            case "WordLevel" -> new WordLevel(Vocabulary.read(field.get("vocab")), field.get("unk_token").string());
            default -> throw type.wrong("WordPiece, BPE, Unigram or WordLevel");
        };
    }

    /** Returns the type of a model in an old file, which does not say it. */
    private static String guess(Field field) {
        if (!field.get("merges").isNull()) return "BPE";
        if (field.get("vocab").isList()) return "Unigram";
        return field.get("max_input_chars_per_word").isNull() ? "WordLevel" : "WordPiece";
    }

    private static Model wordPiece(Field field) {
        var ids = new HashMap<String, Integer>();
        Field vocab = field.get("vocab");
        Vocabulary vocabulary = Vocabulary.read(vocab);
        for (String token : vocab.map().keySet()) ids.put(token, vocabulary.id(token));
        return new WordPiece(vocabulary, ids, field.get("continuing_subword_prefix").string(), field.get("unk_token").string(),
                field.get("max_input_chars_per_word").integer());
    }

    private static Model unigram(Field field) {
        var tokens = new ArrayList<String>();
        List<?> entries = field.get("vocab").values();
        var scores = new double[entries.size()];
        for (int i = 0; i < scores.length; i++) {
            Field entry = new Field("model.vocab[" + i + "]", entries.get(i));
            if (entry.values().size() != 2) throw entry.wrong("a list of a token and a score");
            tokens.add(new Field(entry.path() + "[0]", entry.values().get(0)).string());
            scores[i] = new Field(entry.path() + "[1]", entry.values().get(1)).number();
        }
        Field unknown = field.get("unk_id");
        int id = unknown.isNull() ? -1 : unknown.integer();
        if (id >= scores.length) throw unknown.wrong("an id below " + scores.length + ", the number of tokens,");
        return new Unigram(tokens, scores, id, field.get("byte_fallback").bool(false));
    }

    private static Model bpe(Field field) {
        Field dropout = field.get("dropout");
        if (!dropout.isNull() && dropout.number() != 0)
            throw dropout.wrong("null, since leaving out merges at random is for training only,");
        Vocabulary vocabulary = Vocabulary.read(field.get("vocab"));
        String prefix = text(field.get("continuing_subword_prefix"));
        Field unknown = field.get("unk_token");
        var options =
                new Bpe.Options(unknown.stringOrNull(), prefix, text(field.get("end_of_word_suffix")), field.get("fuse_unk").bool(false),
                        field.get("byte_fallback").bool(false), field.get("ignore_merges").bool(false));
        return new Bpe(vocabulary, merges(field.get("merges"), vocabulary, prefix), options);
    }

    private static String text(Field field) {
        return field.isNull() ? "" : field.string();
    }

    /** Reads pairs of tokens, each a list of two or a string with a space between them. */
    private static Merges merges(Field field, Vocabulary vocabulary, String prefix) {
        List<?> entries = field.values();
        var merges = new Merges(entries.size());
        int rank = 0;
        for (int i = 0; i < entries.size(); i++) {
            String first, second;
            if (entries.get(i) instanceof String line) {
                if (line.startsWith("#version")) continue;
                int space = line.indexOf(' ');
                if (space < 0 || line.indexOf(' ', space + 1) >= 0) throw at(field, i, line).wrong("two tokens with a space between them");
                first = line.substring(0, space);
                second = line.substring(space + 1);
            } else {
                List<?> pair = at(field, i, entries.get(i)).values();
                if (pair.size() != 2 || !(pair.get(0) instanceof String a) || !(pair.get(1) instanceof String b))
                    throw at(field, i, pair).wrong("a list of two tokens");
                first = a;
                second = b;
            }
            if (second.length() < prefix.length()) throw at(field, i, second).wrong("a second token that begins with " + prefix);
            String merged = first + second.substring(prefix.length());
            merges.put(id(field, i, vocabulary, first), id(field, i, vocabulary, second), rank++, id(field, i, vocabulary, merged));
        }
        return merges;
    }

    private static Field at(Field field, int i, @Nullable Object value) { return new Field(field.path() + "[" + i + "]", value); }

    private static int id(Field field, int i, Vocabulary vocabulary, String token) {
        int id = vocabulary.id(token);
        if (id < 0)
            throw new MalformedFieldException(field.path() + "[" + i + "] needs the token \"" + token + "\", which model.vocab lacks");
        return id;
    }
}
