package panatorch.apps.options;

import java.util.Collection;
import java.util.Comparator;
import java.util.Locale;

/** Suggests the name that the user may have meant. */
public final class SpellingHint {
    private SpellingHint() {}

    /** Returns {@code ", did you mean resnet20?"}, or an empty text if no name is similar. */
    public static String of(String written, Collection<String> names) {
        String w = written.toLowerCase(Locale.ROOT);
        int most = Math.max(1, w.length() / 3);
        return names.stream().min(Comparator.comparingInt(n -> distance(w, n.toLowerCase(Locale.ROOT))))
                .filter(n -> distance(w, n.toLowerCase(Locale.ROOT)) <= most).map(n -> ", did you mean " + n + "?").orElse("");
    }

    /**
     * Returns the hint and a sentence behind it: {@code ", did you mean resnet20? It can be …"}, or {@code "; it can be …"}.
     *
     * @param sentence begins with a small letter and has no full stop
     */
    public static String then(String written, Collection<String> names, String sentence) {
        String hint = of(written, names);
        return hint.isEmpty() ? "; " + sentence : hint + " " + sentence.substring(0, 1).toUpperCase(Locale.ROOT) + sentence.substring(1);
    }

    /** Returns the number of insertions, deletions, substitutions and swaps of neighbours between two words. */
    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(d[i - 1][j - 1] + change, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1))
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
        return d[a.length()][b.length()];
    }
}
