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
import java.util.Set;
import java.util.concurrent.TimeUnit;
import panatorch.Torch;

/** Another program that does the work of a workload, usually Python's, as a process that is kept alive. */
final class OtherSide implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();

    private final Process process;
    private final BufferedReader answers;
    private final PrintWriter commands;
    private final String name;
    /** The first line that the program printed. */
    final JsonNode hello;

    /**
     * Starts the program.
     *
     * @param name its name in messages
     * @param threads number of threads of an operator, or 0 for the program's default
     */
    OtherSide(String name, List<String> command, int threads) throws IOException {
        this.name = name;
        var builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        if (threads > 0) builder.environment().put("OMP_NUM_THREADS", Integer.toString(threads));
        else builder.environment().remove("OMP_NUM_THREADS");
        process = builder.start();
        answers = process.inputReader(StandardCharsets.UTF_8);
        commands = new PrintWriter(process.outputWriter(StandardCharsets.UTF_8), true);
        hello = answer();
    }

    static OtherSide python(String interpreter, Path script, List<String> arguments, int threads) throws IOException {
        var command = new ArrayList<>(List.of(interpreter, script.toString()));
        command.addAll(arguments);
        var side = new OtherSide("Python's side, " + script.getFileName() + ",", command, threads);
        String version = side.hello.path("torch").asText();
        if (version.startsWith(Torch.version())) return side;
        side.close();
        throw new IOException("PYTHON has torch " + version + ", which is no fair comparison for libtorch " + Torch.version() + ".");
    }

    private JsonNode answer() throws IOException {
        String line = answers.readLine();
        if (line == null) throw new IOException(name + " ended early; what it printed above says why.");
        JsonNode answer = JSON.readTree(line);
        if (answer.has("error")) throw new IOException(name + " reports: " + answer.get("error").asText());
        return answer;
    }

    /** Returns the names of the parts for which the program reports figures. */
    Set<String> parts() {
        return numbers(hello.path("check")).keySet();
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
