package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.datasets.Framing;
import panatorch.datasets.ImageFolder;
import panatorch.serialize.Npy;
import panatorch.serialize.Safetensors;
import panatorch.serialize.StateDicts;
import panatorch.serialize.TorchFile;

/** Java itself in the POSIX locale, as a server has it that no script starts: the library reads and writes files of any name. */
@DisabledIfSystemProperty(named = "sun.jnu.encoding", matches = "ANSI.*",
        disabledReason = "Java makes files of no such names in this locale; set LC_ALL=C.UTF-8")
@EnabledOnOs(OS.LINUX)
class PosixLocaleTest {
    private static final byte[] GIF = {'G', 'I', 'F', '8', '9', 'a', 1, 0, 1, 0, (byte) 0x80, 0, 0, (byte) 0xFF, 0, 0, 0, 0, 0, ',', 0, 0,
        0, 0, 1, 0, 1, 0, 0, 2, 2, 'D', 1, 0, ';'};

    @TempDir
    Path folder;

    /** Java has no way to change its locale, so this runs in a process of its own. */
    static final class Program {
        public static void main(String[] args) throws IOException {
            Path folder = Path.of(args[0]);
            try (var set = ImageFolder.of(folder.resolve("set"), Framing.center(8)); var batch = set.batch(0, 1);
                    var scope = Scope.open()) {
                say("classes " + set.classNames() + " of " + batch.images().size(0) + ", " + set.name(1));
                Path weights = Path.of(URI.create(folder.toUri() + "m%C3%BCnchen")),
                        tensors = Path.of(URI.create(weights.toUri() + ".safetensors"));
                var saved = Map.of("größe", Torch.ones(3));
                Safetensors.save(tensors, saved, Map.of());
                Path pt = Path.of(URI.create(weights.toUri() + ".pt")), npz = Path.of(URI.create(weights.toUri() + ".npz"));
                TorchFile.save(pt, saved);
                Npy.saveAll(npz, saved);
                say("loaded " + Safetensors.load(tensors).keySet() + StateDicts.read(pt).tensors().keySet() + Npy.loadAll(npz).keySet());
                say("sharded " + Safetensors.load(folder.resolve("index.json")).keySet());
            }
        }

        private static void say(String line) { System.out.writeBytes((line + "\n").getBytes(StandardCharsets.UTF_8)); }
    }

    private Child posix(String main, String... args) throws IOException {
        return Child.start(folder, List.of("env", "-u", "LANG", "LC_ALL=POSIX"), List.of(), main, args);
    }

    @Test void classes_weights_and_parts_of_weights_have_any_names() throws Exception {
        for (String name : List.of("köln", "münchen"))
            Files.write(Files.createDirectories(folder.resolve("set").resolve(name)).resolve("a.gif"), GIF);
        try (var scope = Scope.open()) {
            Safetensors.save(folder.resolve("teil-ä.safetensors"), Map.of("w", Torch.ones(2)), Map.of());
        }
        Files.writeString(folder.resolve("index.json"), "{\"metadata\": {}, \"weight_map\": {\"w\": \"teil-ä.safetensors\"}}");
        Child child = posix(Program.class.getName(), folder.toString());
        assertThat(child.end()).as(child.err()).isZero();
        assertThat(child.out().lines()).containsExactly("classes [köln, münchen] of 2, " + folder.resolve("set/münchen/a.gif"),
                "loaded [größe][größe][größe]", "sharded [w]");
        try (var files = Files.list(folder)) {
            assertThat(files.map(f -> f.getFileName().toString()).toList()).contains("münchen.safetensors", "münchen.pt", "münchen.npz")
                    .noneMatch(f -> f.endsWith(".unfinished"));
        }
    }

    /** A path that Java cannot be given. */
    @Test void a_path_that_the_locale_cannot_express_is_refused_with_the_way_out() throws Exception {
        Child child = posix(Panatorch.class.getName(), "inspect", "köln.safetensors");
        assertThat(child.end()).isEqualTo(2);
        assertThat(child.err()).contains("set LC_ALL=C.UTF-8").hasLineCount(1);
    }
}
