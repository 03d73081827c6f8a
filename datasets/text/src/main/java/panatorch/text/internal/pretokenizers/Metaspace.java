package panatorch.text.internal.pretokenizers;

import java.util.List;
import panatorch.text.internal.AlignedText;
import panatorch.text.internal.Finder;
import panatorch.text.internal.Matches;
import panatorch.text.internal.Piece;

/** SentencePiece's split: spaces become a visible character, and words begin with it. */
final class Metaspace implements PreTokenizer {
    /** When a text that does not begin with the replacement gets one, by the names in {@code tokenizer.json}. */
    enum Prepend {
        first, never, always
    }

    private final char replacement;
    private final Prepend prepend;
    private final boolean split;
    private final Finder finder;

    Metaspace(char replacement, Prepend prepend, boolean split) {
        this.replacement = replacement;
        this.prepend = prepend;
        this.split = split;
        finder = Finder.characters(c -> c == replacement);
    }

    @Override public void split(Piece piece, List<Piece> into) {
        AlignedText own = piece.own();
        own.replace(' ', replacement);
        boolean begins = own.length() > 0 && own.chars()[0] == replacement;
        if (!begins && (prepend == Prepend.always || prepend == Prepend.first && piece.origin() == 0))
            own.prepend(String.valueOf(replacement));
        Piece words = piece.with(own);
        if (split) finder.find(own, 0, own.length()).split(words, Matches.Behavior.MergedWithNext, into);
        else if (!words.isEmpty()) into.add(words);
    }
}
