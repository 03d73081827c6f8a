package panatorch.serialize;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.internal.pickle.Pickle;

/**
 * Plain data of Python that training programs save beside weights: numbers and arrays of NumPy, the arguments of a command line, paths, and
 * dicts with a default. They become Java's numbers, maps and texts.
 */
final class PythonValues {
    private PythonValues() {}

    /** NumPy's class of arrays, which occurs as an argument only. */
    static final Object NDARRAY = new Object();

    /** Modules whose functions run programs, read files or load code. A file that names them is refused even where others are lenient. */
    private static final Set<String> DANGEROUS = Set.of("builtins", "os", "posix", "nt", "subprocess", "sys", "shutil", "socket", "runpy",
            "importlib", "ctypes", "pty", "webbrowser", "code", "codeop", "operator", "functools", "pickle", "marshal", "types", "inspect",
            "platform", "multiprocessing", "asyncio", "commands", "torch");

    /** Returns the maker of a known class or function, or null. */
    static Pickle.@Nullable Maker maker(String full, FileBytes file, boolean lenient) {
        return switch (full) {
            case "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct" -> (List<@Nullable Object> a) -> {
                if (a.size() == 3 && a.getFirst() instanceof Pickle.Opaque subclass) return subclass;
                if (a.size() != 3 || a.getFirst() != NDARRAY) throw odd(file, "a NumPy array");
                return new PickledArray(file, lenient);
            };
            case "numpy.core.numeric._frombuffer", "numpy._core.numeric._frombuffer" -> (List<@Nullable Object> a) -> {
                if (a.size() != 4 || !(a.get(3) instanceof String order)) throw odd(file, "a NumPy array");
                return new PickledArray(file, lenient).fill(a.get(0), a.get(1), a.get(2), order.equals("F"));
            };
            case "numpy.dtype" -> (List<@Nullable Object> a) -> new NumPyType(a, file);
            case "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar" -> (List<@Nullable Object> a) -> scalar(a, file);
            case "argparse.Namespace", "types.SimpleNamespace" -> arguments -> new Attributes();
            case "pathlib.PosixPath", "pathlib.PurePosixPath", "pathlib.WindowsPath", "pathlib.PureWindowsPath", "pathlib._local.PosixPath",
                    "pathlib._local.PurePosixPath", "pathlib._local.WindowsPath", "pathlib._local.PureWindowsPath" ->
                    (List<@Nullable Object> a) -> path(a, full.contains("Windows") ? "\\" : "/", file);
            case "collections.defaultdict" -> arguments -> new LinkedHashMap<@Nullable Object, @Nullable Object>();
            // what a defaultdict makes; nothing else may call them
            case "builtins.int", "builtins.float", "builtins.str", "builtins.bool", "builtins.dict" -> arguments -> {
                throw odd(file, "a value by " + full);
            };
            default -> null;
        };
    }

    /** A class that is not known here. Its values are left out. */
    record Unknown(String name) implements Pickle.Opaque {}

    /** Returns whether a file that names something of this module is refused, whatever it is. */
    static boolean isDangerous(String full) {
        int dot = full.indexOf('.');
        return dot < 0 || DANGEROUS.contains(full.substring(0, dot));
    }

    /** A dict of attributes. */
    private static final class Attributes extends LinkedHashMap<@Nullable Object, @Nullable Object> implements Pickle.Built {
        private static final long serialVersionUID = 1;

        @Override public void build(@Nullable Object state) { if (state instanceof Map<?, ?> map) putAll(map); }
    }

    private static Object scalar(List<@Nullable Object> arguments, FileBytes file) throws IOException {
        if (arguments.size() != 2 || !(arguments.get(0) instanceof NumPyType type) || !(arguments.get(1) instanceof byte[] bytes))
            throw odd(file, "a NumPy number");
        if (type.name().startsWith("U")) return new String(bytes, StandardCharsets.UTF_32LE).replace("\0", "");
        DType dtype = type.dtype();
        if (dtype == null || dtype.bytes() != bytes.length) throw odd(file, "a NumPy number of type " + type.name());
        ByteBuffer b = ByteBuffer.wrap(bytes).order(type.isBigEndian() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        return switch (dtype) {
            case BOOL -> bytes[0] != 0;
            case FLOAT64 -> b.getDouble();
            case FLOAT32 -> (double) b.getFloat();
            case FLOAT16 -> (double) Float.float16ToFloat(b.getShort());
            case INT64 -> b.getLong();
            case INT32 -> (long) b.getInt();
            case INT16 -> (long) b.getShort();
            case INT8 -> (long) bytes[0];
            case UINT8 -> (long) Byte.toUnsignedInt(bytes[0]);
            case UINT16 -> (long) Short.toUnsignedInt(b.getShort());
            case UINT32 -> Integer.toUnsignedLong(b.getInt());
            default -> throw odd(file, "a NumPy number of type " + type.name());
        };
    }

    private static String path(List<@Nullable Object> parts, String separator, FileBytes file) throws IOException {
        var path = new StringBuilder();
        for (Object part : parts) {
            if (!(part instanceof String text)) throw odd(file, "a path");
            if (!path.isEmpty() && !path.toString().endsWith(separator)) path.append(separator);
            path.append(text);
        }
        return path.isEmpty() ? "." : path.toString();
    }

    /** Returns the exception for arguments that no program of Python's makes a value from. */
    static MalformedFileException odd(FileBytes file, String what) {
        return file.malformed("its pickle is damaged or made by hand: it creates " + what + " from arguments that do not fit");
    }
}
