package panatorch.internal.library;

import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * JavaCPP's jars with natives on the class path, or the files that they were repackaged into. A library in each is used to find it.
 *
 * @param name name of the folder to unpack to: that of the jar with libtorch, which includes the version, and a checksum of the jars' names
 * and sizes
 */
record NativeJars(String name, List<NativeSource> parts, Predicate<String> wanted) {
    /**
     * Returns the natives of libtorch and all its dependencies.
     *
     * @param extension {@code ""} or {@code "-gpu"}
     * @return null if it is not on the class path
     * @throws UnsatisfiedLinkError if only a part of them is on the class path
     */
    static @Nullable NativeJars libtorch(String extension) {
        NativeSource pytorch = part("pytorch", extension, "jnitorch");
        if (pytorch == null) return null;
        var parts = new ArrayList<>(List.of(required("javacpp", "jnijavacpp"), required("openblas", "jniopenblas_nolapack"), pytorch));
        if (!extension.isEmpty()) parts.addAll(redistributedCuda());
        return of(pytorch, extension, "", parts, name -> Platform.isLibrary(name) && !isUnused(name));
    }

    /** Returns JavaCPP's library alone, for a libtorch in another place; null if it is not on the class path. */
    static @Nullable NativeJars javaPart() {
        String extension = "";
        NativeSource pytorch = part("pytorch", extension, "jnitorch");
        if (pytorch == null) pytorch = part("pytorch", extension = "-gpu", "jnitorch");
        if (pytorch == null) return null;
        var names = List.of(System.mapLibraryName("jnijavacpp"), System.mapLibraryName("jnitorch"));
        return of(pytorch, extension, "-java", List.of(required("javacpp", "jnijavacpp"), pytorch), names::contains);
    }

    private static NativeJars of(NativeSource pytorch, String extension, String suffix, List<NativeSource> parts,
            Predicate<String> wanted) {
        var sum = new CRC32();
        try {
            for (NativeSource part : parts) sum.update(part.identity().getBytes(StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UnsatisfiedLinkError("A jar of the class path cannot be read: " + e.getMessage() + ".");
        }
        String jar = pytorch.jar().isEmpty() ? "pytorch-" + NativeLibrary.LIBTORCH_VERSION + "-" + Platform.name() + extension
                : pytorch.jar().replaceFirst("\\.jar$", "");
        return new NativeJars(jar + suffix + "-%08x".formatted(sum.getValue()), List.copyOf(parts), wanted);
    }

    private static NativeSource required(String preset, String anyLibrary) {
        NativeSource part = part(preset, "", anyLibrary);
        if (part == null)
            throw new UnsatisfiedLinkError("The natives of " + preset + " for " + Platform.name() + " are not on the class path: add "
                    + artifact(preset, "") + ".");
        return part;
    }

    /** Returns the artifact to add to the class path, as a build names it. */
    static String artifact(String preset, String extension) {
        return "org.bytedeco:" + preset + " with the classifier " + Platform.name() + extension;
    }

    private static @Nullable NativeSource part(String preset, String extension, String anyLibrary) {
        String prefix = "org/bytedeco/" + preset + "/" + Platform.name() + extension + "/";
        URL url = NativeJars.class.getClassLoader().getResource(prefix + System.mapLibraryName(anyLibrary));
        if (url == null)
            return NativeSource.inImage("org.bytedeco." + preset + "." + (Platform.name() + extension).replace('-', '.'), prefix);
        try {
            return NativeSource.of(preset, prefix, url);
        } catch (IOException e) {
            throw new UnsatisfiedLinkError("The natives of " + preset + " at " + url + " cannot be read (" + e.getMessage()
                    + "): put their jar into a folder of the class path (a Spring Boot jar: name org.bytedeco:"
                    + preset
                    + " under requiresUnpack, or java -Djarmode=tools -jar app.jar extract), or name a folder with the unpacked libraries "
                    + "with -Dpanatorch.libtorch=DIR.");
        }
    }

    /**
     * Returns CUDA's own libraries. JavaCPP spreads them over jars whose files change from release to release. So the jars are found by
     * their names, among all that have a manifest.
     */
    private static List<NativeSource> redistributedCuda() {
        var name = Pattern.compile("cuda-.*-" + Platform.name() + "-redist.*\\.jar");
        var redistributed = new ArrayList<NativeSource>();
        try {
            for (URL manifest : Collections.list(NativeJars.class.getClassLoader().getResources("META-INF/MANIFEST.MF"))) {
                if (manifest.openConnection() instanceof JarURLConnection
                        && NativeSource.of("cuda", "org/bytedeco/cuda/" + Platform.name() + "/", manifest) instanceof NativeSource.Jar jar
                        && name.matcher(jar.jar()).matches())
                    redistributed.add(jar);
            }
        } catch (IOException e) {
            throw new UnsatisfiedLinkError("The class path cannot be searched for CUDA's libraries: " + e.getMessage() + ".");
        }
        return redistributed;
    }

    /**
     * Returns whether a library belongs to JavaCPP's bindings of OpenBLAS (70 MB) or gloo, which neither libtorch nor this project calls.
     */
    private static boolean isUnused(String name) {
        return name.contains("jniopenblas") || name.contains("jnitorch_gloo");
    }
}
