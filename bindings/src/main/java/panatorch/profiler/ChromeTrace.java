package panatorch.profiler;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/** Writes events in Chrome's trace format, with the names that PyTorch's traces have. */
final class ChromeTrace {
    private ChromeTrace() {}

    static void write(List<ProfiledEvent> events, Path file) throws IOException {
        long process = ProcessHandle.current().pid();
        long begin = events.stream().mapToLong(ProfiledEvent::startNanos).min().orElse(0);
        Path whole = file.toAbsolutePath(), folder = whole.getParent();
        if (folder == null) throw new IOException(file + " is a root folder, not the name of a file");
        Path unfinished = Files.createTempFile(folder, "trace", ".unfinished");
        try {
            try (var out = Files.newBufferedWriter(unfinished)) {
                out.write("{\"schemaVersion\": 1, \"displayTimeUnit\": \"ms\", \"traceEvents\": [\n");
                out.write("{\"ph\": \"M\", \"name\": \"process_name\", \"pid\": " + process
                        + ", \"tid\": 0, \"args\": {\"name\": \"java\"}}");
                for (ProfiledEvent e : events) {
                    out.write(String.format(Locale.ROOT,
                            ",%n{\"ph\": \"X\", \"cat\": \"%s\", \"name\": %s, \"pid\": %d, \"tid\": %d, \"ts\": %.3f, "
                                    + "\"dur\": %.3f, \"args\": {%s}}",
                            e.range() ? "user_annotation" : "cpu_op", quoted(e.name()), process, e.thread(),
                            (e.startNanos() - begin) / 1e3, e.totalNanos() / 1e3,
                            e.inputShapes().isEmpty() ? "" : "\"Input Dims\": " + e.inputShapes()));
                }
                out.write("\n]}\n");
            }
            Files.move(unfinished, whole, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } finally {
            Files.deleteIfExists(unfinished);
        }
    }

    private static String quoted(String name) {
        var text = new StringBuilder("\"");
        for (char c : name.toCharArray()) {
            if (c == '"' || c == '\\') text.append('\\').append(c);
            else if (c < ' ') text.append(String.format("\\u%04x", (int) c));
            else text.append(c);
        }
        return text.append('"').toString();
    }
}
