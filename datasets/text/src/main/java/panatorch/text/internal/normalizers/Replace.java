package panatorch.text.internal.normalizers;

import panatorch.text.internal.AlignedText;
import panatorch.text.internal.Finder;
import panatorch.text.internal.Matches;

/**
 * Replaces what a pattern finds.
 *
 * @param pattern pattern to find
 * @param content what comes in its place
 */
public record Replace(Finder pattern, String content) implements Normalizer {
    @Override public void normalize(AlignedText text) {
        Matches matches = pattern.find(text, 0, text.length());
        boolean any = false;
        for (int i = 0; i < matches.size() && !any; i++) any = matches.isFound(i);
        if (!any) return;
        var out = text.rewrite();
        for (int i = 0; i < matches.size(); i++) {
            if (!matches.isFound(i)) {
                out.readFrom(matches.from(i));
                out.copyTo(matches.to(i));
            } else {
                out.readFrom(matches.to(i));
                content.codePoints().forEach(c -> out.put(c, 1));
            }
        }
        out.finish();
    }

    /** Replaces what the pattern finds in a string. */
    public String replace(String s) {
        AlignedText text = AlignedText.of(s);
        normalize(text);
        return text.toString();
    }
}
