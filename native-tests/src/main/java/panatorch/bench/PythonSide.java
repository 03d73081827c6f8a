package panatorch.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import panatorch.Torch;

/** A workload's Python program, kept alive. */
final class PythonSide implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Process process;
    private final BufferedReader answers;
    private final PrintWriter commands;
    private final Path script;
    /** The first line. */
    final JsonNode hello;

    /** @param threads of an operator */
    PythonSide(String interpreter, Path script, List<String> arguments, int threads) throws IOException {
        this.script = script;
        var command = new ArrayList<>(List.of(interpreter, script.toString()));
        command.addAll(arguments);
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
        process = builder.start();
        answers = process.inputReader(StandardCharsets.UTF_8);
        commands = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        hello = answer();
        String version = hello.path("torch").asText();
        if (!version.startsWith(Torch.version())) throw new IOException("PYTHON has torch " + version + ", which is no fair comparison for libtorch " + Torch.version() + ".");
    }

    private JsonNode answer() throws IOException {
        String line = answers.readLine();
        if (line == null) throw new IOException("Python's side, " + script.getFileName() + ", ended early; what it printed above says why.");
        JsonNode answer = JSON.readTree(line);
        if (answer.has("error")) throw new IOException("Python's side, " + script.getFileName() + ", reports: " + answer.get("error").asText());
        return answer;
    }

    Map<String, Double> run() throws IOException {
        commands.println("run");
        return numbers(answer());
    }

    static Map<String, Double> numbers(JsonNode object) {
        var map = new LinkedHashMap<String, Double>();
        object.properties().forEach(e -> map.put(e.getKey(), e.getValue().asDouble()));
        return map;
    }

    @Override public void close() {
        commands.println("quit");
        try {
            if (process.waitFor(10, TimeUnit.SECONDS)) return;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        process.destroyForcibly();
    }
}
