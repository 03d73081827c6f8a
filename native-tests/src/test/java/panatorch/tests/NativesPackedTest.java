package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The ways in which applications are packed: each is built here as its tool does it, and started in a process of its own. */
@EnabledOnOs(OS.LINUX)
class NativesPackedTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    @TempDir
    Path folder;

    /** The class path's entries that a program with tensors alone needs. */
    private static List<Path> needed() {
        return Packing.classPath()
                .filter(e -> Files.isDirectory(e)
                        || e.getFileName().toString().matches("(panatorch-[\\d.]+|javacpp|pytorch|openblas|log4j-api|jspecify).*\\.jar"))
                .toList();
    }

    private static boolean isNatives(Path entry) { return entry.toString().contains("-linux-"); }

    private String start(String... arguments) throws Exception {
        var command = new ArrayList<>(List.of(Packing.BIN.resolve("java").toString(), "-Dpanatorch.cache=" + folder.resolve("cache")));
        command.addAll(List.of(arguments));
        return ChildJvm.await(new ProcessBuilder(command), LIMIT).output();
    }

    @Test void a_Spring_Boot_jar_starts_without_a_setting() throws Exception {
        Path app = folder.resolve("app.jar"), loader = Packing.classPath()
                .filter(e -> e.toString().contains("spring-boot-loader")).findFirst().orElseThrow();
        try (var out = new ZipOutputStream(Files.newOutputStream(app))) {
            out.putNextEntry(new ZipEntry(JarFile.MANIFEST_NAME));
            out.write(("Manifest-Version: 1.0\nMain-Class: org.springframework.boot.loader.launch.JarLauncher\nStart-Class: "
                    + LibraryStart.class.getName()
                    + "\nSpring-Boot-Classes: BOOT-INF/classes/\nSpring-Boot-Lib: BOOT-INF/lib/\nEnable-Native-Access: ALL-UNNAMED\n\n")
                    .getBytes());
            for (String inner : List.of("BOOT-INF/", "BOOT-INF/classes/", "BOOT-INF/lib/")) out.putNextEntry(new ZipEntry(inner));
            Packing.storeAll(out, loader, "", name -> name.endsWith(".class"));
            Set<String> classes = new HashSet<>();
            for (Path entry : needed()) {
                if (Files.isDirectory(entry)) Packing.storeAll(out, entry, "BOOT-INF/classes/", classes::add);
                else Packing.store(out, "BOOT-INF/lib/" + entry.getFileName(), () -> Files.newInputStream(entry));
            }
        }
        String name = needed().stream().map(e -> e.getFileName().toString()).filter(e -> e.matches("pytorch-.*-linux-.*")).findFirst()
                .orElseThrow().replace(".jar", "");
        assertThat(start("--illegal-native-access=deny", "-jar", app.toString())).as("the cache's folder is that of plain jars")
                .contains("result 8.0 from " + folder.resolve("cache").resolve(name))
                .doesNotContain("WARNING");
    }

    @Test void a_jar_into_which_all_were_merged_starts_and_a_rebuilt_one_unpacks_nothing_again() throws Exception {
        Path app = folder.resolve("app.jar");
        for (int build = 1; build <= 2; build++) {
            try (var out = new ZipOutputStream(Files.newOutputStream(app))) {
                Set<String> merged = new HashSet<>(Set.of(JarFile.MANIFEST_NAME));
                for (Path entry : needed())
                    Packing.storeAll(out, entry, "", name -> !name.endsWith("module-info.class") && merged.add(name));
                String text = "build " + build;
                Packing.store(out, "build.txt", () -> new java.io.ByteArrayInputStream(text.getBytes()));
            }
            assertThat(start("--enable-native-access=ALL-UNNAMED", "-cp", app.toString(), LibraryStart.class.getName()))
                    .contains("result 8.0 from " + folder.resolve("cache/pytorch-2.13.0-linux-"));
        }
        try (Stream<Path> cached = Files.list(folder.resolve("cache"))) {
            assertThat(cached.filter(Files::isDirectory)).hasSize(1);
        }
    }

    @Test void natives_in_folders_are_found() throws Exception {
        var classPath = new ArrayList<Path>();
        for (Path entry : needed()) {
            classPath.add(isNatives(entry) ? folder.resolve(entry.getFileName().toString().replace(".jar", "")) : entry);
            if (!isNatives(entry)) continue;
            try (var jar = new JarFile(entry.toFile())) {
                for (var file : (Iterable<java.util.jar.JarEntry>) jar.stream().filter(e -> e.getName().contains(".so"))::iterator) {
                    Path copy = classPath.getLast().resolve(file.getName());
                    Files.createDirectories(copy.getParent());
                    Files.copy(jar.getInputStream(file), copy);
                }
            }
        }
        assertThat(start("--enable-native-access=ALL-UNNAMED", "-cp",
                classPath.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator)), LibraryStart.class.getName()))
                .contains("result 8.0 from " + folder.resolve("cache/pytorch-2.13.0-linux-"));
    }

    @Test void an_image_of_jlink_finds_its_natives() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Packing.BIN.resolve("jlink")), "needs a JDK with jlink");
        String path = modulePath();
        Path source = Files.createDirectories(folder.resolve("source/first"));
        Files.writeString(source.resolveSibling("module-info.java"),
                "module first { requires panatorch.nn; requires panatorch.datasets; }");
        Files.writeString(source.resolve("Main.java"), """
                package first;
                public class Main {
                    public static void main(String[] args) throws Exception {
                        System.out.println("result " + panatorch.Torch.ones(2, 2).add(1).sum().itemDouble() + " from " + \
                        panatorch.Torch.libraryFolder());
                        try {
                            panatorch.datasets.Svhn.train(java.nio.file.Path.of(args[0]));
                        } catch (panatorch.datasets.DatasetException e) {
                            System.out.println(e.getMessage());
                        }
                    }
                }
                """);
        Files.createFile(folder.resolve("train_32x32.mat"));
        Packing.tool("javac", "-d", folder.resolve("first").toString(), "-p", path, source.resolveSibling("module-info.java").toString(),
                source.resolve("Main.java").toString());
        Packing.link(folder.resolve("image"), path + File.pathSeparator + folder.resolve("first"), "first");
        String output = ChildJvm.await(new ProcessBuilder(folder.resolve("image/bin/java").toString(), "--illegal-native-access=deny",
                "--enable-native-access=" + Packing.NATIVE_ACCESS, "-Dpanatorch.cache=" + folder.resolve("cache"),
                "-m", "first/first.Main", folder.toString()), LIMIT).output();
        assertThat(output).contains("result 8.0 from " + folder.resolve("cache/pytorch-2.13.0-linux-"))
                .contains(
                        "the library us.hebi.matlab.mat:mfl-core, which reads it, is missing: add its jar to the class path, or to the "
                                + "module path");
    }

    /** The modules that can be linked, without those that only their file's name makes a module, and those that need such modules. */
    private static String modulePath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(e -> !e.contains("test-classes") && !e.matches(".*serve[-/](http|grpc|micrometer).*")
                        && (Path.of(e, "module-info.class").toFile().exists()
                                || Path.of(e).getFileName().toString()
                                        .matches("(panatorch|javacpp|pytorch|openblas|log4j-api|jspecify|jackson).*\\.jar")))
                .collect(Collectors.joining(File.pathSeparator));
    }

    @Test void natives_at_a_place_without_a_list_of_files_are_a_sentence() throws Exception {
        assertThat(ChildJvm.run(OddPlace.class, LIMIT).output()).contains(
                "sentence The natives of pytorch at odd:/app!/libjnitorch.so cannot be read (it is neither in a jar nor in a folder): ")
                .contains("name org.bytedeco:pytorch under requiresUnpack, or java -Djarmode=tools -jar app.jar extract")
                .contains("-Dpanatorch.libtorch=DIR");
    }

    @Test void denied_native_access_is_a_sentence() throws Exception {
        String sentence =
                "sentence Java denies PanaTorch native access: start it with --enable-native-access=ALL-UNNAMED, or on the module path "
                        + "with --enable-native-access="
                        + Packing.NATIVE_ACCESS + ".";
        String[] main = {"-cp", System.getProperty("java.class.path"), LibraryStart.class.getName()};
        assertThat(start(Stream.concat(Stream.of("--illegal-native-access=deny"), Stream.of(main)).toArray(String[]::new)))
                .contains(sentence);

        String classes = Path.of(LibraryStart.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString();
        for (String granted : List.of("org.bytedeco.javacpp,org.bytedeco.pytorch", "panatorch", "panatorch,org.bytedeco.javacpp",
                "panatorch,org.bytedeco.pytorch", Packing.NATIVE_ACCESS)) {
            String output = start("--illegal-native-access=deny", "--enable-native-access=" + granted, "--add-modules", "ALL-MODULE-PATH",
                    "-p", modulePath(), "-cp", classes, LibraryStart.class.getName());
            assertThat(output).as(granted).contains(granted.equals(Packing.NATIVE_ACCESS) ? "result 8.0" : sentence);
        }
    }
}
