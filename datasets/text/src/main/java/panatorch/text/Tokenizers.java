package panatorch.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Function;
import panatorch.text.internal.AddedTokens;
import panatorch.text.internal.AlignedText;
import panatorch.text.internal.Field;
import panatorch.text.internal.MalformedFieldException;
import panatorch.text.internal.decoders.Decoders;
import panatorch.text.internal.models.Model;
import panatorch.text.internal.models.Models;
import panatorch.text.internal.normalizers.Normalizer;
import panatorch.text.internal.normalizers.Normalizers;
import panatorch.text.internal.pretokenizers.PreTokenizers;
import panatorch.text.internal.processors.Processors;

/** Makes tokenizers of files. */
public final class Tokenizers {
    private Tokenizers() {}

    /**
     * Reads a {@code tokenizer.json}, Hugging Face's file of a whole tokenizer. The tokenizer gives the ids, offsets and texts that
     * Python's {@code tokenizers} gives; its truncation and padding are those of the file.
     *
     * @throws TokenizerException if the file is missing or damaged, or uses what is not supported; the message names the field
     */
    public static Tokenizer load(Path tokenizerJson) {
        return load(tokenizerJson, Tokenizers::read);
    }

    static <T> T load(Path tokenizerJson, Function<byte[], T> read) {
        try {
            return read.apply(Files.readAllBytes(tokenizerJson));
        } catch (IOException e) {
            throw new TokenizerException("the tokenizer " + tokenizerJson + " cannot be read: " + e, e);
        } catch (MalformedFieldException e) {
            throw new TokenizerException("the tokenizer " + tokenizerJson + " is not one that can be used: " + e.getMessage(), e);
        }
    }

    /**
     * Reads the bytes of a {@code tokenizer.json}, see {@link #load}.
     *
     * @throws TokenizerException if they are damaged, or use what is not supported; the message names the field
     */
    public static Tokenizer parse(byte[] tokenizerJson) {
        return parse(tokenizerJson, Tokenizers::read);
    }

    static <T> T parse(byte[] tokenizerJson, Function<byte[], T> read) {
        try {
            return read.apply(tokenizerJson);
        } catch (MalformedFieldException e) {
            throw new TokenizerException("the tokenizer is not one that can be used: " + e.getMessage(), e);
        }
    }

    private static Tokenizer read(byte[] json) {
        Field file = Field.parse(json), version = file.get("version");
        if (!version.isNull() && !version.string().equals("1.0")) throw version.wrong("1.0");
        Model model = Models.read(file.get("model"));
        Normalizer normalizer = Normalizers.read(file.get("normalizer"));
        Field added = file.get("added_tokens"), truncation = file.get("truncation"), padding = file.get("padding");
        List<AddedTokens.AddedToken> tokens = added.isNull() ? List.of()
                : added.list().stream().map(AddedTokens.AddedToken::read).toList();
        var parts = new Pipeline.Parts(normalizer, PreTokenizers.read(file.get("pre_tokenizer")), model,
                new AddedTokens(tokens, model.size(), model::id, token -> normalized(normalizer, token)),
                Processors.read(file.get("post_processor")), Decoders.read(file.get("decoder")));
        return new Pipeline(parts, truncation.isNull() ? null : Truncation.read(truncation),
                padding.isNull() ? null : Padding.read(padding));
    }

    private static String normalized(Normalizer normalizer, String token) {
        AlignedText text = AlignedText.of(token);
        normalizer.normalize(text);
        return text.toString();
    }

    /**
     * Makes BERT's tokenizer of a vocabulary, such as the lines of its {@code vocab.txt}; the ids are their numbers from 0 on. A special
     * token spelt out in a text is treated as text.
     *
     * @param vocabulary the tokens, with [UNK], [CLS] and [SEP]; of one that occurs twice the first place counts
     * @param uncased whether to lower-case letters and strip their accents, as {@code bert-base-uncased} expects
     * @throws IllegalArgumentException if a special token is missing
     */
    public static Tokenizer bert(List<String> vocabulary, boolean uncased) {
        var ids = new LinkedHashMap<String, Integer>();
        for (int id = 0; id < vocabulary.size(); id++) ids.putIfAbsent(vocabulary.get(id), id);
        for (String special : List.of("[UNK]", "[CLS]", "[SEP]")) {
            if (!ids.containsKey(special))
                throw new IllegalArgumentException("the vocabulary of " + vocabulary.size() + " tokens does not have " + special);
        }
        Model model = Models.bert(ids, "[UNK]");
        var parts = new Pipeline.Parts(Normalizers.bert(uncased), PreTokenizers.bert(), model,
                new AddedTokens(List.of(), model.size(), model::id, token -> token),
                Processors.bert("[CLS]", model.id("[CLS]"), "[SEP]", model.id("[SEP]")), Decoders.bert());
        return new Pipeline(parts, null, null);
    }
}
