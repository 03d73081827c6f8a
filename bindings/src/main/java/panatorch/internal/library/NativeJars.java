package panatorch.internal.library;

import java.io.File;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * JavaCPP's jars of the class path that hold natives. They are found by a library in each, and not opened before they have
 * to be unpacked: to read the list of a jar takes as long as to load a library.
 *
 * @param name of the folder for what is unpacked: that of the jar with libtorch, so its version, and a sum over the jars' names and sizes
 */
record NativeJars(String name, List<Part> parts, Predicate<String> wanted) {
    /** The libraries of one preset: the files of {@code jar} whose names begin with {@code prefix}. */
    record Part(Path jar, String prefix) {}

    /**
     * All of libtorch and what it needs.
     *
     * @param extension {@code ""} or {@code "-gpu"}
     * @return null if it is not on the class path
     * @throws UnsatisfiedLinkError if only a part of it is
     */
    static @Nullable NativeJars libtorch(String extension) {
        Part pytorch = part("pytorch", extension, "jnitorch");
        if (pytorch == null) return null;
        var parts = new ArrayList<>(List.of(required("javacpp", "jnijavacpp"), required("openblas", "jniopenblas_nolapack"), pytorch));
        if (!extension.isEmpty()) parts.addAll(redistributedCuda());
        return of(pytorch, "", parts, name -> Platform.isLibrary(name) && !isUnused(name));
    }

    /** JavaCPP's part alone, for a libtorch that is somewhere else; null if it is not on the class path. */
    static @Nullable NativeJars javaPart() {
        Part pytorch = part("pytorch", "", "jnitorch");
        if (pytorch == null) pytorch = part("pytorch", "-gpu", "jnitorch");
        if (pytorch == null) return null;
        var names = List.of(System.mapLibraryName("jnijavacpp"), System.mapLibraryName("jnitorch"));
        return of(pytorch, "-java", List.of(required("javacpp", "jnijavacpp"), pytorch), names::contains);
    }

    private static NativeJars of(Part pytorch, String suffix, List<Part> parts, Predicate<String> wanted) {
        var sum = new CRC32();
        try {
            for (Part part : parts) sum.update((part.jar.getFileName() + ":" + Files.size(part.jar) + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UnsatisfiedLinkError("A jar of the class path cannot be read: " + e.getMessage() + ".");
        }
        String jar = pytorch.jar.getFileName().toString().replaceFirst("\\.jar$", "");
        return new NativeJars(jar + suffix + "-%08x".formatted(sum.getValue()), List.copyOf(parts), wanted);
    }

    private static Part required(String preset, String anyLibrary) {
        Part part = part(preset, "", anyLibrary);
        if (part == null) throw new UnsatisfiedLinkError("The natives of " + preset + " for " + Platform.name() + " are not on the class path: add " + artifact(preset, "") + ".");
        return part;
    }

    /** What to add to the class path, as a build names it. */
    static String artifact(String preset, String extension) { return "org.bytedeco:" + preset + " with the classifier " + Platform.name() + extension; }

    private static @Nullable Part part(String preset, String extension, String anyLibrary) {
        String prefix = "org/bytedeco/" + preset + "/" + Platform.name() + extension + "/";
        URL url = NativeJars.class.getClassLoader().getResource(prefix + System.mapLibraryName(anyLibrary));
        if (url == null) return null;
        try {
            if (url.openConnection() instanceof JarURLConnection connection && connection.getJarFileURL().getProtocol().equals("file"))
                return new Part(Path.of(new URI(connection.getJarFileURL().toString())), prefix);
        } catch (IOException | URISyntaxException e) {
            throw new UnsatisfiedLinkError("The natives of " + preset + " at " + url + " cannot be read: " + e.getMessage() + ".");
        }
        throw new UnsatisfiedLinkError("The natives of " + preset + " are not in a jar of its own but at " + url + ": unpack the libraries there into a folder, and name it with -Dpanatorch.libtorch=DIR.");
    }

    /** CUDA's own libraries, which JavaCPP spreads over jars whose files change from release to release. */
    private static List<Part> redistributedCuda() {
        var name = Pattern.compile("cuda-.*-" + Platform.name() + "-redist.*\\.jar");
        return Stream.of(System.getProperty("java.class.path", ""), System.getProperty("jdk.module.path", ""))
                .flatMap(path -> Stream.of(path.split(File.pathSeparator))).map(Path::of).filter(jar -> name.matcher(jar.getFileName() + "").matches() && Files.isRegularFile(jar))
                .map(jar -> new Part(jar.toAbsolutePath(), "org/bytedeco/cuda/" + Platform.name() + "/")).toList();
    }

    /** JavaCPP's own openblas bindings, 70 MB, and gloo's: neither libtorch nor this project calls them. */
    private static boolean isUnused(String name) { return name.contains("jniopenblas") || name.contains("jnitorch_gloo"); }
}
