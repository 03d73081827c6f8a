package panatorch.text.internal.pretokenizers;

import java.util.ArrayList;
import java.util.List;
import panatorch.text.internal.AlignedText;
import panatorch.text.internal.CodePoints;
import panatorch.text.internal.Field;
import panatorch.text.internal.Finder;
import panatorch.text.internal.Matches;
import panatorch.text.internal.Matches.Behavior;
import panatorch.text.internal.Piece;
import panatorch.text.internal.normalizers.Normalizers;

/** Reads the field {@code pre_tokenizer}. */
public final class PreTokenizers {
    private static final Finder WHITE_SPACE = Finder.characters(CodePoints::isWhiteSpace);
    private static final Finder PUNCTUATION = Finder.characters(CodePoints::isPunctuation);
    private static final Finder NUMBERS = Finder.characters(CodePoints::isNumeric);

    private PreTokenizers() {}

    /** Makes BERT's: words between white space, and each punctuation character by itself. */
    public static PreTokenizer bert() {
        return PreTokenizers::bert;
    }

    /** Reads a pre-tokenizer; null is one that does not split. */
    public static PreTokenizer read(Field field) {
        if (field.isNull()) return PreTokenizers::whole;
        Field type = field.get("type");
        return switch (type.string()) {
            case "BertPreTokenizer" -> bert();
            case "ByteLevel" -> new ByteLevel(field.get("add_prefix_space").bool(), field.get("use_regex").bool(true));
            case "Whitespace" -> PreTokenizer.at(PreTokenizers::spaces, Behavior.Removed);
            case "WhitespaceSplit" -> PreTokenizer.at(WHITE_SPACE, Behavior.Removed);
            case "Punctuation" -> PreTokenizer.at(PUNCTUATION, behavior(field.get("behavior"), Behavior.Isolated));
            case "Digits" -> PreTokenizer.at(NUMBERS, field.get("individual_digits").bool() ? Behavior.Isolated : Behavior.Contiguous);
            case "Metaspace" -> metaspace(field);
            case "Split" -> {
                Finder pattern = Normalizers.pattern(field.get("pattern"));
                Behavior behavior = field.get("behavior").constant(Behavior.class);
                yield PreTokenizer.at(field.get("invert").bool() ? pattern.inverted() : pattern, behavior);
            }
            case "CharDelimiterSplit", "Delimiter" -> {
                int delimiter = field.get("delimiter").character();
                yield PreTokenizer.at(Finder.characters(c -> c == delimiter), Behavior.Removed);
            }
            case "UnicodeScripts" -> new UnicodeScripts();
            case "FixedLength" -> fixedLength(field.get("length"));
            case "Sequence" -> sequence(field.get("pretokenizers"));
            default -> throw type.wrong("BertPreTokenizer, ByteLevel, Whitespace, WhitespaceSplit, Punctuation, Digits, Metaspace, Split, "
                    + "CharDelimiterSplit, UnicodeScripts, FixedLength or Sequence");
        };
    }

    private static void whole(Piece piece, List<Piece> into) {
        if (!piece.isEmpty()) into.add(piece);
    }

    private static Behavior behavior(Field field, Behavior otherwise) {
        return field.isNull() ? otherwise : field.constant(Behavior.class);
    }

    private static PreTokenizer metaspace(Field field) {
        Field replacement = field.get("replacement"), scheme = field.get("prepend_scheme");
        if (Character.charCount(replacement.character()) != 1) throw replacement.wrong("a character of the basic plane");
        var prepend = scheme.isNull() ? Metaspace.Prepend.always : scheme.constant(Metaspace.Prepend.class);
        if (!field.get("add_prefix_space").bool(true)) {
            if (!scheme.isNull() && prepend != Metaspace.Prepend.never) throw scheme.wrong("never, because add_prefix_space is false,");
            prepend = Metaspace.Prepend.never;
        }
        return new Metaspace((char) replacement.character(), prepend, field.get("split").bool(true));
    }

    private static PreTokenizer sequence(Field field) {
        var all = new ArrayList<PreTokenizer>();
        for (Field each : field.list()) all.add(read(each));
        return new PreTokenizer() {
            @Override public void split(Piece piece, List<Piece> into) { into.addAll(split(List.of(piece))); }

            @Override public List<Piece> split(List<Piece> pieces) {
                List<Piece> split = pieces;
                for (PreTokenizer each : all) split = each.split(split);
                return split;
            }
        };
    }

    private static PreTokenizer fixedLength(Field field) {
        int length = field.isNull() ? 5 : field.integer();
        if (length == 0) throw field.wrong("a length of at least 1");
        return (piece, into) -> {
            for (int from = piece.from(), to; from < piece.to(); from = to) {
                to = from;
                for (int i = 0; i < length && to < piece.to(); i++) to += Character.charCount(piece.text().codePointAt(to));
                into.add(piece.slice(from, to));
            }
        };
    }

    /** Finds what is in none of the runs of word characters and of other visible ones, {@code \w+|[^\w\s]+}. */
    private static Matches spaces(AlignedText text, int from, int to) {
        var matches = new Matches(from);
        int kind = 0;
        int begun = from;
        for (int at = from, c; at < to; at += Character.charCount(c)) {
            c = text.codePointAt(at);
            int its = CodePoints.isWhiteSpace(c) ? 0 : CodePoints.isWord(c) ? 1 : 2;
            if (its == kind) continue;
            if (kind != 0) matches.add(begun, at);
            kind = its;
            begun = at;
        }
        if (kind != 0) matches.add(begun, to);
        return matches.close(to).inverted();
    }

    private static void bert(Piece piece, List<Piece> into) {
        char[] chars = piece.text().chars();
        int begun = piece.from();
        for (int at = begun, c, next; at < piece.to(); at = next) {
            c = Character.codePointAt(chars, at, piece.to());
            next = at + Character.charCount(c);
            boolean space = CodePoints.isWhiteSpace(c);
            if (!space && !CodePoints.isPunctuation(c)) continue;
            if (begun < at) into.add(piece.slice(begun, at));
            if (!space) into.add(piece.slice(at, next));
            begun = next;
        }
        if (begun < piece.to()) into.add(piece.slice(begun, piece.to()));
    }
}
