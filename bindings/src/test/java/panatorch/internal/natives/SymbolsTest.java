package panatorch.internal.natives;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.ZipFile;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.internal.library.NativeLibrary;
import panatorch.internal.natives.Symbol.Feature;
import panatorch.internal.natives.Symbol.Library;
import panatorch.internal.natives.Symbol.Platform;

/**
 * Looks up every name of {@link Symbol} in the natives of each platform that Maven Central has: {@code pytorch} and {@code openblas} of
 * org.bytedeco, with the classifiers below. {@code -Dpanatorch.natives=DIR} names a folder with these jars, in subfolders or not, such as a
 * local Maven repository.
 */
class SymbolsTest {
    private static final Set<Library> IN_JARS =
            EnumSet.of(Library.LIBTORCH, Library.TORCH_CUDA, Library.C10_CUDA, Library.OPENMP, Library.OPENBLAS);
    private static final Set<Library> CUDA = EnumSet.of(Library.TORCH_CUDA, Library.C10_CUDA, Library.CUDA_RUNTIME);

    @Test void this_process_has_all_names_of_its_platform() {
        NativeLibrary.load();
        for (Symbol s : Symbol.values()) {
            if (s.library() == Library.CUDA_DRIVER || CUDA.contains(s.library()) && !NativeLibrary.hasCuda()
                    || s.library() == Library.OPENBLAS && !Symbol.BLAS_CORE_NAME.isThere())
                continue;
            if (s.spelling(Platform.here()) != null) assertThat(s.isThere()).as("%s, %s", s, s.spelling(Platform.here())).isTrue();
        }
    }

    @Test void every_platform_has_the_names_without_which_nothing_works() {
        for (Symbol s : Symbol.values())
            for (Platform p : Platform.values()) if (s.isRequired()) assertThat(s.spelling(p)).as("%s on %s", s, p).isNotNull();
    }

    @Test void a_missing_optional_name_says_which_feature_is_missing() {
        NativeLibrary.load();
        assumeTrue(!NativeLibrary.hasCuda() && Platform.here() == Platform.LINUX,
                "skipped: this libtorch has all optional names of its platform");
        assertThat(Symbol.GRAPH_RESET.functionIfThere()).isNull();
        assertThatThrownBy(Symbol.GRAPH_RESET::address).isInstanceOf(UnsupportedOperationException.class)
                .hasMessage("Not available here: CUDA graphs. No loaded library has the function _ZN2at4cuda9CUDAGraph5resetEv.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"linux-x86_64", "linux-x86_64-gpu", "macosx-arm64",
        "windows-x86_64"}) void the_natives_of_a_platform_export_its_names(String classifier, @TempDir Path unpacked) throws IOException {
        Path torch = jar("pytorch", classifier), blas = jar("openblas", classifier.replace("-gpu", ""));
        assumeTrue(torch != null, "skipped: name a folder with org.bytedeco's pytorch jar for " + classifier + " by -Dpanatorch.natives");
        boolean gpu = classifier.endsWith("-gpu");
        Platform platform =
                classifier.startsWith("mac") ? Platform.MACOS : classifier.startsWith("windows") ? Platform.WINDOWS : Platform.LINUX;
        Set<String> exported = new HashSet<>(), imported = new HashSet<>();
        for (Path jar : blas == null ? List.of(torch) : List.of(torch, blas)) read(jar, unpacked, exported, imported);
        var missing = new ArrayList<String>();
        for (Symbol s : Symbol.values()) {
            String name = s.spelling(platform);
            if (name == null || CUDA.contains(s.library()) && !gpu || s.library() == Library.OPENBLAS && blas == null) continue;
            boolean known = IN_JARS.contains(s.library()) ? exported.contains(name)
                    : s.library() != Library.CPP && s.library() != Library.CUDA_RUNTIME || imported.contains(name);
            if (!known) missing.add(s + " " + name);
        }
        assertThat(missing).as("names that the natives for %s lack", classifier).isEmpty();
    }

    /** {@code bindings/README.md} has a row for each feature that some platform lacks. */
    @Test void the_readme_says_what_each_platform_lacks() throws IOException {
        String readme = Files.readString(Path.of("README.md"));
        for (Feature f : Feature.values()) {
            String row = "| " + f + " | " + String.join(" | ", Arrays.stream(Platform.values()).map(p -> has(f, p) ? "yes" : "no").toList())
                    + " |";
            if (row.contains("| no |")) assertThat(readme).contains(row);
        }
    }

    private static boolean has(Feature f, Platform p) {
        return Arrays.stream(Symbol.values()).filter(s -> s.feature() == f).allMatch(s -> s.spelling(p) != null);
    }

    /** The newest such jar; that of this platform is on the class path in any case. */
    static @Nullable Path jar(String artifact, String classifier) throws IOException {
        String named = System.getProperty("panatorch.natives"), end = "-" + classifier + ".jar";
        var found = new ArrayList<Path>();
        for (String entry : System.getProperty("java.class.path").split(java.io.File.pathSeparator)) found.add(Path.of(entry));
        if (named != null) try (var files = Files.walk(Path.of(named))) {
            files.forEach(found::add);
        }
        return found.stream().filter(
                p -> p.getFileName().toString().matches(artifact + "-\\d.*") && p.toString().endsWith(end) && Files.isRegularFile(p))
                .sorted().reduce((a, b) -> b).orElse(null);
    }

    private static void read(Path jar, Path unpacked, Set<String> exported, Set<String> imported) throws IOException {
        try (var zip = new ZipFile(jar.toFile())) {
            for (var entries = zip.entries(); entries.hasMoreElements();) {
                var entry = entries.nextElement();
                String name = entry.getName().substring(entry.getName().lastIndexOf('/') + 1);
                if (!name.matches("(lib)?(torch_cpu|torch_cuda|c10|c10_cuda|gomp|omp|openblas)\\.(so|dylib|dll|\\d).*")) continue;
                Path file = unpacked.resolve(name);
                try (var in = zip.getInputStream(entry)) {
                    Files.copy(in, file);
                }
                ExportTable table = ExportTable.of(file);
                exported.addAll(table.exported());
                imported.addAll(table.imported());
                Files.delete(file);
            }
        }
    }
}
