package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.DType;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/**
 * Every program of {@code apps/examples/ports} computes what its Python computes, leaves no tensor behind and is not longer. The script
 * {@code reference.py} beside them wrote the numbers.
 */
@NoTensorLeaks
class PortsTest {
    private static final Path PORTS = Path.of("examples/ports");
    private static final Pattern NUMBER = Pattern.compile("-?\\d+(\\.\\d+)?([eE]-?\\d+)?");
    /** A line without words, such as a closing brace. */
    private static final Pattern BRACKETS = Pattern.compile("[\\s(){}\\[\\];,]*");
    private static final Pattern JAVA_COMMENT = Pattern.compile("\\s*(//|/\\*\\*|\\*).*");
    private static final Pattern DOCSTRING = Pattern.compile("(?m)^\\s*\"\"\"[\\s\\S]*?\"\"\"\\s*$");

    @TempDir
    static Path classes;
    private static SourcePrograms programs;

    @BeforeAll static void compile() throws IOException {
        programs = SourcePrograms.in(PORTS, classes);
        programs.compile();
    }

    static Stream<String> ports() { return programs.sources().stream().map(SourcePrograms::name); }

    @AfterEach void restore() { Torch.setDefaultDtype(DType.FLOAT32); }

    /** NanoGpt is nano_gpt in Python. */
    private static String python(String port) {
        return port.replaceAll("(?<!^)([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    }

    private static List<double[]> rows(String text) {
        return text.lines().map(l -> NUMBER.matcher(l).results().mapToDouble(m -> Double.parseDouble(m.group())).toArray())
                .filter(row -> row.length > 0).toList();
    }

    @ParameterizedTest
    @MethodSource("ports") void losses_of_20_steps_are_pythons(String port) throws Exception {
        List<double[]> expected = rows(Files.readString(PORTS.resolve("losses/" + python(port) + ".json")));
        List<double[]> losses = rows(programs.run(port));
        boolean wide = Torch.defaultDtype() == DType.FLOAT64; // the port has set it
        assertThat(expected).hasSizeGreaterThanOrEqualTo(20);
        assertThat(losses).hasSameSizeAs(expected);
        for (int step = 0; step < expected.size(); step++) {
            assertThat(losses.get(step)).as("step %s", step).hasSameSizeAs(expected.get(step));
            for (int i = 0; i < expected.get(step).length; i++)
                assertThat(losses.get(step)[i]).as("step %s", step).isCloseTo(expected.get(step)[i], withinPercentage(wide ? 1e-8 : 1e-3));
        }
    }

    /** Lines that are neither blank, nor comments, nor brackets only. */
    private static long lines(Path program) throws IOException {
        String text = Files.readString(program);
        boolean java = program.toString().endsWith(".java");
        return (java ? text : DOCSTRING.matcher(text).replaceAll("")).lines()
                .filter(l -> !BRACKETS.matcher(l).matches() && !(java ? JAVA_COMMENT.matcher(l).matches() : l.strip().startsWith("#")))
                .count();
    }

    @ParameterizedTest
    @MethodSource("ports") void a_port_is_no_longer_than_its_python_and_the_table_says_how_long(String port) throws Exception {
        long java = lines(PORTS.resolve(port + ".java")), python = lines(PORTS.resolve(python(port) + ".py"));
        assertThat(java).as("lines of %s in Java", port).isLessThanOrEqualTo(python);
        assertThat(Files.readAllLines(PORTS.resolve("README.md")).stream().filter(l -> l.contains("(" + port + ".java)")))
                .singleElement().asString().contains("| " + java + " / " + python + " |");
    }

    @Test void every_program_in_python_has_its_port() throws Exception {
        try (var files = Files.list(PORTS.resolve("losses"))) {
            assertThat(files.map(f -> f.getFileName().toString().replace(".json", "")))
                    .containsExactlyInAnyOrderElementsOf(ports().map(PortsTest::python).toList());
        }
    }
}
