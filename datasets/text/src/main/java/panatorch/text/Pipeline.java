package panatorch.text;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.text.internal.AddedTokens;
import panatorch.text.internal.AlignedText;
import panatorch.text.internal.Piece;
import panatorch.text.internal.Row;
import panatorch.text.internal.decoders.Decoder;
import panatorch.text.internal.models.Model;
import panatorch.text.internal.models.Tokens;
import panatorch.text.internal.normalizers.Normalizer;
import panatorch.text.internal.pretokenizers.PreTokenizer;
import panatorch.text.internal.processors.Processor;

/**
 * A tokenizer of the stages that {@code tokenizer.json} has: added tokens are found, the text between them is normalized and split into
 * pieces, the model makes tokens of these, rows are truncated, special tokens are put around them, and they are padded.
 */
final class Pipeline implements Tokenizer {
    /** The stages. */
    record Parts(Normalizer normalizer, PreTokenizer preTokenizer, Model model, AddedTokens added, @Nullable Processor processor,
            @Nullable Decoder decoder) {}

    private final Parts parts;
    private final @Nullable Truncation truncation;
    private final @Nullable Padding padding;
    private final int size;

    Pipeline(Parts parts, @Nullable Truncation truncation, @Nullable Padding padding) {
        this.parts = parts;
        this.truncation = truncation;
        this.padding = padding;
        size = parts.model.size() + parts.added.beyond(parts.model::id);
    }

    @Override public Encoding encode(String text, @Nullable String pair, boolean specialTokens) {
        var rows = new ArrayList<Row>(2);
        rows.add(row(text, 0));
        if (pair != null) rows.add(row(pair, 1));
        if (truncation != null) Cutting.truncate(rows, truncation, specialTokens ? special(pair != null) : 0);
        Row row = processed(rows, specialTokens);
        if (padding != null) padding.fill(row, row.length);
        return new Encoding(row);
    }

    private int special(boolean pair) { return parts.processor == null ? 0 : parts.processor.added(pair); }

    private Row row(String text, int typeId) {
        AlignedText aligned = AlignedText.of(text);
        List<Piece> pieces = new ArrayList<>();
        for (Piece piece : parts.added.splitRaw(Piece.whole(aligned))) {
            if (piece.isToken()) {
                pieces.add(piece);
                continue;
            }
            AlignedText normalized = piece.length() == aligned.length() ? aligned : piece.own();
            parts.normalizer.normalize(normalized);
            pieces.addAll(parts.added.splitNormalized(piece.with(normalized)));
        }
        return tokenized(parts.preTokenizer.split(pieces), typeId);
    }

    /** Makes tokens of pieces; of a text that will be cut, only as many as are needed. */
    private Row tokenized(List<Piece> pieces, int typeId) {
        var row = new Row(pieces.size() + (pieces.size() >> 2) + 4);
        int n = pieces.size();
        if (truncation == null || truncation.strategy() == Truncation.Strategy.ONLY_SECOND && typeId == 0) {
            for (int i = 0; i < n; i++) add(pieces.get(i), i, typeId, row);
        } else if (!truncation.left()) {
            for (int i = 0; i < n; i++) {
                add(pieces.get(i), i, typeId, row);
                if (row.length >= truncation.maxLength() && !pieces.get(i).isToken()) break;
            }
        } else {
            int first = n, tokens = 0;
            while (first > 0) {
                Piece piece = pieces.get(--first);
                tokens += piece.isToken() ? 1 : tokens(piece).size();
                if (tokens >= truncation.maxLength() && !piece.isToken()) break;
            }
            for (int i = first; i < n; i++) add(pieces.get(i), i - first, typeId, row);
        }
        return row;
    }

    private Tokens tokens(Piece piece) { return parts.model.tokenize(piece.text().chars(), piece.from(), piece.to()); }

    private void add(Piece piece, int word, int typeId, Row row) {
        AlignedText text = piece.text();
        int from = piece.from();
        if (piece.isToken()) {
            row.add(piece.id(), piece.string(), text.start(from), text.end(piece.to() - 1), word, typeId);
            return;
        }
        Tokens tokens = tokens(piece);
        int[] ids = tokens.ids(), starts = tokens.starts(), ends = tokens.ends();
        @Nullable String @Nullable [] strings = tokens.strings();
        for (int i = 0; i < ids.length; i++) {
            @Nullable String string = strings == null ? null : strings[i];
            if (string == null) string = parts.model.token(ids[i]);
            row.add(ids[i], string == null ? "" : string, text.start(from + starts[i]), text.end(from + ends[i] - 1), word, typeId);
        }
    }

    private Row processed(List<Row> rows, boolean specialTokens) {
        List<Row> processed = rows;
        if (parts.processor != null) {
            for (int i = 0; i < rows.size(); i++) rows.get(i).setTypeIds(i);
            processed = parts.processor.process(rows, specialTokens);
        }
        if (processed.size() == 1) return processed.getFirst();
        var row = new Row(processed.stream().mapToInt(each -> each.length).sum());
        processed.forEach(row::merge);
        return row;
    }

    @Override public List<Encoding> pad(List<Encoding> encodings) { return padding == null ? encodings : padding.fill(encodings); }

    @Override public String decode(int[] ids, boolean skipSpecialTokens) {
        var tokens = new ArrayList<String>(ids.length);
        for (int id : ids) {
            String token = token(id);
            if (token != null && !(skipSpecialTokens && parts.added.isSpecial(token))) tokens.add(token);
        }
        return parts.decoder == null ? String.join(" ", tokens) : String.join("", parts.decoder.decode(tokens));
    }

    @Override public int id(String token) {
        int id = parts.added.id(token);
        return id >= 0 ? id : parts.model.id(token);
    }

    @Override public @Nullable String token(int id) {
        String token = parts.added.token(id);
        return token != null ? token : parts.model.token(id);
    }

    @Override public int size() { return size; }

    @Override public Tokenizer withTruncation(@Nullable Truncation newTruncation) {
        if (newTruncation != null && newTruncation.maxLength() < special(false))
            throw new IllegalArgumentException("maxLength " + newTruncation.maxLength() + " leaves no room for the " + special(false)
                    + " special tokens of a text");
        return new Pipeline(parts, newTruncation, padding);
    }

    @Override public Tokenizer withPadding(@Nullable Padding newPadding) { return new Pipeline(parts, truncation, newPadding); }
}
