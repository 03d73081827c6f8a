package panatorch.text.internal.pretokenizers;

import java.util.ArrayList;
import java.util.List;
import panatorch.text.internal.AlignedText;
import panatorch.text.internal.ByteAlphabet;
import panatorch.text.internal.Gpt2Finder;
import panatorch.text.internal.Matches;
import panatorch.text.internal.Piece;

/**
 * GPT-2's split into words with the space before them, and into bytes that are written as printable characters.
 *
 * @param addPrefixSpace whether to put a space before a text that does not begin with one
 * @param useRegex whether to split into words; otherwise only the bytes are written
 */
record ByteLevel(boolean addPrefixSpace, boolean useRegex) implements PreTokenizer {
    @Override public void split(Piece piece, List<Piece> into) { into.addAll(split(List.of(piece))); }

    @Override public List<Piece> split(List<Piece> pieces) {
        var words = new ArrayList<Piece>();
        int length = 0;
        for (Piece piece : pieces) {
            if (piece.isToken()) {
                words.add(piece);
                continue;
            }
            Piece word = piece;
            if (addPrefixSpace && !word.startsWith(' ')) {
                AlignedText own = word.own();
                own.prepend(" ");
                word = word.with(own);
            }
            length += word.length();
            if (useRegex) Gpt2Finder.INSTANCE.find(word.text(), word.from(), word.to()).split(word, Matches.Behavior.Isolated, words);
            else words.add(word);
        }
        AlignedText bytes = AlignedText.empty(length + (length >> 2));
        words.replaceAll(word -> {
            if (word.isToken()) return word;
            int from = bytes.length();
            ByteAlphabet.write(word.text(), word.from(), word.to(), bytes);
            return new Piece(bytes, from, bytes.length(), word.origin(), -1);
        });
        return words;
    }
}
