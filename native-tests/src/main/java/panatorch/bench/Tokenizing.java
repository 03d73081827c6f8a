package panatorch.bench;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import panatorch.text.Encoding;
import panatorch.text.Tokenizer;
import panatorch.text.Tokenizers;

/**
 * Measures the processor seconds of one thread to encode 4,000 sentences of some 100 characters, with offsets, masks and tokens, by a
 * tokenizer of each kind with 8,000 tokens, and a word of 100,000 letters. Python encodes them as one batch, which takes it less time than
 * one by one. Python trains the tokenizers beforehand, on the documentation of its own library.
 */
final class Tokenizing implements Workload {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final List<String> KINDS = List.of("wordpiece", "gpt2", "llama3", "llama2", "unigram");
    private static final int LONG_WORD = 100_000;

    private record Part(Tokenizer tokenizer, List<String> texts) {}

    private final Path folder;
    private final Map<String, Part> parts = new LinkedHashMap<>();

    Tokenizing() {
        String python = System.getenv("PYTHON"), scripts = System.getProperty("panatorch.bench.scripts", "bench");
        if (python == null) throw new IllegalStateException("tokenizing needs PYTHON, an interpreter with the package tokenizers.");
        try {
            folder = Files.createTempDirectory("tokenizing-");
            ChildProcess.run(List.of(python, Path.of(scripts, script()).toString(), "--make", folder.toString()));
            List<String> sentences =
                    JsonMapper.builder().build().readValue(folder.resolve("sentences.json").toFile(), new TypeReference<>() {});
            for (String kind : KINDS) parts.put(kind, new Part(Tokenizers.load(folder.resolve(kind + ".json")), sentences));
            String word = String.join("", sentences).replace(" ", "").substring(0, LONG_WORD).replaceAll("[!-@]", "x");
            parts.put("gpt2, a word of 100,000 letters", new Part(Tokenizers.load(folder.resolve("gpt2.json")), List.of(word)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override public String script() { return "tokenizing.py"; }

    @Override public List<String> arguments() { return List.of(folder.toString()); }

    @Override public String parts() { return "tokenizers"; }

    @Override public int warmUps() { return 5; }

    @Override public double tolerance() { return 0; }

    @Override public Map<String, Double> check() {
        var check = new LinkedHashMap<String, Double>();
        parts.forEach(
                (name, part) -> check.put(name, (double) part.texts.stream().map(part.tokenizer::encode).mapToLong(Tokenizing::sum).sum()));
        return check;
    }

    /** Returns the sum of the ids and then the ends, each times its place from 1 to 1,000 and again from 1. */
    private static long sum(Encoding encoding) {
        long sum = 0;
        int k = 0;
        for (int[] numbers : List.of(encoding.ids(), encoding.ends())) for (int number : numbers) sum += (long) number * (k++ % 1000 + 1);
        return sum;
    }

    @Override public Map<String, Double> run() {
        var seconds = new LinkedHashMap<String, Double>();
        parts.forEach((name, part) -> {
            long start = THREADS.getCurrentThreadCpuTime();
            List<Encoding> batch = part.tokenizer.encodeBatch(part.texts);
            seconds.put(name, (THREADS.getCurrentThreadCpuTime() - start) * 1e-9);
            if (batch.size() != part.texts.size()) throw new IllegalStateException();
        });
        return seconds;
    }

    @Override public void close() {
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) Files.delete(file);
            Files.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
