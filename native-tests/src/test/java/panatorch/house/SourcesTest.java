package panatorch.house;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.function.BiPredicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Rules for source files that neither the compiler nor the formatter checks. */
class SourcesTest {
    private static final int MOST_COLUMNS = 140;
    private static final Pattern TAG_AFTER_TEXT = Pattern.compile("[^\\s*/{(].*[\\s;]@(param|return|throws|see|since)\\b(?!.*[\"'])");

    private static Iterable<String> lines(BiPredicate<String, Boolean> wrong) {
        var found = new ArrayList<String>();
        for (Path file : Sources.java()) {
            boolean inside = false;
            int number = 0;
            for (String line : Sources.lines(file)) {
                number++;
                if (line.strip().startsWith("/**")) inside = true;
                if (wrong.test(line, inside)) found.add(Sources.ROOT.relativize(file) + ":" + number + ": " + line.strip());
                if (line.contains("*/")) inside = false;
            }
        }
        return found;
    }

    @Test void no_line_is_longer_than_the_formatter_allows() {
        assertThat(lines((line, documentation) -> line.length() > MOST_COLUMNS)).isEmpty();
    }

    /** Javadoc takes a tag that follows text for text. */
    @Test void every_tag_of_a_javadoc_comment_begins_its_line() {
        assertThat(lines((line, documentation) -> documentation && TAG_AFTER_TEXT.matcher(line).find())).isEmpty();
    }
}
