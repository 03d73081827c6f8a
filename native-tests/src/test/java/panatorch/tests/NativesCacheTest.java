package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Torch;

/**
 * The folder into which natives are unpacked, and what may happen to it. Where JavaCPP's part alone shows the same, libtorch itself is a
 * folder by name, because to unpack it takes seconds.
 */
@EnabledOnOs(OS.LINUX)
class NativesCacheTest {
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String RESULT = "result 8.0 from ";

    @TempDir
    Path folder;
    private Path cache, libtorch;

    @BeforeEach void name_libtorch() throws IOException {
        cache = folder.resolve("cache");
        libtorch = NativesSearchTest.libraries(folder.resolve("libtorch"), name -> !name.startsWith("libjni"));
    }

    private ChildJvm startWithJavaPart() throws Exception {
        return ChildJvm.run(LibraryStart.class, LIMIT, "-Dpanatorch.cache=" + cache, "-Dpanatorch.libtorch=" + libtorch,
                "-Dlog4j2.level=warn");
    }

    private ProcessBuilder start(String... options) {
        var all = new ArrayList<>(List.of("-Dpanatorch.cache=" + cache));
        all.addAll(List.of(options));
        return new ProcessBuilder(
                ChildJvm.command(LibraryStart.class.getName(), System.getProperty("java.class.path"), all.toArray(String[]::new)));
    }

