package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows works as it stands there. */
class ReadmeTest {
    private static final Pattern EXAMPLE = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
    private static final Pattern LOSS = Pattern.compile("step (\\d+): loss (\\S+)");
    @TempDir
    Path folder;

    @Test void the_example_compiles_runs_and_learns() throws Exception {
        Matcher example = EXAMPLE.matcher(Files.readString(Path.of("../README.md")));
        assertThat(example.find()).isTrue();
        Path source = Files.writeString(folder.resolve("Example.java"), example.group(1));
        ChildJvm run = ChildJvm.run(source.toString(), Duration.ofMinutes(2));
        assertThat(run.status()).as(run.output()).isZero();
        Matcher loss = LOSS.matcher(run.output());
        double first = 0, last = 0;
        int lines = 0;
        while (loss.find()) {
            last = Double.parseDouble(loss.group(2));
            if (lines++ == 0) first = last;
        }
        assertThat(lines).isEqualTo(5);
        assertThat(run.output().lines()).as("nothing but the example's own lines, no warning").hasSize(5);
        assertThat(last).isLessThan(first / 2);
    }
}
