package panatorch.house;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** The project's files as they lie in the work tree. */
final class Sources {
    private Sources() {}

    static final List<String> MODULES = List.of("bindings", "nn", "datasets", "apps", "native-tests");

    static final Path ROOT = root(Path.of("").toAbsolutePath());

    private static Path root(Path folder) { return Files.isDirectory(folder.resolve(".mvn")) ? folder : root(folder.getParent()); }

    /** Returns all Java files that somebody wrote, tests among them. */
    static List<Path> java() {
        return MODULES.stream().flatMap(m -> under(ROOT.resolve(m))).filter(f -> f.toString().endsWith(".java")).toList();
    }

    private static Stream<Path> under(Path module) {
        try (var files = Files.walk(module)) {
            return files.filter(f -> !module.relativize(f).toString().matches("(.*/)?target(/.*)?")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
