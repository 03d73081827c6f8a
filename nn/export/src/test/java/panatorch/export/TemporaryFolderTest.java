package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TemporaryFolderTest {
    @TempDir
    Path in;

    private List<Path> folders() throws IOException {
        try (var files = Files.list(in)) {
            return files.toList();
        }
    }

    @Test void a_folder_is_gone_when_it_is_closed() throws Exception {
        try (var folder = TemporaryFolder.open(in); var second = TemporaryFolder.open(in)) {
            Files.writeString(folder.path().resolve("code.so"), "x");
            assertThat(folders()).containsExactlyInAnyOrder(folder.path(), second.path());
        }
        assertThat(folders()).isEmpty();
    }

    @Test void the_next_process_deletes_what_a_killed_one_left_and_nothing_else() throws Exception {
        Process living = child(), dying = child();
        Path kept = folder(living), left = folder(dying);
        Path other = Files.createDirectory(in.resolve("other")), link = in.resolve("panatorch-compiled-link");
        Path fresh = Files.createDirectory(in.resolve("panatorch-compiled-fresh"));
        Path old = Files.createDirectory(in.resolve("panatorch-compiled-old"));
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minus(Duration.ofHours(1))));
        Files.createSymbolicLink(link, other);
        dying.destroyForcibly().waitFor();
        assertThat(left).isNotEmptyDirectory();
        try (var own = TemporaryFolder.open(in)) {
            assertThat(folders()).containsExactlyInAnyOrder(kept, other, link, fresh, own.path());
            assertThat(kept.resolve("code.so")).exists();
        } finally {
            living.destroyForcibly().waitFor();
        }
    }

    private Process child() throws IOException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), Holder.class.getName(), in.toString()).redirectErrorStream(true).start();
    }

    private static Path folder(Process child) throws IOException {
        return Path.of(child.inputReader().readLine());
    }

    /** Holds a folder until it is killed. */
    static final class Holder {
        private Holder() {}

        public static void main(String[] arguments) throws Exception {
            var folder = TemporaryFolder.open(Path.of(arguments[0]));
            Files.writeString(folder.path().resolve("code.so"), "x");
            System.out.println(folder.path());
            Thread.sleep(Duration.ofMinutes(5));
            folder.close();
        }
    }
}
