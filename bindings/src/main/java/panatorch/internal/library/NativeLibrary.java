package panatorch.internal.library;

import java.io.File;
import java.lang.invoke.MethodHandle;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.apache.logging.log4j.Level;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import panatorch.internal.library.Step.Outcome;
import panatorch.internal.log.Log;
import panatorch.internal.natives.Native;
import panatorch.internal.natives.Symbol;

/**
 * Loads libtorch and JavaCPP's library for it, once. The first of these places that has them is used: the folder that
 * {@code -Dpanatorch.libtorch=DIR} or {@code PANATORCH_LIBTORCH} names; a folder of {@code java.library.path} that holds both; JavaCPP's
 * natives with CUDA on the class path; those without CUDA. A folder that the user named must load, or it is an error. If the natives with
 * CUDA do not load, those without are used.
 */
public final class NativeLibrary {
    private NativeLibrary() {}

    public static final String LIBTORCH_VERSION = Symbol.LIBTORCH_VERSION;

    private static volatile @Nullable NamedFolder loaded;
    private static volatile List<Step> steps = List.of();
    private static boolean ownThreads;

    static {
        // This class loads the libraries itself: JavaCPP would look for them in jars, unpack them one by one, and warn that
        // openblas' presets are one release older than javacpp. That is harmless: only their C library is used, by libtorch.
        preset("org.bytedeco.javacpp.loadLibraries", "false");
        // Every native object here has exactly one owner that frees it; JavaCPP's own book-keeping, a global lock and a look
        // at the process's memory for every object, would cost more than most operators.
        preset("org.bytedeco.javacpp.nopointergc", "true");
        preset("org.bytedeco.javacpp.maxPhysicalBytes", "0");
    }

    private static void preset(String property, String value) {
        if (System.getProperty(property) == null) System.setProperty(property, value);
    }

    /**
     * Loads libtorch unless it is loaded already.
     *
     * @throws UnsatisfiedLinkError if that fails; the message says what to do
     */
    public static void load() {
        if (loaded == null) loadOnce();
    }

    /** Returns whether the number of threads is the default one, because nobody has set it. */
    public static boolean hasDefaultThreads() {
        return ownThreads;
    }

    /** Returns whether libtorch was built for CUDA. */
    public static boolean hasCuda() { return Platform.has(folder(), "torch_cuda"); }

    /**
     * Loads JavaCPP's library for libtorch's NCCL backend, which libtorch's CUDA build brings along.
     *
     * @return null, or the sentence that says why there is none
     */
    public static @Nullable String loadNccl() {
        NamedFolder from = loaded();
        if (!hasCuda()) return "this libtorch was built without CUDA: add " + NativeJars.artifact("pytorch", "-gpu") + " to the class path";
        // JavaCPP's library makes libtorch's objects, whose sizes depend on the release of NCCL that libtorch was built with.
        if (!from.libtorch().equals(from.java()) || !Platform.has(from.java(), "jnitorch_nccl"))
            return "JavaCPP's " + System.mapLibraryName("jnitorch_nccl") + " is not beside libtorch in " + from.libtorch() + ": take "
                    + NativeJars.artifact("pytorch", "-gpu") + " in place of that libtorch";
        try {
            new Libraries(from.libtorch()).load(Platform.file(from.java(), "jnitorch_nccl"));
            return null;
        } catch (UnsatisfiedLinkError e) {
            return e.getMessage();
        }
    }

    /** Returns the folder that libtorch was loaded from. */
    public static Path folder() {
        return loaded().libtorch();
    }

    /** Returns the folders that libraries were loaded from, that of JavaCPP's library last. */
    public static List<Path> folders() {
        NamedFolder from = loaded();
        return from.libtorch().equals(from.java()) ? List.of(from.libtorch()) : List.of(from.libtorch(), from.java());
    }

    private static NamedFolder loaded() {
        load();
        return Objects.requireNonNull(loaded);
    }

    /** Returns the places where libtorch was searched so far, in this order. */
    public static List<Step> steps() { return steps; }

    private static synchronized void loadOnce() {
        if (loaded != null) return;
        var taken = new ArrayList<Step>();
        try {
            if (torch.class.getClassLoader() != NativeLibrary.class.getClassLoader())
                throw new UnsatisfiedLinkError(
                        "JavaCPP and PanaTorch were loaded by different class loaders, but a native library belongs to one class "
                                + "loader: put "
                                + "the jars of both into the same place, such as Tomcat's folder lib.");
            NativeAccess.requireOwn();
            Integer threads = DefaultThreads.named();
            ClassesAhead.start();
            OpenBlas.letOwnThreadsSleep();
            NamedFolder found = search(taken);
            NativeAccess.requireJavaCpp();
            if (System.getenv("TORCH_CPP_LOG_LEVEL") != null) torch.initLogging(); // which reads it, as Python's import does
            ownThreads = DefaultThreads.set(threads);
            OpenBlas.shareThreads(torch.get_num_threads());
            loaded = found;
        } finally {
            steps = List.copyOf(taken);
        }
    }

