package panatorch.bench;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import panatorch.Torch;
import panatorch.internal.library.OpenBlas;

/** Describes the machine and the libraries with which the figures were measured. */
final class Machine {
    private Machine() {}

    private static final Pattern BLAS = Pattern.compile("BLAS_INFO=([^,\\s]+)");

    /**
     * Returns the facts by name.
     *
     * @param python the first line that Python's program prints
     */
    static Map<String, Object> facts(JsonNode python) {
        var facts = new LinkedHashMap<String, Object>();
        facts.put("cpu", cpu());
        facts.put("cores", Runtime.getRuntime().availableProcessors());
        facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version") + " " + System.getProperty("os.arch"));
        facts.put("jdk", System.getProperty("java.vm.vendor") + " " + System.getProperty("java.vm.version"));
        facts.put("libtorch", Torch.version() + ", " + origin());
        facts.put("blas", blas());
        String kernels = OpenBlas.kernels();
        if (kernels != null) facts.put("blasKernels", kernels);
        facts.put("vectors", Torch.cpuCapability());
        facts.put("torch", python.path("torch").asText());
        facts.put("torchBlas", python.path("blas").asText());
        return facts;
    }

    /** Returns the origin of the libtorch that Java runs on. A Python package has its libraries in {@code torch/lib}. */
    private static String origin() {
        if (Files.exists(Torch.libraryFolder().resolveSibling("version.py"))) return "pip-installed";
        return System.getenv("PANATORCH_LIBTORCH") == null && System.getProperty("panatorch.libtorch") == null ? "JavaCPP's"
                : "a folder that was named";
    }

    private static String cpu() {
        try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
            return lines.filter(l -> l.startsWith("model name")).map(l -> l.replaceFirst(".*:\\s*", "")).findFirst().orElse("unknown");
        } catch (IOException e) {
            return "unknown";
        }
    }

    private static String blas() {
        var found = BLAS.matcher(Torch.buildConfiguration());
        return found.find() ? found.group(1) : "unknown";
    }
}
