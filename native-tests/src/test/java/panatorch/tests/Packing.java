package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** What builds of applications do with the class path: they copy jars and folders into a jar, and call the JDK's tools. */
final class Packing {
    private Packing() {}

    static final Path BIN = Path.of(System.getProperty("java.home"), "bin");

    /** The modules that call native code. */
    static final String NATIVE_ACCESS = "panatorch,org.bytedeco.javacpp,org.bytedeco.pytorch";

    static Stream<Path> classPath() {
        return Stream.of(System.getProperty("java.class.path").split(File.pathSeparator)).map(Path::of);
    }

    interface Content {
        InputStream open() throws IOException;
    }

    /** Stored, as Spring Boot needs jars in a jar to be; the size and checksum come before the bytes. */
    static void store(ZipOutputStream out, String name, Content content) throws IOException {
        var entry = new ZipEntry(name);
        var crc = new CRC32();
        byte[] bytes;
        try (InputStream in = content.open()) {
            bytes = in.readAllBytes();
        }
        crc.update(bytes);
        entry.setMethod(ZipEntry.STORED);
        entry.setSize(bytes.length);
        entry.setCrc(crc.getValue());
        out.putNextEntry(entry);
        out.write(bytes);
    }

    static void storeAll(ZipOutputStream out, Path jarOrFolder, String prefix, Predicate<String> wanted) throws IOException {
        each(jarOrFolder, (name, content) -> {
            if (wanted.test(name)) store(out, prefix + name, content);
        });
    }

    interface Visitor {
        void take(String name, Content content) throws IOException;
    }

    static void each(Path jarOrFolder, Visitor visitor) throws IOException {
        if (Files.isDirectory(jarOrFolder)) {
            try (Stream<Path> files = Files.walk(jarOrFolder)) {
                for (Path f : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator)
                    visitor.take(jarOrFolder.relativize(f).toString(), () -> Files.newInputStream(f));
            }
            return;
        }
        try (var jar = new JarFile(jarOrFolder.toFile())) {
            for (JarEntry entry : (Iterable<JarEntry>) jar.stream()::iterator)
                if (!entry.isDirectory()) visitor.take(entry.getName(), () -> jar.getInputStream(entry));
        }
    }

    /**
     * Links an image, with JavaCPP's natives, which are modules that nothing requires.
     *
     * @param modules names of the modules to link
     */
    static void link(Path image, String modulePath, String modules) throws Exception {
        String platform = modulePath.replaceFirst("(?s).*pytorch-[^:]*-(linux-\\w+)\\.jar.*", "$1").replace('-', '.');
        tool("jlink", "-p", modulePath, "--output", image.toString(), "--add-modules",
                modules + Stream.of("javacpp", "openblas", "pytorch").map(p -> ",org.bytedeco." + p + "." + platform)
                        .collect(Collectors.joining()));
    }

    /** Runs a tool of the JDK. */
    static void tool(String tool, String... arguments) throws Exception {
        var ended =
                ChildJvm.await(new ProcessBuilder(Stream.concat(Stream.of(BIN.resolve(tool).toString()), Stream.of(arguments)).toList()),
                        Duration.ofMinutes(5));
        assertThat(ended.status()).as(ended.output()).isZero();
    }
}
