package panatorch.apps;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import panatorch.Torch;
import panatorch.amp.Precision;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code panatorch doctor}. */
@Command(name = "doctor", description = "Shows what PanaTorch runs on.", footer = {"", "Example:", "  panatorch doctor"})
final class DoctorCommand implements Callable<Integer> {
    @Option(names = "--json", description = "print nothing but one JSON object")
    private boolean json;

    @Spec private CommandSpec spec;

    private final Map<String, String> told = new LinkedHashMap<>();

    @Override public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        row(out, "JDK", Runtime.version() + ", " + System.getProperty("java.vm.name") + ", in " + System.getProperty("java.home"));
        row(out, "system", System.getProperty("os.name") + " " + System.getProperty("os.arch") + ", " + Runtime.getRuntime().availableProcessors() + " processors");
        out.flush();
        row(out, "libtorch", Torch.version() + ", loaded from " + Torch.libraryFolder());
        row(out, "BLAS", blas(Torch.buildConfiguration()));
        row(out, "threads", Integer.toString(Torch.numThreads()));
        row(out, "CPU", Torch.cpuCapability());
        row(out, "GPU", Torch.cudaIsAvailable() ? "NVIDIA, through CUDA" : "none: " + DeviceName.whyNoGpu());
        Precision precision = Precision.auto(DeviceName.AUTO.resolve());
        row(out, "precision", precision + ", because " + precision.reason());
        if (json) out.println(Metrics.JSON_LINE.writeValueAsString(told));
        out.flush();
        return 0;
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

    /** A line at once: what comes before a library that does not load is worth to be seen. */
    private void row(PrintWriter out, String name, String value) {
        told.put(name, value);
        if (!json) out.printf("%-12s%s%n", name, value);
    }
}