    private static NamedFolder search(List<Step> steps) {
        String property = System.getProperty("panatorch.libtorch"),
                named = property != null ? property : System.getenv("PANATORCH_LIBTORCH");
        String by = property != null || named == null ? "-Dpanatorch.libtorch" : "PANATORCH_LIBTORCH";
        if (named != null)
            return attempt(steps, by,
                    () -> NamedFolder.of(by, Platform.path(named, by, "name a folder with an ASCII name").toAbsolutePath()));
        steps.add(new Step("-Dpanatorch.libtorch or PANATORCH_LIBTORCH", Outcome.ABSENT, "neither is set"));

        Path onPath = onLibraryPath();
        if (onPath != null) return attempt(steps, "java.library.path", () -> NamedFolder.of("java.library.path", onPath));
        steps.add(new Step("java.library.path", Outcome.ABSENT,
                "no folder of it has " + System.mapLibraryName("torch_cpu") + " and " + System.mapLibraryName("jnitorch")));

        NativeJars gpu = fromClassPath(steps, "-gpu");
        if (gpu != null) {
            try {
                return attempt(steps, place("-gpu"), () -> inCache(gpu));
            } catch (UnsatisfiedLinkError e) {
                if (OtherLibtorch.folder() != null) throw e; // loaded libraries stay, and the others would be a second libtorch
                Log.say(NativeLibrary.class, Level.WARN, "libtorch with CUDA is on the class path but cannot be used: " + e.getMessage(),
                        null);
            }
        }
        NativeJars cpu = fromClassPath(steps, "");
        if (cpu != null) return attempt(steps, place(""), () -> inCache(cpu));
        throw new UnsatisfiedLinkError("No usable libtorch was found: add " + NativeJars.artifact("pytorch", "")
                + " to the class path (on the module path also --add-modules ALL-MODULE-PATH), or name a folder with "
                + "-Dpanatorch.libtorch=DIR.");
    }

    private static String place(String extension) { return "natives for " + Platform.name() + extension + " on the class path"; }

    private static @Nullable NativeJars fromClassPath(List<Step> steps, String extension) {
        try {
            NativeJars jars = NativeJars.libtorch(extension);
            if (jars == null) steps.add(new Step(place(extension), Outcome.ABSENT, "no " + NativeJars.artifact("pytorch", extension)));
            return jars;
        } catch (UnsatisfiedLinkError e) {
            steps.add(new Step(place(extension), Outcome.REFUSED, String.valueOf(e.getMessage())));
            throw e;
        }
    }

    private static NamedFolder inCache(NativeJars jars) {
        Path folder = NativeCache.folder(jars);
        return new NamedFolder(folder, folder);
    }

    private interface Place {
        NamedFolder folder();
    }

    private static NamedFolder attempt(List<Step> steps, String place, Place from) {
        try {
            NamedFolder folder = from.folder();
            OtherLibtorch.refuse(folder.libtorch());
            load(folder);
            steps.add(new Step(place, Outcome.CHOSEN, "loaded from " + folder.libtorch()
                    + (folder.java().equals(folder.libtorch()) ? "" : ", JavaCPP's part from " + folder.java())));
            return folder;
        } catch (UnsatisfiedLinkError e) {
            steps.add(new Step(place, Outcome.REFUSED, String.valueOf(e.getMessage())));
            throw e;
        }
    }

    /** Loads the libraries, those with most dependencies first, so that nothing is loaded yet if a part of CUDA is missing. */
    private static void load(NamedFolder folder) {
        Path libtorch = folder.libtorch();
        if (Platform.isWindows()) Libraries.loadAllThatLoads(libtorch);
        var libraries = new Libraries(libtorch);
        for (String library : List.of("torch_cuda", "torch")) {
            if (Platform.has(libtorch, library)) libraries.load(Platform.file(libtorch, library));
        }
        libraries.load(Platform.file(libtorch, "torch_cpu"));
        if (!libtorch.equals(folder.java())) refuseOtherVersion(libtorch);
        libraries.load(Platform.file(folder.java(), "jnijavacpp"));
        libraries.load(Platform.file(folder.java(), "jnitorch"));
    }

    /** Refuses a libtorch of another version: functions that it lacks would end the process at their first call. */
    private static void refuseOtherVersion(Path libtorch) {
        MethodHandle version = Symbol.ABI_VERSION.functionIfThere();
        if (version == null) throw NamedFolder.wrongVersion(libtorch, "older");
        long abi = Native.call(() -> (long) version.invokeExact());
        String found = (abi >>> 56) + "." + (abi >>> 48 & 0xff) + "." + (abi >>> 40 & 0xff);
        if (!found.equals(LIBTORCH_VERSION)) throw NamedFolder.wrongVersion(libtorch, found);
    }

    private static @Nullable Path onLibraryPath() {
        for (String entry : System.getProperty("java.library.path", "").split(File.pathSeparator)) {
            try {
                if (!entry.isEmpty() && Platform.has(Path.of(entry), "torch_cpu") && Platform.has(Path.of(entry), "jnitorch"))
                    return Path.of(entry).toAbsolutePath();
            } catch (InvalidPathException unnameable) {
                // in this locale, which also holds for Java's own search
            }
        }
        return null;
    }
}
