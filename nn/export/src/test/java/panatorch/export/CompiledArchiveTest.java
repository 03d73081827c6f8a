package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.serialize.MalformedFileException;

/** Archives around compiled code that are wrong or damaged: all are refused before any code is loaded. */
class CompiledArchiveTest {
    private static final String FOLDER = "m/data/aotinductor/model/";
    private static final String METADATA = "{\"AOTI_DEVICE_KEY\": \"cpu\", \"AOTI_CPU_ISA\": \"\"}";

    @TempDir
    Path folder;

    /** An archive that is right but for its library, which is none. */
    private static Map<String, byte[]> entries() {
        var entries = new LinkedHashMap<String, byte[]>();
        put(entries, "m/archive_format", "pt2");
        put(entries, "m/byteorder", "little");
        put(entries, FOLDER + "c.wrapper.cpp", CompiledSourceTest.TEXT.replaceAll(" -mavx512\\w+", "").replace(" -mfma", ""));
        put(entries, FOLDER + "c.wrapper_metadata.json", METADATA);
        put(entries, FOLDER + "c.wrapper.so", "this is no library");
        return entries;
    }

    private static void put(Map<String, byte[]> entries, String name, String text) {
        entries.put(name, text.getBytes(StandardCharsets.UTF_8));
    }

    private Path write(Map<String, byte[]> entries) throws Exception {
        Path file = folder.resolve("m.pt2");
        LoadTest.write(file, entries);
        return file;
    }

    private void assertMalformed(Map<String, byte[]> entries, String message) throws Exception {
        Path file = write(entries);
        assertThatThrownBy(() -> CompiledProgram.load(file)).isInstanceOf(MalformedFileException.class).hasMessageContaining(message)
                .hasMessageContaining(file.toString());
    }

    @Test void a_library_that_is_none_is_refused_by_the_system() throws Exception {
        Path file = write(entries());
        assertThatThrownBy(() -> CompiledProgram.load(file)).isInstanceOf(UnsupportedProgramException.class)
                .hasMessageContaining("does not load").hasMessageContaining(file.toString());
    }

    @Test void archives_that_lack_something_are_refused() throws Exception {
        Map<String, byte[]> entries = entries();
        entries.remove(FOLDER + "c.wrapper.so");
        assertMalformed(entries, "no compiled library");
        put(entries, FOLDER + "a.so", "");
        put(entries, FOLDER + "b.so", "");
        assertMalformed(entries, "has 2 libraries");
        entries = entries();
        entries.remove(FOLDER + "c.wrapper_metadata.json");
        assertMalformed(entries, "no c.wrapper_metadata.json");
        entries = entries();
        put(entries, FOLDER + "c.wrapper_metadata.json", "{\"AOTI_DEVICE_KEY\": [1]}");
        assertMalformed(entries, "there should be a text");
        entries = entries();
        entries.remove(FOLDER + "c.wrapper.cpp");
        assertMalformed(entries, "neither the exported program nor the source text");
        entries = entries();
        put(entries, FOLDER + "deeper/c.json", "");
        assertMalformed(entries, "has a name that compiled code does not have");
        entries = entries();
        entries.keySet().removeIf(n -> n.startsWith(FOLDER));
        assertMalformed(entries, "no compiled code");
    }

    @Test void one_of_several_models_is_chosen_by_its_name() throws Exception {
        Map<String, byte[]> entries = entries();
        entries().forEach((name, bytes) -> entries.put(name.replace("/model/", "/second/"), bytes));
        assertMalformed(entries, "the models [model, second]; tell which by CompiledOptions.model");
        assertThatThrownBy(() -> CompiledProgram.load(folder.resolve("m.pt2"), CompiledOptions.standard().model("third")))
                .hasMessageContaining("no model 'third', but [model, second]");
        put(entries, FOLDER.replace("/model/", "/second/") + "c.wrapper_metadata.json", "{\"AOTI_DEVICE_KEY\": \"cuda\"}");
        Path file = write(entries);
        assertThatThrownBy(() -> CompiledProgram.load(file, CompiledOptions.standard().model("second")))
                .isInstanceOf(UnsupportedProgramException.class).hasMessageContaining("'cuda'");
    }

    @Test void a_graph_for_other_code_is_refused() throws Exception {
        Map<String, byte[]> entries = entries();
        LoadTest.entries("mlp").forEach((name, bytes) -> { // the code takes two tensors, and this program one
            if (name.contains("/models/")) entries.put("m/models/model.json", bytes);
        });
        assertMalformed(entries, "the code takes 2 tensors, but the program 1");
    }

    @Test void there_has_to_be_a_runner() {
        assertThatThrownBy(() -> CompiledOptions.standard().runners(0)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("1 runner or more");
    }

    @Test void damaged_bytes_are_refused() throws Exception {
        byte[] whole = Files.readAllBytes(write(entries()));
        var random = new Random(2);
        Path file = folder.resolve("damaged.pt2");
        for (int i = 0; i < 300; i++) {
            byte[] bytes = whole.clone();
            for (int k = random.nextInt(3); k >= 0; k--) bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            Files.write(file, i % 5 == 0 ? Arrays.copyOf(bytes, random.nextInt(bytes.length)) : bytes);
            assertThatThrownBy(() -> CompiledProgram.load(file))
                    .isInstanceOfAny(MalformedFileException.class, UnsupportedProgramException.class);
        }
        try (var files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            assertThat(files).noneMatch(f -> f.getFileName().toString().startsWith("panatorch-compiled-"));
        }
    }
}
