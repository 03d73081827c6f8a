package panatorch.apps.console;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;

/** The file in which torchrun looks for the reason why a process failed, to print it with the process's rank. */
public final class LauncherReport {
    private LauncherReport() {}

    /** Writes an error in torchrun's format, if torchrun has started this process. */
    public static void write(String sentence) {
        String file = System.getenv("TORCHELASTIC_ERROR_FILE");
        if (file == null) return;
        var error = Map.of("message", sentence, "extraInfo", Map.of("timestamp", Long.toString(Instant.now().getEpochSecond())));
        try {
            Files.write(Path.of(file), Json.LINE.writeValueAsBytes(Map.of("message", error)));
        } catch (IOException e) {
            // The sentence is on standard error, too.
        }
    }
}
