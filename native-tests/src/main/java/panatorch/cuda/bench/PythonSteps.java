package panatorch.cuda.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Python's side, a process that stays alive: {@code steps.py}, which describes the protocol. */
final class PythonSteps implements AutoCloseable {
    private final Path script;
    private final Process process;
    private final BufferedReader answers;
    private final PrintWriter commands;
    /** Python's versions, and its losses, which are compared with Java's. */
    final JsonNode hello;

    PythonSteps(String interpreter, Net net, String device, double seconds) throws IOException {
        script = Files.createTempFile("steps", ".py");
        try (InputStream in = PythonSteps.class.getResourceAsStream("steps.py")) {
            Files.write(script, in.readAllBytes());
        }
        process = new ProcessBuilder(interpreter, script.toString(), net.toString(), device, Integer.toString(net.batch),
                Double.toString(seconds)).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        answers = process.inputReader(StandardCharsets.UTF_8);
        commands = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        hello = answer();
    }

    private JsonNode answer() throws IOException {
        String line = answers.readLine();
        if (line == null) throw new IOException("Python's side ended early; what it printed above says why.");
        return new ObjectMapper().readTree(line);
    }

    Map<String, Double> check() { return numbers(hello.get("check")); }

    Map<String, Double> run() throws IOException {
        commands.println("run");
        return numbers(answer());
    }

    private static Map<String, Double> numbers(JsonNode object) {
        var map = new LinkedHashMap<String, Double>();
        object.properties().forEach(e -> map.put(e.getKey(), e.getValue().asDouble()));
        return map;
    }

    @Override public void close() throws IOException {
        commands.close(); // the end of its input ends it
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(script);
    }
}
