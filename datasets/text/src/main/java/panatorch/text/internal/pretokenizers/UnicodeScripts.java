package panatorch.text.internal.pretokenizers;

import java.lang.Character.UnicodeScript;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.text.internal.CodePoints;
import panatorch.text.internal.Piece;

/** Splits where the script changes, as SentencePiece does; kana are taken for Han, and spaces belong to any script. */
final class UnicodeScripts implements PreTokenizer {
    @Override public void split(Piece piece, List<Piece> into) {
        boolean any = true; // whether no script was seen yet
        @Nullable UnicodeScript last = null;
        int from = -1;
        for (int at = piece.from(), c; at < piece.to(); at += Character.charCount(c)) {
            c = piece.text().codePointAt(at);
            @Nullable UnicodeScript script = CodePoints.script(c);
            if (script == null) continue;
            if (any || script != last) {
                if (from >= 0 && from < at) into.add(piece.slice(from, at));
                from = at;
            }
            any = false;
            last = script;
        }
        if (from >= 0 && from < piece.to()) into.add(piece.slice(from, piece.to()));
    }
}
