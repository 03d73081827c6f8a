package panatorch.internal.library;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Loads libraries with their dependencies. The system finds those beside them or on its own path. Missing ones are searched in further
 * folders: those of a pip-installed PyTorch's CUDA libraries, and CUDA's own.
 */
final class Libraries {
    private static final Pattern MISSING = Pattern.compile("(\\S+): cannot open shared object file"),
            OF_CUDA = Pattern.compile("lib(cu|nv|nccl|npp).*");

    private final List<Path> further = new ArrayList<>();
    private final Set<String> tried = new HashSet<>();

    /** @param libtorch the folder of libtorch */
    Libraries(Path libtorch) {
        further.add(libtorch);
        Path packages = libtorch.resolve("../..").normalize(); // libtorch is torch/lib of Python's site-packages, if it is pip's
        if (Files.isDirectory(packages.resolve("nvidia"))) {
            try (var folders = Files.newDirectoryStream(packages.resolve("nvidia"), Files::isDirectory)) {
                for (Path folder : folders) further.add(folder.resolve("lib"));
            } catch (IOException unreadable) {
                // then the error names the missing library
            }
        }
        String cuda = System.getenv("CUDA_HOME");
        try {
            further.add(Path.of(cuda != null ? cuda : "/usr/local/cuda", "lib64"));
        } catch (InvalidPathException unnameable) {
            // in this locale; then the error names the missing library
        }
    }

    /**
     * Loads a library and its dependencies.
     *
     * @throws UnsatisfiedLinkError if that fails; the message says what to do
     */
    @SuppressWarnings("restricted") void load(Path library) {
        while (true) {
            try {
                System.load(library.toString());
                return;
            } catch (UnsatisfiedLinkError e) {
                String missing = missing(e);
                Path found = missing == null || !tried.add(missing) ? null : find(missing);
                if (found == null) throw failure(library, missing, e);
                load(found);
            }
        }
    }

    private static @Nullable String missing(UnsatisfiedLinkError e) {
        Matcher m = MISSING.matcher(String.valueOf(e.getMessage()));
        return m.find() ? m.group(1) : null;
    }

    private @Nullable Path find(String name) {
        return further.stream().map(folder -> folder.resolve(name)).filter(Files::isRegularFile).findFirst().orElse(null);
    }

    private static UnsatisfiedLinkError failure(Path library, @Nullable String missing, UnsatisfiedLinkError cause) {
        String text = String.valueOf(cause.getMessage());
        String sentence;
        if (missing != null && OF_CUDA.matcher(missing).matches())
            sentence = library + " needs CUDA's library " + missing
                    + ", which is not here: put its folder into LD_LIBRARY_PATH, or take libtorch without CUDA.";
        else
            if (missing != null)
                sentence = library + " needs the library " + missing
                        + ", which is not here: install the system's package that has it, or put its folder into LD_LIBRARY_PATH.";
            else
                if (text.contains("already loaded in another classloader"))
                    sentence = library
                            + " was loaded by another class loader of this process, but a native library belongs to one class "
                            + "loader: put the jars of "
                            + "PanaTorch and JavaCPP where all applications have them from one class loader,"
                            + " such as Tomcat's folder lib, and take them out of the applications, or start the process again.";
                else
                    sentence = "The library " + library + " does not load: " + text + ".";
        var failure = new UnsatisfiedLinkError(sentence);
        failure.initCause(cause);
        return failure;
    }

    /**
     * Loads all libraries of a folder, dependencies first. Windows does not look for dependencies beside a library, but uses those that are
     * loaded. Not tested on Windows yet.
     */
    @SuppressWarnings("restricted") static void loadAllThatLoads(Path folder) {
        var left = new ArrayList<Path>();
        try (var files = Files.list(folder)) {
            files.filter(f -> f.toString().endsWith(".dll")).forEach(left::add);
        } catch (IOException e) {
            return; // loading the libraries will report what is wrong with the folder
        }
        int before;
        do {
            before = left.size();
            left.removeIf(f -> {
                try {
                    System.load(f.toString());
                    return true;
                } catch (UnsatisfiedLinkError later) {
                    return false;
                }
            });
        } while (left.size() < before);
    }
}
