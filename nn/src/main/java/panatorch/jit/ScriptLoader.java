package panatorch.jit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Operators;
import panatorch.internal.files.FileNames;
import panatorch.internal.jit.ScriptFailure;
import panatorch.internal.jit.ScriptObject;
import panatorch.serialize.ScriptArchive;
import panatorch.vision.ops.TorchvisionOperators;

/** Lets libtorch read and compile a file of TorchScript, and explains its refusals. */
final class ScriptLoader {
    private ScriptLoader() {}

    /**
     * Loads a file that has been checked.
     *
     * @param archive what the check found in it
     * @param device the device of all tensors; null for those from which they were saved
     */
    static ScriptObject load(Path file, ScriptArchive archive, @Nullable Device device) {
        defineVision(archive);
        return onDeepStack(() -> {
            try {
                return ScriptObject.load(FileNames.text(file.toAbsolutePath()), device);
            } catch (ScriptFailure e) {
                throw refused(file, archive, e);
            }
        });
    }

    private static RuntimeException refused(Path file, ScriptArchive archive, ScriptFailure e) {
        List<String> missing = archive.operators().stream().filter(name -> !isKnown(name)).toList();
        if (!e.whole().contains("Unknown builtin op") || missing.isEmpty()) return ScriptException.of(file + " cannot be loaded", e);
        return new UnsupportedOperationException(file + " calls operators that this libtorch does not have: " + String.join(", ", missing)
                + ". Load the library that has them with Operators.load, or write them in Java with OperatorLibrary"
                + (missing.stream().anyMatch(n -> n.startsWith("torchvision::"))
                        ? "; of torchvision, only the operators for boxes, regions and deformable convolutions are here"
                        : "")
                + ".", e);
    }

    private static void defineVision(ScriptArchive archive) {
        archive.operators().stream().filter(name -> name.startsWith("torchvision::") && !isKnown(name))
                .forEach(TorchvisionOperators::define);
    }

    private static boolean isKnown(String operator) {
        return Operators.names().stream().anyMatch(n -> n.equals(operator) || n.startsWith(operator + "."));
    }

    /** Runs code on a thread with a stack that is deep enough for libtorch's compiler, which works by recursion. */
    private static <T> T onDeepStack(Supplier<T> code) {
        var result = new ArrayList<T>(1);
        var thrown = new ArrayList<Throwable>(1);
        var thread = new Thread(null, () -> result.add(code.get()), "script loader", 256L << 20);
        thread.setUncaughtExceptionHandler((_, t) -> thrown.add(t));
        thread.start();
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
        if (thrown.isEmpty()) return result.getFirst();
        if (thrown.getFirst() instanceof Error e) throw e;
        throw (RuntimeException) thrown.getFirst();
    }
}
