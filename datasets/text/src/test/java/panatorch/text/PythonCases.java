package panatorch.text;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/**
 * Compares tokenizers with what Python's made of texts, in a folder of {@code tokenizer_cases.py}: {@code java panatorch.text.PythonCases
 * FOLDER [NAME…]}.
 */
final class PythonCases {
    private final Path folder;
    private final List<String> texts;

    PythonCases(Path folder) throws IOException {
        this.folder = folder;
        texts = strings(folder.resolve("texts.json"));
    }

    private static List<String> strings(Path json) throws IOException {
        var strings = new ArrayList<String>();
        try (var parser = new JsonFactory().createParser(json.toFile())) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.VALUE_STRING) strings.add(parser.getText());
        }
        return strings;
    }

    List<String> names() throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".crc"))
                    .map(name -> name.substring(0, name.length() - 4)).sorted().toList();
        }
    }

    int size() { return texts.size(); }

    /** Returns descriptions of the texts of which a tokenizer makes something else than Python's does. */
    List<String> differences(String name) throws IOException {
        Tokenizer tokenizer = Tokenizers.load(folder.resolve(name + ".json"));
        ByteBuffer expected = ByteBuffer.wrap(Files.readAllBytes(folder.resolve(name + ".crc"))).order(ByteOrder.LITTLE_ENDIAN);
        var differences = new ArrayList<String>();
        for (int i = 0; i < texts.size(); i++) {
            String summary;
            try {
                summary = Summary.of(tokenizer, texts.get(i), i % 2 == 0 ? null : texts.get((i + 1) % texts.size()));
            } catch (RuntimeException e) {
                summary = e.toString();
            }
            var crc = new CRC32();
            crc.update(summary.getBytes(StandardCharsets.UTF_8));
            if ((int) crc.getValue() != expected.getInt(4 * i)) differences.add(name + " " + i + ": " + texts.get(i) + " -> " + summary);
        }
        return differences;
    }

    public static void main(String[] args) throws IOException {
        var cases = new PythonCases(Path.of(args[0]));
        List<String> names = args.length > 1 ? List.of(args).subList(1, args.length) : cases.names();
        for (String name : names) {
            List<String> differences = cases.differences(name);
            System.out.println(name + ": " + differences.size() + " of " + cases.size() + " differ");
            differences.stream().limit(args.length > 1 ? 5 : 0).forEach(System.out::println);
        }
    }
}
