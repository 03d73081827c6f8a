package panatorch.internal.library;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A libtorch that the user named: the folder with its libraries or the one above, from libtorch's zip file, a pip-installed PyTorch, or
 * JavaCPP's unpacked natives. JavaCPP's library is beside it or in a jar of the class path.
 *
 * @param java the folder of JavaCPP's library
 */
record NamedFolder(Path libtorch, Path java) {
    private static final Pattern VERSION = Pattern.compile("(?m)^(?:__version__ = ')?(\\d+\\.\\d+\\.\\d+)");

    /** @param by the setting that named it, for messages */
    static NamedFolder of(String by, Path named) {
        if (!Files.isDirectory(named))
            throw new UnsatisfiedLinkError(by + " names " + named + ", which is not a folder: name the folder lib of libtorch "
                    + NativeLibrary.LIBTORCH_VERSION + ".");
        Path libtorch = Platform.has(named, "torch_cpu") ? named : named.resolve("lib");
        if (!Platform.has(libtorch, "torch_cpu"))
            throw new UnsatisfiedLinkError(by + " names " + named + ", in which there is no " + System.mapLibraryName("torch_cpu")
                    + ": name the folder lib of libtorch " + NativeLibrary.LIBTORCH_VERSION + ", or torch/lib of a PyTorch "
                    + NativeLibrary.LIBTORCH_VERSION + " that pip installed.");
        String version = version(libtorch);
        if (version != null && !version.equals(NativeLibrary.LIBTORCH_VERSION)) throw wrongVersion(libtorch, version);
        return new NamedFolder(libtorch, java(libtorch));
    }

    static UnsatisfiedLinkError wrongVersion(Path libtorch, String version) {
        return new UnsatisfiedLinkError("The libtorch in " + libtorch + " is " + version + ", but JavaCPP's part needs "
                + NativeLibrary.LIBTORCH_VERSION + ": name a folder that holds it, as pip install torch=="
                + NativeLibrary.LIBTORCH_VERSION + " makes one.");
    }

    /** Returns the version in PyTorch's {@code version.py} or libtorch's {@code build-version}; null if there is neither. */
    private static @Nullable String version(Path libtorch) {
        for (String file : List.of("version.py", "build-version")) {
            try {
                var m = VERSION.matcher(Files.readString(libtorch.resolveSibling(file)));
                if (m.find()) return m.group(1);
            } catch (IOException absent) {
                // the version is read from the loaded library later
            }
        }
        return null;
    }

    private static Path java(Path libtorch) {
        if (Platform.has(libtorch, "jnitorch") && Platform.has(libtorch, "jnijavacpp")) return libtorch;
        NativeJars jars = NativeJars.javaPart();
        if (jars == null)
            throw new UnsatisfiedLinkError("JavaCPP's part of libtorch, " + System.mapLibraryName("jnitorch") + ", is neither in "
                    + libtorch + " nor on the class path: add "
                    + NativeJars.artifact("pytorch", "") + ".");
        return NativeCache.folder(jars);
    }
}
