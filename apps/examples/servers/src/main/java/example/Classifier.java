package example;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonStringEncoder;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.datasets.pretrained.Preprocessing;
import panatorch.export.ExportedProgram;
import panatorch.export.OptimizeOptions;
import panatorch.serve.DeadlineExceededException;
import panatorch.serve.Model;
import panatorch.serve.QueueFullException;
import panatorch.serve.Request;
import panatorch.serve.ServeOptions;
import panatorch.serve.Served;
import panatorch.text.Encoding;
import panatorch.text.Tokenizer;
import panatorch.text.Tokenizers;
import panatorch.text.Truncation;

/**
 * A served model that panatorch_export.py has saved, with what it needs to classify images or texts. Any number of threads may ask it at
 * the same time: requests that wait share a batch.
 */
public final class Classifier implements AutoCloseable {
    /** A class and its probability. */
    public record Guess(String label, double probability) {
        /** Returns guesses as JSON, for servers that do not make it themselves. */
        static String json(List<Guess> guesses) {
            return guesses.stream().map(g -> "{\"label\":\"" + escaped(g.label) + "\",\"probability\":" + g.probability + "}")
                    .collect(Collectors.joining(",", "[", "]"));
        }
    }

    private static final int TOP = 5, LONGEST_TEXT = 512;

    private final Served served;
    private final List<String> labels;
    private final Preprocessing preprocessing;
    private final Tokenizer tokenizer;

    private Classifier(Served served, Map<String, byte[]> files) throws IOException {
        this.served = served;
        byte[] json = files.get("labels.json"); // or one a line
        labels = json != null ? strings(json) : new String(files.get("labels.txt"), StandardCharsets.UTF_8).lines().toList();
        byte[] images = files.get("preprocessing.json"), texts = files.get("tokenizer.json");
        preprocessing = images == null ? null : Preprocessing.parse(images);
        tokenizer = texts == null ? null : Tokenizers.parse(texts).withTruncation(Truncation.to(LONGEST_TEXT));
    }

    /** Loads a model, and returns when it has run once. */
    public static Classifier load(Path pt2) throws IOException {
        try (var program = ExportedProgram.load(pt2)) {
            var options = ServeOptions.standard().name(String.valueOf(pt2.getFileName())).maxBatch(16).queue(256)
                    .timeout(Duration.ofSeconds(5));
            return new Classifier(Served.of(Model.of(program.optimize(OptimizeOptions.all())), options), program.extraFiles());
        }
    }

    private static List<String> strings(byte[] json) throws IOException {
        var strings = new ArrayList<String>();
        try (var parser = new JsonFactory().createParser(json)) {
            parser.nextToken();
            while (parser.nextToken() == JsonToken.VALUE_STRING) strings.add(parser.getText());
        }
        return strings;
    }

    /** Classifies the content of an image file. */
    public List<Guess> image(byte[] file) throws IOException {
        if (preprocessing == null) throw new IllegalArgumentException("the model takes no images");
        try (var scope = Scope.open()) {
            return guesses(served.call(preprocessing.read(file)).tensors().getFirst());
        }
    }

    /** Classifies a text. */
    public List<Guess> text(String text) {
        if (tokenizer == null) throw new IllegalArgumentException("the model takes no texts");
        Encoding encoding = tokenizer.encode(text);
        try (var scope = Scope.open()) {
            Tensor ids = Torch.tensor(encoding.ids(), 1, encoding.size()).to(DType.INT64);
            Tensor mask = Torch.tensor(encoding.attentionMask(), 1, encoding.size()).to(DType.INT64);
            return guesses(served.call(Request.named("input_ids", ids).and("attention_mask", mask)).tensors().getFirst());
        }
    }

    private List<Guess> guesses(Tensor logits) {
        var best = Aten.topk(logits.softmax(1).squeeze(0), Math.min(TOP, labels.size()));
        double[] probabilities = best.values().toDoubleArray();
        long[] classes = best.indices().toLongArray();
        var guesses = new ArrayList<Guess>();
        for (int i = 0; i < classes.length; i++) guesses.add(new Guess(labels.get((int) classes[i]), probabilities[i]));
        return guesses;
    }

    /** Returns the HTTP status that tells a client what went wrong. */
    static int status(Exception e) {
        return switch (e) {
            case QueueFullException _ -> 429;
            case DeadlineExceededException _ -> 504;
            case IOException _,IllegalArgumentException _ -> 400;
            default -> 500;
        };
    }

    /** Returns a text for within quotes of JSON. */
    static String escaped(String text) {
        return new String(JsonStringEncoder.getInstance().quoteAsString(text));
    }

    /** Answers what was accepted, and frees the model. */
    @Override public void close() { served.close(); }
}
