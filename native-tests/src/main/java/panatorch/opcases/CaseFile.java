package panatorch.opcases;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;

/** A folder of operator cases: {@code cases.jsonl} and {@code tensors.safetensors}. */
public record CaseFile(Path folder, List<OperatorCase> cases, Safetensors tensors) {
    private static final ObjectMapper JSON = JsonMapper.builder().build();

    /** Opens the folder that {@code -Dpanatorch.opcases=DIR} names, or the cases that are checked in. */
    public static CaseFile chosen() {
        String named = System.getProperty("panatorch.opcases", "");
        try {
            return read(named.isEmpty() ? checkedIn() : Path.of(named));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    private static Path checkedIn() throws URISyntaxException {
        String cases = "/opcases/cases.jsonl";
        var found = Objects.requireNonNull(CaseFile.class.getResource(cases), cases);
        return Path.of(found.toURI()).resolveSibling("");
    }

    public static CaseFile read(Path folder) throws IOException {
        Path file = folder.resolve("cases.jsonl");
        if (!Files.isRegularFile(file))
            throw new IOException("-Dpanatorch.opcases names " + folder.toAbsolutePath() + ", which holds no cases.jsonl");
        try (var lines = Files.lines(file)) {
            return new CaseFile(folder, lines.map(CaseFile::parse).toList(), Safetensors.map(folder.resolve("tensors.safetensors")));
        }
    }

    private static OperatorCase parse(String line) {
        try {
            return JSON.readValue(line, OperatorCase.class);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
