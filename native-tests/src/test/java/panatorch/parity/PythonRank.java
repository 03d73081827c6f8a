package panatorch.parity;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Ranks of a group of two that are Python processes. */
final class PythonRank {
    private PythonRank() {}

    /** Starts a script of {@code src/test/python}, whose output can be read from the process. */
    static Process start(int rank, int port, String script, String... arguments) throws IOException {
        String python = System.getenv("PYTHON");
        assumeTrue(python != null, "skipped: set PYTHON to an interpreter with torch 2.13, which runs the other rank");
        var command = new ArrayList<>(List.of(python, Path.of("src/test/python", script).toString()));
        command.addAll(List.of(arguments));
        var process = new ProcessBuilder(command).redirectErrorStream(true);
        process.environment().putAll(Map.of("RANK", "" + rank, "WORLD_SIZE", "2", "MASTER_ADDR", "127.0.0.1", "MASTER_PORT",
                "" + port));
        return process.start();
    }

    static int freePort() throws IOException {
        try (var socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
