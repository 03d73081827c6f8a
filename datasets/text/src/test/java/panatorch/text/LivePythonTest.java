package panatorch.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Tokenizers that Python trains while the test runs, and what it makes of fuzzed texts. {@code -Dpanatorch.text.cases} says how many texts,
 * {@code -Dpanatorch.text.codepoints} asks for all code points instead.
 */
class LivePythonTest {
    private static final Path SCRIPT = Path.of("src/test/python/tokenizer_cases.py");

    @TempDir
    Path folder;

    private static int run(String... command) throws IOException, InterruptedException {
        var builder = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
        return builder.start().waitFor();
    }

    @Test void tokenizers_of_all_kinds_agree_with_python_on_fuzzed_texts() throws IOException, InterruptedException {
        String python = System.getenv("PYTHON");
        assumeTrue(python != null, "PYTHON does not name an interpreter");
        assumeTrue(run(python, "-c", "import tokenizers; assert tokenizers.__version__.startswith('0.23.')") == 0,
                "PYTHON has no package tokenizers of version 0.23");
        String count = System.getProperty("panatorch.text.cases", "1000");
        var command = new ArrayList<>(List.of(python, SCRIPT.toString(), folder.toString(), "--texts", count));
        if (Boolean.getBoolean("panatorch.text.codepoints")) command.add("--code-points");
        assertThat(run(command.toArray(String[]::new))).as("the status of " + SCRIPT).isZero();
        var cases = new PythonCases(folder);
        assertThat(cases.names()).hasSizeGreaterThan(30);
        for (String name : cases.names()) assertThat(cases.differences(name)).as(name).isEmpty();
    }
}
