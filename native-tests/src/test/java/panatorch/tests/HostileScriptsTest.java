package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.function.UnaryOperator;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.fuzz.Scripts;
import panatorch.jit.ScriptException;
import panatorch.jit.ScriptModule;
import panatorch.serialize.MalformedFileException;

/** Scripts made to crash the process that loads them, or damaged by accident. */
class HostileScriptsTest {
    private static final Path STATE = Path.of("src/test/resources/jit/state.ts");

    @TempDir
    Path folder;

    /** Writes a copy of a script in which one entry is another, with right checksums. */
    private Path changed(String entry, UnaryOperator<byte[]> change) throws IOException {
        var out = new ByteArrayOutputStream();
        boolean found = false;
        try (var in = new ZipFile(STATE.toFile()); var zip = new ZipOutputStream(out)) {
            for (ZipEntry e : Collections.list(in.entries())) {
                byte[] bytes;
                try (var stream = in.getInputStream(e)) {
                    bytes = stream.readAllBytes();
                }
                if (e.getName().endsWith(entry)) {
                    bytes = change.apply(bytes);
                    found = true;
                }
                var crc = new CRC32();
                crc.update(bytes);
                var copy = new ZipEntry(e.getName());
                copy.setMethod(ZipEntry.STORED);
                copy.setSize(bytes.length);
                copy.setCrc(crc.getValue());
                zip.putNextEntry(copy);
                zip.write(bytes);
            }
        }
        assertThat(found).as("there is an entry " + entry).isTrue();
        return Files.write(folder.resolve("changed.ts"), out.toByteArray());
    }

    /** Returns a copy whose forward computes an expression of {@code x}. */
    private Path computing(String body) throws IOException {
        return changed("code/__torch__.py", old -> {
            String text = new String(old, StandardCharsets.UTF_8);
            int begin = text.indexOf("  def forward"), line = text.indexOf(":\n", text.indexOf("->", begin)) + 2,
                    end = text.indexOf("\nclass ", line);
            return (text.substring(0, line) + body + "\n" + (end < 0 ? "" : text.substring(end))).getBytes(StandardCharsets.UTF_8);
        });
    }

    @Test void code_that_is_changed_harmlessly_runs() throws IOException {
        try (var module = ScriptModule.load(computing("    return torch.add(x, x)")); var scope = Scope.open()) {
            assertThat(module.forward(Torch.ones(2)).toFloatArray()).containsExactly(2, 2);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"brackets", "sums", "continued", "minus", "members", "blocks", "not",
        "calls"}) void code_that_is_nested_too_deeply_is_refused(
                String how) throws IOException {
        int n = 100_000;
        String body = switch (how) {
            case "brackets" -> "    return " + "(".repeat(n) + "x" + ")".repeat(n);
            case "sums" -> "    return x" + " + x".repeat(n);
            case "continued" -> "    return x" + " + \\\n x".repeat(n);
            case "minus" -> "    return " + "-".repeat(n) + "x";
            case "members" -> "    return x" + ".y".repeat(n);
            case "not" -> "    return " + "not ".repeat(n) + "x";
            case "calls" -> "    return x" + "(x)".repeat(n);
            default -> {
                var blocks = new StringBuilder();
                for (int i = 0; i < 1000; i++) blocks.append("  ".repeat(i + 2)).append("if True:\n");
                yield blocks.append("  ".repeat(1002)).append("return x").toString();
            }
        };
        Path file = computing(body);
        assertThatThrownBy(() -> ScriptModule.load(file)).isInstanceOf(MalformedFileException.class)
                .hasMessageEndingWith("is nested too deeply to be code of torch.jit.save");
    }

    @Test void code_that_is_nested_as_deeply_as_is_allowed_compiles_or_is_refused_by_libtorch() throws IOException {
        for (String expression : new String[] {"(".repeat(190) + "x" + ")".repeat(190), "x" + " + x".repeat(1500), "-".repeat(1500) + "x",
            "[" + "-1.5, ".repeat(5000) + "2.5]"}) {
            try (var module = ScriptModule.load(computing("    return " + expression))) {
                assertThat(module.methods()).containsKey("forward");
            } catch (ScriptException refused) {
                assertThat(refused).hasMessageContaining("cannot be loaded");
            }
        }
    }

    @Test void a_tensor_that_is_larger_than_its_storage_is_refused() throws IOException {
        // the sizes (2,) of a tensor are MARK BININT1 2 TUPLE
        Path file = changed("data.pkl", bytes -> {
            byte[] changed = bytes.clone();
            for (int i = 0; i + 3 < changed.length; i++)
                if (changed[i] == '(' && changed[i + 1] == 'K' && changed[i + 2] == 2 && changed[i + 3] == 't') changed[i + 2] = (byte) 200;
            return changed;
        });
        assertThatThrownBy(() -> ScriptModule.load(file)).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("a tensor with the sizes [200], strides [1] and offset 0 in a storage of 2 elements");
        Path cut = changed("data/0", _ -> new byte[4]);
        assertThatThrownBy(() -> ScriptModule.load(cut)).isInstanceOf(MalformedFileException.class)
                .hasMessageContaining("a storage 0 of 2 elements, but the archive has only 4 bytes of it");
    }

    @Test void damaged_copies_load_or_are_refused_but_never_end_the_process() throws IOException, InterruptedException {
        try (var files = Files.list(STATE.getParent())) {
            Scripts.Report report = Scripts.run(5, 250, files.filter(f -> f.toString().endsWith(".ts")).sorted().toList(), folder);
            assertThat(report.crashes()).isEmpty();
            assertThat(report.unexpected()).isEmpty();
            assertThat(report.loaded() + report.refused()).isEqualTo(250);
            assertThat(report.loaded()).isPositive();
        }
    }
}
