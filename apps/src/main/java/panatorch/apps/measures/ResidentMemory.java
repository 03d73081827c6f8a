package panatorch.apps.measures;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads the resident memory of this process, libtorch's tensors included. */
public final class ResidentMemory {
    private ResidentMemory() {}

    /** Returns the resident memory in bytes; 0 on systems other than Linux. */
    public static long bytes() {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(l -> l.startsWith("VmRSS:")).mapToLong(l -> 1024 * Long.parseLong(l.replaceAll("\\D", ""))).findFirst()
                    .orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}
