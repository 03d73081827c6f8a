package panatorch.text.internal.pretokenizers;

import java.util.ArrayList;
import java.util.List;
import panatorch.text.internal.Finder;
import panatorch.text.internal.Matches;
import panatorch.text.internal.Piece;

/** A split of a text into pieces, which are encoded by themselves. Immutable, for any number of threads. */
public interface PreTokenizer {
    /** Splits a piece that is no added token. */
    void split(Piece piece, List<Piece> into);

    /** Splits pieces, but for those that are added tokens. */
    default List<Piece> split(List<Piece> pieces) {
        var split = new ArrayList<Piece>(Math.max(16, pieces.size()));
        for (Piece piece : pieces) {
            if (piece.isToken()) split.add(piece);
            else split(piece, split);
        }
        return split;
    }

    /** Makes a pre-tokenizer that splits at what is found. */
    static PreTokenizer at(Finder finder, Matches.Behavior behavior) {
        return (piece, into) -> finder.find(piece.text(), piece.from(), piece.to()).split(piece, behavior, into);
    }
}
