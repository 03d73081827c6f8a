package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.apache.logging.log4j.LogManager;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.apps.console.ConsoleWriter;
import panatorch.apps.console.Printable;
import panatorch.apps.console.ShellWord;
import panatorch.apps.run.RunLog;
import panatorch.junit.NoTensorLeaks;
import panatorch.serialize.Npy;
import panatorch.serialize.Safetensors;
import panatorch.serialize.TorchFile;

/** Names in files that would command a terminal: clear it, retitle it, move up a line, write backwards, forge a line. */
@DisabledIfSystemProperty(named = "sun.jnu.encoding", matches = "ANSI.*",
        disabledReason = "Java makes files of no such names in this locale; set LC_ALL=C.UTF-8")
@NoTensorLeaks
class PrintableTest {
    private static final String EVIL = "a\u001b[2J\u001b]0;owned\u0007\u009b31m\rb\u202Ec\u007f", FORGED = "x\nweight  [1]";

    @TempDir
    static Path folder;
    private static Path run, data;

    /** Classes and pictures of such names, which Linux allows, and a run on them. */
    @BeforeAll static void train() throws IOException {
        data = folder.resolve("data");
        for (String part : List.of("train", "test"))
            for (String c : List.of(EVIL, FORGED))
                for (int i = 0; i < 2; i++) picture(Files.createDirectories(data.resolve(part).resolve(c)).resolve(EVIL + i + ".png"));
        run = folder.resolve("run" + EVIL);
        Calls trained = Calls.of("train --dataset folder --epochs 1 --batch-size 2 --dropout none --data", data, Path.of("--out"), run);
        assertThat(trained.status()).isZero();
        assertThat(trained.out()).contains("\\u001b[2J");
        harmless(trained);
    }

    private static Path picture(Path file) throws IOException {
        ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), "png", file.toFile());
        return file;
    }

    private static void harmless(Calls call) {
        harmless(call.out());
        harmless(call.err());
    }

    private static void harmless(String text) {
        assertThat(text).doesNotContainPattern("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069]");
    }

    @Test void text_keeps_lines_and_a_part_of_a_line_does_not() {
        assertThat(Printable.text("a\n\tö→𝄞")).isEqualTo("a\n\tö→𝄞");
        assertThat(Printable.line("a\n\tö→𝄞")).isEqualTo("a\\n\\tö→𝄞");
        assertThat(Printable.text("\u001b\u009b")).isEqualTo("\\u001b\\u009b");
    }

    @Test void a_long_name_keeps_both_of_its_ends() {
        assertThat(Printable.shortened("abcdefgh", 8)).isEqualTo("abcdefgh");
        assertThat(Printable.shortened("abcdefgh", 5)).isEqualTo("ab…gh");
        assertThat(Printable.shortened("𝄞𝄞𝄞𝄞", 3)).isEqualTo("𝄞…𝄞");
        assertThat(Printable.shortened("abc", 1)).isEqualTo("…");
    }

    @Test void a_console_is_safe_by_whatever_method_it_is_written() {
        var to = new StringWriter();
        var console = new ConsoleWriter(to);
        console.print('\u001b');
        console.write(7);
        console.write("x\u001bx", 1, 1);
        console.write(new char[] {'\u009b'});
        console.append('\u0008').append("\u007f").printf("%s%n", "\u001b");
        assertThat(to.toString()).isEqualTo("\\u001b\\u0007\\u001b\\u009b\\u0008\\u007f\\u001b" + System.lineSeparator());
    }

    @ParameterizedTest
    @ValueSource(strings = {"evil.safetensors", "evil.pt", "evil.npz"}) void inspect_shows_names_of_tensors_in_one_line_each(String name)
            throws IOException {
        Path file = folder.resolve(name);
        try (var scope = Scope.open()) {
            var tensors = new LinkedHashMap<String, Tensor>(Map.of(EVIL, Torch.zeros(2), FORGED, Torch.zeros(3)));
            switch (name) {
                case "evil.pt" -> TorchFile.save(file, tensors);
                case "evil.npz" -> Npy.saveAll(file, tensors);
                default -> Safetensors.save(file, tensors, Map.of("k\u001bey\n", "v\u001b]8;;x\u0007\nalue", "format", "pt"));
            }
        }
        Calls listed = Calls.of("inspect", file);
        harmless(listed);
        assertThat(listed.out()).contains("a\\u001b[2J", "x\\nweight  [1]").hasLineCount(name.endsWith("safetensors") ? 5 : 3);
        Calls json = Calls.of("inspect --json", file);
        harmless(json);
        assertThat(new ObjectMapper().readTree(json.out()).get("tensors").findValuesAsText("name")).containsExactlyInAnyOrder(EVIL, FORGED);
        harmless(Calls.of("convert", file, folder.resolve("converted.safetensors")));
        harmless(Calls.of("evaluate --dataset synthetic --model resnet20 --normalize imagenet --checkpoint", file));
    }

    @Test void all_that_a_run_tells_is_harmless() throws IOException {
        harmless(Files.readString(run.resolve("run.log")));
        harmless(Files.readString(run.resolve("report.html")));
        Path copy = data.resolve("test").resolve(EVIL).resolve(EVIL + "0.png");
        for (Calls call : List.of(Calls.of("predict --checkpoint", run, copy), Calls.of("predict --json --checkpoint", run, copy),
                Calls.of("evaluate --checkpoint", run), Calls.of("inspect", run), Calls.of("compare", run),
                Calls.of("predict --checkpoint", run, Path.of(EVIL)), Calls.of("train --resume", run),
                Calls.of("train --resume", Path.of(EVIL)), Calls.of("train --" + EVIL.replace(" ", ""))))
            harmless(call);
        assertThat(Calls.of("predict --checkpoint", run, copy).out()).hasLineCount(1);
        assertThat(new ObjectMapper().readTree(Calls.of("predict --json --checkpoint", run, copy).out()).get("image").asText())
                .isEqualTo(copy.toString());
        assertThat(Calls.of("evaluate --checkpoint", run).out()).contains("x\\nweight  [1]");
    }

    @Test void warnings_of_libraries_are_harmless_too() throws IOException {
        Path log = Files.createDirectory(folder.resolve("log"));
        RunLog.configure(false, false);
        try (var run = RunLog.open(log, new PrintWriter(Writer.nullWriter()), true)) {
            var cause = new IOException(EVIL);
            cause.setStackTrace(new StackTraceElement[0]);
            LogManager.getLogger("panatorch.test").warn(EVIL, cause);
            run.out().println(EVIL);
        }
        assertThat(log.resolve("run.log")).content().satisfies(PrintableTest::harmless).contains("a?[2J", "IOException", "a\\u001b[2J");
    }

    @Test void a_damaged_picture_is_named_in_one_line() throws IOException {
        Path damaged = Files.writeString(folder.resolve(EVIL + "\n.png"), "no picture");
        Calls told = Calls.of("predict --checkpoint", run, damaged);
        harmless(told);
        assertThat(told.err()).contains("\\u001b[2J").hasLineCount(1);
    }

    @Test void a_command_to_copy_names_the_file_itself() throws Exception {
        String word = ShellWord.of(Path.of("it's" + EVIL + "\n\\"));
        harmless(word);
        Path out = folder.resolve("echoed");
        assertThat(new ProcessBuilder("bash", "-c", "printf %s " + word).redirectOutput(out.toFile()).start().waitFor()).isZero();
        assertThat(out).content().isEqualTo("it's" + EVIL + "\n\\");
    }
}
