package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.apps.console.Json;
import panatorch.apps.options.DeviceName;
import panatorch.cuda.Cuda;
import panatorch.internal.library.NativeCache;
import panatorch.internal.library.NativeLibrary;
import panatorch.internal.library.OpenBlas;
import panatorch.internal.library.Step;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The command {@code panatorch doctor}. */
@Command(name = "doctor", description = "Shows the libraries, processor and GPU that PanaTorch uses.",
        footer = {"", "Example:", "  panatorch doctor"})
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--json", description = "print nothing but one JSON object")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final Map<String, Object> report = new LinkedHashMap<>();

    @Override public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        row(out, "JDK", Runtime.version() + ", " + System.getProperty("java.vm.name") + ", in " + System.getProperty("java.home"));
        row(out, "system", System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", "
                + Runtime.getRuntime().availableProcessors() + " processors");
        out.flush();
        libraries(out);
        row(out, "libtorch", Torch.version() + ", loaded from " + Torch.libraryFolder());
        row(out, "BLAS", blas(Torch.buildConfiguration()) + kernels(OpenBlas.kernels(), System.getenv("OPENBLAS_CORETYPE")));
        row(out, "threads", Torch.numThreads());
        row(out, "CPU", Torch.cpuCapability());
        row(out, "GPU", Cuda.isAvailable() ? "NVIDIA, through CUDA" : "none: " + DeviceName.whyNoGpu());
        Precision precision = Precision.auto(DeviceName.AUTO.resolve());
        row(out, "precision", precision + ", because " + precision.reason());
        if (json) out.println(Json.LINE.writeValueAsString(report));
        out.flush();
        return 0;
    }

    /** Loads libtorch and prints where it was looked for, also if it was not found. */
    private void libraries(PrintWriter out) throws IOException {
        try {
            NativeLibrary.load();
        } finally {
            List<Step> steps = NativeLibrary.steps();
            rows(out, "libraries", steps.stream().map(Step::toString).toList());
            report.put("libraries",
                    steps.stream().map(s -> Map.of("place", s.place(), "outcome", s.outcome().toString(), "reason", s.reason())).toList());
            boolean loaded = !steps.isEmpty() && steps.getLast().outcome() == Step.Outcome.CHOSEN;
            cache(out, loaded ? NativeLibrary.folders() : List.of());
            if (json && !loaded) out.println(Json.LINE.writeValueAsString(report));
            out.flush();
        }
    }

    private void cache(PrintWriter out, List<Path> used) throws IOException {
        var lines = new ArrayList<String>();
        for (Path folder : used) {
            if (!NativeCache.root().equals(folder.getParent())) continue;
            String damage = NativeCache.verify(folder);
            lines.add(folder + ", " + NativeCache.megabytes(NativeCache.size(folder)) + ", "
                    + (damage == null ? "every checksum is right" : damage));
        }
        for (var other : NativeCache.others(used))
            lines.add(other.folder() + ", " + NativeCache.megabytes(other.bytes()) + ", not used now; to remove it: rm -r '"
                    + other.folder() + "'");
        if (lines.isEmpty()) lines.add(NativeCache.root() + ", empty");
        lines.add("its place is named by " + NativeCache.named().from());
        rows(out, "cache", lines);
        report.put("cache", lines);
    }

    static String blas(String configuration) {
        var named = Pattern.compile("BLAS_INFO=(\\w+)").matcher(configuration);
        if (!named.find()) return "unknown";
        return switch (named.group(1)) {
            case "open" -> "OpenBLAS";
            case "mkl" -> "Intel MKL";
            case "accelerate" -> "Apple Accelerate";
            default -> named.group(1);
        };
    }

    /**
     * Describes OpenBLAS's kernels.
     *
     * @param kernels processor that the kernels are for; null if unknown
     * @param named value of {@code OPENBLAS_CORETYPE}; null if it is not set
     */
    static String kernels(@Nullable String kernels, @Nullable String named) {
        return kernels == null ? "" : ", with kernels for " + kernels
                + (named == null ? "" : ", because OPENBLAS_CORETYPE is " + named + "; without it, with the fastest of this machine");
    }

    private void rows(PrintWriter out, String name, List<String> lines) {
        if (json) return;
        for (int i = 0; i < lines.size(); i++) out.printf("%-12s%s%n", i == 0 ? name : "", lines.get(i));
    }

    /** Prints a line at once, so that it is seen even if the library fails to load after it. */
    private void row(PrintWriter out, String name, Object value) {
        report.put(name, value);
        if (!json) out.printf("%-12s%s%n", name, value);
    }
}
