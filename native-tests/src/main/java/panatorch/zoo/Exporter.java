package panatorch.zoo;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** The process of {@code exported_zoo.py}, which exports one architecture at a time. */
final class Exporter implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final long LONGEST_START = 300;

    private final Process process;
    private final BufferedReader answers;
    private final Writer names;
    private final List<String> all;

    /** Starts Python, which lists its architectures. */
    Exporter(String python, Path script, String library, Path folder) throws IOException {
        process = new ProcessBuilder(python, "-W", "ignore", script.toString(), library, folder.toString())
                .redirectError(folder.resolve("python.log").toFile()).start();
        answers = process.inputReader();
        names = process.outputWriter();
        all = JSON.readValue(answer(LONGEST_START), new TypeReference<>() {});
    }

    /** Returns the names of all architectures. */
    List<String> names() { return all; }

    /**
     * Exports an architecture and returns the outcome.
     *
     * @throws IOException if Python ended or took longer; the process is of no more use then
     */
    String export(String name, long seconds) throws IOException {
        names.write(name + "\n");
        names.flush();
        return JSON.readTree(answer(seconds)).get("outcome").asText();
    }

    private String answer(long seconds) throws IOException {
        try {
            String line = CompletableFuture.supplyAsync(() -> {
                try {
                    return String.valueOf(answers.readLine());
                } catch (IOException e) {
                    return "null";
                }
            }).get(seconds, TimeUnit.SECONDS);
            if (line.equals("null")) throw new IOException("Python ended");
            return line;
        } catch (TimeoutException e) {
            throw new IOException("Python took longer than " + seconds + " s");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        }
    }

    @Override public void close() { process.destroyForcibly(); }
}
