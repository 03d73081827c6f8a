package example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

class TrainAndScoreTest {
    private static String printed(String... args) {
        PrintStream before = System.out;
        var text = new ByteArrayOutputStream();
        System.setOut(new PrintStream(text, true));
        try {
            TrainAndScore.main(args);
        } finally {
            System.setOut(before);
        }
        return text.toString();
    }

    private static double accuracy(String printed) {
        Matcher m = Pattern.compile("accuracy on new points: ([0-9.]+)").matcher(printed);
        assertThat(m.find()).as(printed).isTrue();
        return Double.parseDouble(m.group(1));
    }

    @Test
    @Timeout(600) void the_example_learns_the_circle_and_goes_on_from_its_checkpoint(@TempDir Path folder) {
        assertThat(accuracy(printed(folder.toString(), "4"))).isGreaterThan(0.85);
        assertThat(accuracy(printed(folder.toString(), "8"))).isGreaterThan(0.93);
    }
}
