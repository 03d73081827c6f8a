package panatorch.text.internal.decoders;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import panatorch.text.internal.ByteAlphabet;
import panatorch.text.internal.Field;
import panatorch.text.internal.normalizers.Normalizers;

/** Reads the field {@code decoder}. */
public final class Decoders {
    private Decoders() {}

    /** Makes BERT's decoder. */
    public static Decoder bert() {
        return tokens -> WordPieces.decode(tokens, "##", true);
    }

    /** Reads a decoder; null is none. */
    public static @Nullable Decoder read(Field field) {
        if (field.isNull()) return null;
        Field type = field.get("type");
        return switch (type.string()) {
            case "WordPiece" -> {
                String prefix = field.get("prefix").string();
                boolean cleanup = field.get("cleanup").bool();
                yield tokens -> WordPieces.decode(tokens, prefix, cleanup);
            }
            case "ByteLevel" -> Decoders::byteLevel;
            case "ByteFallback" -> Decoders::byteFallback;
            case "BPEDecoder" -> {
                String suffix = field.get("suffix").string();
                yield tokens -> words(tokens, suffix);
            }
            case "Metaspace" -> metaspace(field);
            case "Fuse" -> tokens -> List.of(String.join("", tokens));
            case "Replace" -> each(Normalizers.replace(field)::replace);
            case "Strip" -> {
                int content = field.get("content").character(), start = field.get("start").integer(), stop = field.get("stop").integer();
                yield each(token -> strip(token, content, start, stop));
            }
            case "CTC" -> {
                String pad = field.get("pad_token").string(), delimiter = field.get("word_delimiter_token").string();
                boolean cleanup = field.get("cleanup").bool();
                yield tokens -> ctc(tokens, pad, delimiter, cleanup);
            }
            case "Sequence" -> sequence(field.get("decoders"));
            default -> throw type.wrong("WordPiece, ByteLevel, ByteFallback, BPEDecoder, Metaspace, Fuse, Replace, Strip, CTC or Sequence");
        };
    }

    private static Decoder each(UnaryOperator<String> change) {
        return tokens -> tokens.stream().map(change).toList();
    }

    private static Decoder sequence(Field field) {
        var all = new ArrayList<Decoder>();
        for (Field member : field.list()) {
            Decoder decoder = read(member);
            if (decoder == null) throw member.wrong("a decoder");
            all.add(decoder);
        }
        return tokens -> {
            List<String> decoded = tokens;
            for (Decoder decoder : all) decoded = decoder.decode(decoded);
            return decoded;
        };
    }

    private static List<String> byteLevel(List<String> tokens) {
        var bytes = new ByteArrayOutputStream();
        for (String token : tokens) ByteAlphabet.read(token, bytes);
        return List.of(Utf8.decode(bytes.toByteArray()));
    }

    /** Joins tokens such as {@code <0xE4>} to characters; bytes that are no UTF-8 are as many U+FFFD. */
    private static List<String> byteFallback(List<String> tokens) {
        var decoded = new ArrayList<String>();
        var bytes = new ByteArrayOutputStream();
        for (String token : tokens) {
            int value = byteOf(token);
            if (value >= 0) {
                bytes.write(value);
                continue;
            }
            addBytes(bytes, decoded);
            decoded.add(token);
        }
        addBytes(bytes, decoded);
        return decoded;
    }

    private static int byteOf(String token) {
        if (token.length() != 6 || !token.startsWith("<0x") || !token.endsWith(">")) return -1;
        int high = digit(token.charAt(3)), low = digit(token.charAt(4));
        if (token.charAt(3) == '+') return low; // as Rust reads numbers
        return high < 0 || low < 0 ? -1 : high << 4 | low;
    }

    private static int digit(char c) { return c < 0x80 ? Character.digit(c, 16) : -1; }

    private static void addBytes(ByteArrayOutputStream bytes, List<String> into) {
        if (bytes.size() == 0) return;
        try {
            into.add(StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.toByteArray())).toString());
        } catch (CharacterCodingException e) {
            for (int i = 0; i < bytes.size(); i++) into.add("\uFFFD");
        }
        bytes.reset();
    }

    private static List<String> words(List<String> tokens, String suffix) {
        var decoded = new ArrayList<String>();
        for (int i = 0; i < tokens.size(); i++) decoded.add(tokens.get(i).replace(suffix, i == tokens.size() - 1 ? "" : " "));
        return decoded;
    }

    private static Decoder metaspace(Field field) {
        String replacement = Character.toString(field.get("replacement").character());
        Field scheme = field.get("prepend_scheme");
        boolean prepended = scheme.isNull() ? field.get("add_prefix_space").bool(true) : !scheme.string().equals("never");
        return tokens -> {
            var decoded = new ArrayList<String>();
            for (int i = 0; i < tokens.size(); i++) decoded.add(tokens.get(i).replace(replacement, i == 0 && prepended ? "" : " "));
            return decoded;
        };
    }

    /** Leaves out a character, up to some times, at the beginning and at the end. */
    private static String strip(String token, int content, int start, int stop) {
        int[] chars = token.codePoints().toArray();
        int from = 0, to = chars.length;
        while (from < Math.min(start, chars.length) && chars[from] == content) from++;
        while (to > Math.max(0, chars.length - (long) stop) && chars[to - 1] == content) to--;
        return from < to ? new String(chars, from, to - from) : "";
    }

    private static List<String> ctc(List<String> tokens, String pad, String delimiter, boolean cleanup) {
        var decoded = new ArrayList<String>();
        for (int i = 0; i < tokens.size(); i++) {
            if (i > 0 && tokens.get(i).equals(tokens.get(i - 1))) continue;
            String token = tokens.get(i).replace(pad, "");
            if (cleanup) token = WordPieces.cleanUp(token).replace(delimiter, " ");
            if (!token.isEmpty()) decoded.add(token);
        }
        return decoded;
    }
}
