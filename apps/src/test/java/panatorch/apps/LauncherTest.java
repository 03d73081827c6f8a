package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code bin/panatorch} in a project of empty modules, with a JDK and a Maven that only say that they were called. */
@EnabledOnOs({OS.LINUX, OS.MAC})
class LauncherTest {
    @TempDir
    Path folder;
    private Path root, jdk, elsewhere;

    private record Result(int status, String out, String err) {}

    @BeforeEach void project() throws IOException {
        folder = folder.toRealPath();
        root = folder.resolve("the project");
        jdk = folder.resolve("jdk");
        elsewhere = Files.createDirectory(folder.resolve("elsewhere"));
        String launcher = Files.readString(Path.of("bin", "panatorch"));
        String modules =
                Pattern.compile("^modules=\"(.*)\"$", Pattern.MULTILINE).matcher(launcher).results().findFirst().orElseThrow().group(1);
        for (String module : modules.split(" ")) {
            write(root.resolve(module).resolve("pom.xml"), "");
            write(root.resolve(module).resolve("src/main/java/A.java"), "");
        }
        write(root.resolve("pom.xml"), "");
        script(root.resolve("apps/bin/panatorch"), launcher);
        write(root.resolve("apps/bin/jdk.sh"), Files.readString(Path.of("bin", "jdk.sh")));
        write(jdk.resolve("release"), "IMPLEMENTOR=\"x\"\nJAVA_VERSION=\"25.0.1\"\n");
        script(jdk.resolve("bin/java"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\nexit 7\n");
        script(folder.resolve("path/mvn"), """
                #!/bin/sh
                echo "mvn $*"
                for m in MODULES; do mkdir -p $m/target
                touch $m/target/panatorch-${m##*/}-1.jar $m/target/panatorch-${m##*/}-1-sources.jar; done
                printf '%s' "$PWD/pom.xml" > apps/target/classpath.txt
                """.replace("MODULES", modules));
    }

    private static void write(Path file, String text) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        age(file, 60);
    }

    private static void script(Path file, String text) throws IOException {
        write(file, text);
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private static void age(Path file, int seconds) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(seconds)));
        for (Path p = file.getParent(); p != null && p.toString().contains("the project"); p = p.getParent())
            Files.setLastModifiedTime(p, FileTime.from(Instant.now().minusSeconds(seconds)));
    }

    private Result call(Path script, String... args) throws Exception { return call(Map.of(), script, args); }

    private Result call(Map<String, String> environment, Path script, String... args) throws Exception {
        var command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(args));
        Path out = folder.resolve("out"), err = folder.resolve("err");
        var builder = new ProcessBuilder(command).directory(elsewhere.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("JAVA_HOME", jdk.toString());
        builder.environment().put("HOME", elsewhere.toString());
        builder.environment().put("PATH", folder.resolve("path") + ":/usr/bin:/bin");
        builder.environment().putAll(environment);
        int status = builder.start().waitFor();
        return new Result(status, Files.readString(out, StandardCharsets.UTF_8), Files.readString(err, StandardCharsets.UTF_8));
    }

    private Path launcher() { return root.resolve("apps/bin/panatorch"); }

    @Test void the_first_call_builds_and_says_so_and_the_second_does_not() throws Exception {
        Result first = call(launcher(), "doctor");
        assertThat(first.err()).isEqualTo("Building PanaTorch, once…\n");
        assertThat(root.resolve("apps/target/build.log")).hasContent("mvn -q -B -DskipTests -pl apps -am package");
        assertThat(first.out()).contains("panatorch.apps.Panatorch\ndoctor\n");
        assertThat(call(launcher(), "doctor").err()).isEmpty();
    }

    @Test void a_changed_source_is_built_and_a_changed_test_is_not() throws Exception {
        call(launcher());
        write(root.resolve("apps/src/test/java/ATest.java"), "");
        age(root.resolve("apps/src/test/java/ATest.java"), -60);
        age(root.resolve("apps/src/main/java/A.java"), 60);
        assertThat(call(launcher()).err()).isEmpty();
        Files.setLastModifiedTime(root.resolve("nn/src/main/java/A.java"), FileTime.from(Instant.now().plusSeconds(60)));
        assertThat(call(launcher()).err()).startsWith("Building PanaTorch, because nn has changed…");
    }

    @Test void it_works_through_links_passes_arguments_and_gives_the_programs_status() throws Exception {
        Path bin = Files.createDirectories(folder.resolve("usr/bin"));
        Files.createSymbolicLink(bin.resolve("first"), bin.relativize(launcher()));
        Files.createSymbolicLink(folder.resolve("second"), Path.of("usr/bin/first"));
        Result result = call(folder.resolve("second"), "train", "--out", "a folder");
        assertThat(result.out()).endsWith("train\n--out\na folder\n");
        assertThat(result.out()).contains("--enable-native-access=ALL-UNNAMED").contains("panatorch-apps-1.jar:").doesNotContain("sources");
        assertThat(result.status()).isEqualTo(7);
    }

    @Test void a_build_that_fails_is_a_failure() throws Exception {
        script(folder.resolve("path/mvn"), "#!/bin/sh\necho '[ERROR] no'\nexit 1\n");
        Result result = call(launcher(), "doctor");
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.err())
                .isEqualTo("Building PanaTorch, once…\n[ERROR] no\npanatorch: the build failed; Maven's messages above say why.\n");
        assertThat(result.out()).isEmpty();
    }

    /** Returns the archive of classes, once the process that makes it has ended. */
    private Path archive() throws Exception {
        Path cache = elsewhere.resolve(".cache/panatorch");
        for (int i = 0; i < 1000; i++) {
            try (var files = Files.list(cache)) {
                Path made = files.filter(f -> f.toString().endsWith(".jsa")).findFirst().orElse(null);
                if (made != null) return made;
            }
            Thread.sleep(10);
        }
        throw new AssertionError("no archive in " + cache);
    }

    @Test
    @EnabledOnOs(OS.LINUX) void the_second_call_uses_an_archive_of_classes_and_not_one_older_than_a_jar() throws Exception {
        script(jdk.resolve("bin/java"),
                "#!/bin/sh\nfor a; do case $a in -XX:ArchiveClassesAtExit=*) echo classes > \"${a#*=}\"; exit 0; esac; done\nprintf "
                        + "'%s\\n' \"$@\"\nexit 7\n");
        assertThat(call(launcher(), "doctor").out()).doesNotContain("-XX:SharedArchiveFile");
        assertThat(archive()).hasContent("classes");
        Result second = call(launcher(), "doctor");
        assertThat(second.out()).contains("-XX:SharedArchiveFile=" + archive()).endsWith("doctor\n");
        assertThat(second.status()).isEqualTo(7);
        age(archive(), 3600);
        assertThat(call(launcher(), "doctor").out()).doesNotContain("-XX:SharedArchiveFile");
    }

    @Test
    @EnabledOnOs(OS.LINUX) void where_no_archive_of_classes_can_be_made_all_runs_without() throws Exception {
        call(launcher());
        assertThat(archive()).isEmptyFile();
        Result second = call(launcher(), "doctor");
        assertThat(second.out()).doesNotContain("-XX:SharedArchiveFile").endsWith("doctor\n");
        assertThat(second.err()).isEmpty();
        elsewhere = Files.createDirectory(folder.resolve("home"));
        write(elsewhere.resolve(".cache"), "a file, so that no folder can be made in it");
        Result unwritable = call(launcher(), "doctor");
        assertThat(unwritable.err()).isEmpty();
        assertThat(unwritable.status()).isEqualTo(7);
    }

    /** A locale in which Java cannot name files that are not ASCII. */
    @ParameterizedTest
    @ValueSource(strings = {"C", "POSIX", "xx_XX.UTF-8", ""})
    @EnabledOnOs(OS.LINUX) void a_locale_of_ascii_alone_is_left_for_one_of_utf8_by_the_build_and_the_program(String locale)
            throws Exception {
        script(jdk.resolve("bin/java"), "#!/bin/sh\nlocale charmap\n");
        script(folder.resolve("path/mvn"),
                Files.readString(folder.resolve("path/mvn")).replace("#!/bin/sh\n", "#!/bin/sh\nlocale charmap\n"));
        Result result = call(Map.of("LC_ALL", locale, "LC_CTYPE", locale, "LANG", locale), launcher(), "doctor");
        assertThat(result.out()).isEqualTo("UTF-8\n");
        assertThat(result.err()).endsWith("Building PanaTorch, once…\n"); // before it Bash itself may complain of the locale
        assertThat(root.resolve("apps/target/build.log")).content().startsWith("UTF-8\n");
    }

    @Test
    @EnabledOnOs(OS.LINUX) void a_locale_of_utf8_stays_the_users() throws Exception {
        script(jdk.resolve("bin/java"), "#!/bin/sh\necho \"$LC_ALL\"\n");
        assertThat(call(Map.of("LC_ALL", "C.utf8"), launcher(), "doctor").out()).isEqualTo("C.utf8\n");
    }

    @Test void an_older_jdk_is_not_taken() throws Exception {
        write(jdk.resolve("release"), "JAVA_VERSION=\"24.0.2\"\n");
        Result result = call(launcher(), "doctor");
        assertThat(result.status()).isNotEqualTo(7);
    }
}
