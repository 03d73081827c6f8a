package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Packed applications that serve a model, each started in a process of its own. */
@EnabledOnOs(OS.LINUX)
class ServedPackedTest {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final String PACKED_CLASS = "panatorch/tests/ServedAnswer";
    private static final Pattern PACKED_JAR = Pattern.compile("(panatorch|javacpp|pytorch|openblas|log4j-(api|core|jpl)|jspecify|jackson"
            + "|helidon|grpc|guava|failureaccess|perfmark).*\\.jar");
    private static final String ANSWER = "\"data\":[6.5]";

    @TempDir
    Path folder;

    private static boolean isPacked(Path entry) {
        return entry.endsWith("classes") || PACKED_JAR.matcher(entry.getFileName().toString()).matches();
    }

    @Test void a_merged_jar_answers_over_http_and_grpc() throws Exception {
        Path app = folder.resolve("app.jar");
        var services = new LinkedHashMap<String, ByteArrayOutputStream>();
        try (var out = new ZipOutputStream(Files.newOutputStream(app))) {
            Set<String> merged = new HashSet<>(Set.of("META-INF/MANIFEST.MF"));
            for (Path entry : (Iterable<Path>) Packing.classPath().filter(e -> isPacked(e) || e.endsWith("test-classes"))::iterator) {
                Packing.each(entry, (name, content) -> {
                    if (name.startsWith("META-INF/services/")) {
                        try (InputStream in = content.open()) {
                            var joined = services.computeIfAbsent(name, n -> new ByteArrayOutputStream());
                            in.transferTo(joined);
                            joined.write('\n');
                        }
                    } else
                        if (!name.endsWith("module-info.class") && (!entry.endsWith("test-classes") || name.startsWith(PACKED_CLASS))
                                && merged.add(name))
                            Packing.store(out, name, content);
                });
            }
            for (var service : services.entrySet())
                Packing.store(out, service.getKey(), () -> new ByteArrayInputStream(service.getValue().toByteArray()));
        }
        var ended = ChildJvm.await(new ProcessBuilder(Packing.BIN.resolve("java").toString(), "--enable-native-access=ALL-UNNAMED",
                "-Dpanatorch.cache=" + folder.resolve("cache"), "-cp", app.toString(), ServedAnswer.class.getName(), "grpc"), LIMIT);
        assertThat(ended.output()).contains("answer 200 ", ANSWER, "grpc [8, 1]").doesNotContainIgnoringCase("exception");
    }

    @Test void an_image_of_jlink_answers_over_http() throws Exception {
        Assumptions.assumeTrue(Files.isExecutable(Packing.BIN.resolve("jlink")), "needs a JDK with jlink");
        String path = modulePath();
        Path source = folder.resolve("source/module-info.java"), module = folder.resolve("served");
        Files.createDirectories(source.getParent());
        Files.writeString(source, "module served { requires panatorch.serve.http; requires panatorch.nn; requires java.net.http; }");
        Path own = Packing.classPath().filter(e -> e.endsWith("test-classes")).findFirst().orElseThrow();
        Files.createDirectories(module.resolve(PACKED_CLASS).getParent());
        Files.copy(own.resolve(PACKED_CLASS + ".class"), module.resolve(PACKED_CLASS + ".class"));
        Packing.tool("javac", "-d", module.toString(), "-p", path, source.toString());
        Packing.link(folder.resolve("image"), path + File.pathSeparator + module, "served,jdk.net");
        var ended = ChildJvm.await(new ProcessBuilder(folder.resolve("image/bin/java").toString(), "--illegal-native-access=deny",
                "--enable-native-access=" + Packing.NATIVE_ACCESS,
                "-Dpanatorch.cache=" + folder.resolve("cache"), "-m", "served/" + ServedAnswer.class.getName()), LIMIT);
        assertThat(ended.output()).contains("answer 200 ", ANSWER).doesNotContainIgnoringCase("exception");
    }

    /** Without gRPC's and Micrometer's jars, which are no modules. */
    private static String modulePath() {
        return Packing.classPath()
                .filter(e -> isPacked(e) && !e.toString().matches(".*[-/](grpc|micrometer|guava|failureaccess|perfmark).*")
                        && !e.getFileName().toString().matches("log4j-(core|jpl).*"))
                .map(Path::toString).collect(Collectors.joining(File.pathSeparator));
    }
}
