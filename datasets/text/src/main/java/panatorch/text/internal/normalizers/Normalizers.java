package panatorch.text.internal.normalizers;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import panatorch.text.internal.AlignedText;
import panatorch.text.internal.ByteAlphabet;
import panatorch.text.internal.Field;
import panatorch.text.internal.Finder;
import panatorch.text.internal.Normalization;
import panatorch.text.internal.RegexFinder;

/** Reads the field {@code normalizer}. */
public final class Normalizers {
    private Normalizers() {}

    /** Makes BERT's normalizer of uncased or cased models. */
    public static Normalizer bert(boolean lowercase) {
        return new BertNormalizer(true, true, lowercase, lowercase);
    }

    /** Reads a normalizer; null is one that changes nothing. */
    public static Normalizer read(Field field) {
        if (field.isNull()) return text -> {};
        Field type = field.get("type");
        return switch (type.string()) {
            case "BertNormalizer", "Bert" -> {
                boolean lowercase = field.get("lowercase").bool();
                yield new BertNormalizer(field.get("clean_text").bool(), field.get("handle_chinese_chars").bool(),
                        field.get("strip_accents").bool(lowercase), lowercase);
            }
            case "Strip", "StripNormalizer" -> {
                boolean left = field.get("strip_left").bool(), right = field.get("strip_right").bool();
                yield text -> CharacterNormalizers.strip(text, left, right);
            }
            case "StripAccents" -> CharacterNormalizers::stripAccents;
            case "NFC", "NFD", "NFKC", "NFKD" -> {
                var form = Normalization.Form.valueOf(type.string());
                yield text -> Normalization.apply(text, form);
            }
            case "Lowercase" -> CharacterNormalizers::lowercase;
            case "Nmt" -> CharacterNormalizers::nmt;
            case "Precompiled" -> precompiled(field.get("precompiled_charsmap"));
            case "Replace" -> replace(field);
            case "Prepend" -> {
                String prepended = field.get("prepend").string();
                yield text -> text.prepend(prepended);
            }
            case "ByteLevel" -> Normalizers::byteLevel;
            case "Sequence" -> sequence(field.get("normalizers"));
            default -> throw type.wrong("BertNormalizer, Strip, StripAccents, NFC, NFD, NFKC, NFKD, Lowercase, Nmt, Precompiled, Replace, "
                    + "Prepend, ByteLevel or Sequence");
        };
    }

    private static Normalizer sequence(Field field) {
        List<Normalizer> all = new ArrayList<>();
        for (Field each : field.list()) all.add(read(each));
        return text -> {
            for (Normalizer normalizer : all) normalizer.normalize(text);
        };
    }

    private static Normalizer precompiled(Field field) {
        byte[] charsmap;
        try {
            charsmap = Base64.getDecoder().decode(field.string());
        } catch (IllegalArgumentException e) {
            throw field.wrong("a text in Base64");
        }
        try {
            return new Precompiled(charsmap);
        } catch (IllegalArgumentException e) {
            throw field.wrong(e);
        }
    }

    private static void byteLevel(AlignedText text) {
        AlignedText bytes = AlignedText.empty(text.length() + (text.length() >> 1));
        ByteAlphabet.write(text, 0, text.length(), bytes);
        text.set(bytes);
    }

    /** Reads the fields {@code pattern} and {@code content}. */
    public static Replace replace(Field field) {
        return new Replace(pattern(field.get("pattern")), field.get("content").string());
    }

    /** Reads a pattern, which is a string or a regular expression. */
    public static Finder pattern(Field field) {
        Field string = field.get("String");
        if (!string.isNull()) return Finder.string(string.string());
        Field regex = field.get("Regex");
        if (regex.isNull()) throw field.wrong("an object with String or Regex");
        try {
            return new RegexFinder(regex.string());
        } catch (IllegalArgumentException e) {
            throw regex.wrong(e);
        }
    }
}