    private static List<Path> list(Path folder, String prefix) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(f -> f.getFileName().toString().startsWith(prefix)).toList();
        }
    }

    private Path unpacked() throws IOException {
        assertThat(list(cache, "pytorch-")).hasSize(1);
        assertThat(list(cache, "unfinished-")).isEmpty();
        return list(cache, "pytorch-").getFirst();
    }

    @Test void several_first_starts_at_once_unpack_once() throws Exception {
        var starts = new ArrayList<Process>();
        for (int i = 0; i < 4; i++)
            starts.add(
                    start("-Dlog4j2.level=info").redirectErrorStream(true).redirectOutput(folder.resolve("output" + i).toFile()).start());
        for (Process start : starts) start.waitFor();
        var outputs = new StringBuilder();
        for (int i = 0; i < 4; i++) {
            String output = Files.readString(folder.resolve("output" + i));
            assertThat(output).contains(RESULT + unpacked());
            outputs.append(output);
        }
        assertThat(outputs).containsOnlyOnce("Unpacking libtorch to " + unpacked());
        assertThat(unpacked().getFileName().toString()).as("a name with libtorch's version").startsWith("pytorch-" + Torch.version());
    }

    @Test void after_a_killed_unpacking_the_next_start_works_and_clears_up() throws Exception {
        Process killed = start().redirectErrorStream(true).redirectOutput(folder.resolve("output").toFile()).start();
        while (killed.isAlive() && !(Files.isDirectory(cache)
                && list(cache, "unfinished-").stream().anyMatch(f -> f.resolve("libtorch_cpu.so").toFile().length() > 10_000_000)))
            Thread.sleep(5);
        killed.destroyForcibly().waitFor();
        assertThat(list(cache, "unfinished-")).as("what the killed process left").hasSize(1);
        assertThat(list(cache, "pytorch-")).isEmpty();
        assertThat(ChildJvm.await(start(), LIMIT).output()).contains(RESULT + cache);
        unpacked();
    }

    @Test void a_truncated_file_is_unpacked_again() throws Exception {
        startWithJavaPart();
        Path file = unpacked().resolve("libjnitorch.so");
        long size = Files.size(file);
        try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
            channel.truncate(size / 2);
        }
        assertThat(startWithJavaPart().output()).contains("unpacked again, as libjnitorch.so is damaged", RESULT);
        assertThat(unpacked().resolve("libjnitorch.so")).hasSize(size);
    }

    @Test void a_file_of_the_right_size_with_other_bytes_is_unpacked_again() throws Exception {
        startWithJavaPart();
        Path file = unpacked().resolve("libjnijavacpp.so");
        byte[] good = Files.readAllBytes(file), bad = good.clone();
        bad[bad.length / 2] ^= 1;
        Files.write(file, bad);
        Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis() + 60_000));
        assertThat(startWithJavaPart().output()).contains("unpacked again, as libjnijavacpp.so is damaged", RESULT);
        assertThat(unpacked().resolve("libjnijavacpp.so")).hasBinaryContent(good);
    }

    @Test void a_cache_whose_list_is_cut_off_is_unpacked_again() throws Exception {
        startWithJavaPart();
        Path list = unpacked().resolve("checksums");
        List<String> lines = Files.readAllLines(list);
        Files.write(list, lines.subList(0, lines.size() - 1));
        assertThat(startWithJavaPart().output()).contains("unpacked again, as its list of files is damaged or gone", RESULT);
        assertThat(unpacked().resolve("checksums")).content().hasLineCount(lines.size());
    }

    @Test void a_copied_cache_with_other_times_is_read_once_and_used() throws Exception {
        startWithJavaPart();
        Path file = unpacked().resolve("libjnitorch.so");
        Object before = Files.readAttributes(file, BasicFileAttributes.class).fileKey();
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000_000_000L));
        assertThat(startWithJavaPart().output()).contains(RESULT).doesNotContain("unpacked again");
        assertThat(Files.readAttributes(file, BasicFileAttributes.class).fileKey()).isEqualTo(before);
        assertThat(Files.readString(unpacked().resolve("checksums"))).contains(" 1000000000 libjnitorch.so");
    }

    @Test void a_full_disk_is_a_sentence_and_leaves_nothing_behind() throws Exception {
        Files.createDirectory(cache);
        try {
            Process mount = new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=20m", "tmpfs", cache.toString())
                    .redirectErrorStream(true).start();
            Assumptions.assumeTrue(mount.waitFor() == 0, "needs the right to mount a small file system");
        } catch (IOException e) {
            Assumptions.abort("needs the command mount");
        }
        try {
            assertThat(startWithJavaPart().output()).contains("sentence libtorch could not be unpacked to " + cache
                    + ": it takes 30 MB, and only 21 MB are free there; name another folder with -Dpanatorch.cache=DIR.");
            assertThat(list(cache, "pytorch-")).isEmpty();
            assertThat(list(cache, "unfinished-")).isEmpty();
        } finally {
            new ProcessBuilder("umount", cache.toString()).start().waitFor();
        }
    }

    /** As when a quota ends, or another program takes what was free. */
    @Test void a_file_that_cannot_be_written_to_its_end_is_a_sentence_and_leaves_nothing_behind() throws Exception {
        var command = new ArrayList<>(List.of("sh", "-c", "ulimit -f 20000; exec \"$@\"", "sh"));
        command.addAll(start("-Dpanatorch.libtorch=" + libtorch).command());
        assertThat(ChildJvm.await(new ProcessBuilder(command), LIMIT).output()).contains("sentence libtorch could not be unpacked to "
                + cache + ": File too large; name another folder with -Dpanatorch.cache=DIR.");
        assertThat(list(cache, "pytorch-")).isEmpty();
        assertThat(list(cache, "unfinished-")).isEmpty();
    }

    @Test void a_cache_that_cannot_be_written_is_a_sentence() throws Exception {
        cache = Files.writeString(folder.resolve("file"), "");
        assertThat(startWithJavaPart().output()).contains("sentence libtorch could not be unpacked to " + cache + ": " + cache)
                .contains("; name another folder with -Dpanatorch.cache=DIR.");
        cache = Path.of("/sys/panatorch");
        assertThat(startWithJavaPart().output()).contains("sentence libtorch could not be unpacked to /sys/panatorch: /sys/panatorch (")
                .contains("; name another folder with -Dpanatorch.cache=DIR.");
    }

    @Test void without_a_name_it_is_where_other_programs_of_the_user_have_theirs() throws Exception {
        Path home = Files.createDirectory(folder.resolve("home")), xdg = folder.resolve("xdg");
        var builder = new ProcessBuilder(
                ChildJvm.command(LibraryStart.class.getName(), System.getProperty("java.class.path"), "-Dpanatorch.libtorch=" + libtorch));
        builder.environment().remove("XDG_CACHE_HOME");
        builder.environment().put("HOME", home.toString());
        assertThat(ChildJvm.await(builder, LIMIT).output()).contains(RESULT);
        cache = home.resolve(".cache/panatorch");
        unpacked();
        builder.environment().put("XDG_CACHE_HOME", xdg.toString());
        assertThat(ChildJvm.await(builder, LIMIT).output()).contains(RESULT);
        cache = xdg.resolve("panatorch");
        unpacked();
    }

    /** As in a container whose user the system does not know. */
    @Test void a_user_without_a_home_is_a_sentence() throws Exception {
        var builder = new ProcessBuilder(ChildJvm.command(LibraryStart.class.getName(), System.getProperty("java.class.path"),
                "-Dpanatorch.libtorch=" + libtorch, "-Duser.home=?"));
        builder.environment().keySet().removeAll(List.of("HOME", "XDG_CACHE_HOME"));
        assertThat(ChildJvm.await(builder, LIMIT).output()).contains(
                "sentence There is no folder to unpack libtorch to, since this user has no home: set HOME or XDG_CACHE_HOME to a "
                        + "writable folder, or name one with -Dpanatorch.cache=DIR.");
    }

    /** The shell makes the name, since this process may have the same locale. */
    @Test void in_the_POSIX_locale_a_home_whose_name_is_not_ASCII_is_a_sentence() throws Exception {
        var command = new ArrayList<>(List.of("sh", "-c",
                "unset XDG_CACHE_HOME; export LC_ALL=\"$1\" HOME=\"$2\"$(printf '/j\\303\\274rgen'); shift 2; exec \"$@\"", "sh", "C",
                folder.toString()));
        command.addAll(
                ChildJvm.command(LibraryStart.class.getName(), System.getProperty("java.class.path"), "-Dpanatorch.libtorch=" + libtorch));
        assertThat(ChildJvm.await(new ProcessBuilder(command), LIMIT).output()).contains("sentence HOME names " + folder + "/j")
                .contains(
                        "Java cannot open files of such names: set the environment variable LC_ALL=C.UTF-8 before java starts, or name a "
                                + "folder with an ASCII name with -Dpanatorch.cache=DIR.");
        command.set(4, "C.UTF-8");
        assertThat(ChildJvm.await(new ProcessBuilder(command), LIMIT).output()).contains(RESULT);
    }

    @Test void a_damaged_jar_is_a_sentence() throws Exception {
        String entry = Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(e -> e.matches(".*javacpp-[\\d.]+-linux-\\w+\\.jar")).findFirst().orElseThrow();
        byte[] jar = Files.readAllBytes(Path.of(entry));
        jar[jar.length / 3] ^= 1;
        Path damaged = Files.write(folder.resolve(Path.of(entry).getFileName()), jar);
        var command =
                ChildJvm.command(LibraryStart.class.getName(), System.getProperty("java.class.path").replace(entry, damaged.toString()),
                        "-Dpanatorch.cache=" + cache, "-Dpanatorch.libtorch=" + libtorch);
        assertThat(ChildJvm.await(new ProcessBuilder(command), LIMIT).output()).contains("sentence libtorch could not be unpacked to "
                + cache + ": " + damaged + " is damaged; delete it and download it again;");
        assertThat(list(cache, "unfinished-")).isEmpty();
    }
}
