package panatorch.text.internal.decoders;

import java.util.ArrayList;
import java.util.List;

/** Joins word pieces to words, and words with spaces. */
final class WordPieces {
    private static final String[][] ENGLISH = {{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"},
        {" 'm", "'m"}, {" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};

    private WordPieces() {}

    /**
     * Decodes word pieces.
     *
     * @param prefix what pieces begin with that continue a word
     * @param cleanup whether to leave out spaces before punctuation and English contractions
     */
    static List<String> decode(List<String> tokens, String prefix, boolean cleanup) {
        var decoded = new ArrayList<String>();
        for (String token : tokens) {
            String text = decoded.isEmpty() ? token : token.startsWith(prefix) ? token.substring(prefix.length()) : " " + token;
            decoded.add(cleanup ? cleanUp(text) : text);
        }
        return decoded;
    }

    /** Leaves out spaces before punctuation and English contractions. */
    static String cleanUp(String text) {
        String clean = text;
        if (clean.indexOf(' ') >= 0) for (String[] each : ENGLISH) clean = clean.replace(each[0], each[1]);
        return clean;
    }
}
