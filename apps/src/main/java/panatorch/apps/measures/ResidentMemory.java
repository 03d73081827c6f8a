package panatorch.apps.measures;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What this process takes of the machine's memory, libtorch's tensors included. */
public final class ResidentMemory {
    private ResidentMemory() {}

    /** Bytes, as Linux tells them; 0 on other systems. */
    public static long bytes() {
        try (var lines = Files.lines(Path.of("/proc/self/status"))) {
            return lines.filter(l -> l.startsWith("VmRSS:")).mapToLong(l -> 1024 * Long.parseLong(l.replaceAll("\\D", ""))).findFirst().orElse(0);
        } catch (IOException e) {
            return 0;
        }
    }
}
