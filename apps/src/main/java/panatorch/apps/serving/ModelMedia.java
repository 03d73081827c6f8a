package panatorch.apps.serving;

import com.fasterxml.jackson.core.JsonProcessingException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.apps.models.Companions;
import panatorch.apps.models.InputBatches;
import panatorch.apps.models.InputBatches.TextReader;
import panatorch.apps.models.ModelInputs;
import panatorch.apps.models.OutputReader;
import panatorch.apps.models.Prediction;
import panatorch.datasets.pretrained.Preprocessing;
import panatorch.serve.Answer;
import panatorch.serve.Request;
import panatorch.serve.http.MediaReader;
import panatorch.text.Encoding;
import panatorch.text.Tokenizer;

/** Images and texts as inputs of served models, by the preprocessing, tokenizer and labels that each has. */
public final class ModelMedia implements MediaReader {
    private static final int TOP = 5;

    private final Map<String, Reader> readers = new ConcurrentHashMap<>();

    /** How images and texts become inputs of a model; null for media that it does not take. */
    private record Reader(ModelInputs inputs, @Nullable Preprocessing images, @Nullable TextReader texts, OutputReader outputs) {}

    /**
     * Takes what goes with a model, in the place of what went with it before.
     *
     * @throws InputException if a file is damaged
     */
    void put(String model, ModelInputs inputs, Companions companions) {
        Preprocessing images = companions.preprocessing();
        if (images != null) {
            try {
                InputBatches.checkImages(inputs, images);
            } catch (InputException e) {
                images = null; // the model takes no images, though it was saved with a preprocessing
            }
        }
        Tokenizer tokenizer = companions.tokenizer();
        TextReader texts = tokenizer == null || inputs.inputs().isEmpty() ? null : TextReader.of(inputs, tokenizer, companions);
        readers.put(model, new Reader(inputs, images, texts, new OutputReader(companions.labels(), tokenizer, TOP)));
    }

    @Override public boolean takes(String model, Kind kind) {
        Reader reader = readers.get(model);
        return reader != null && (kind == Kind.IMAGE ? reader.images : reader.texts) != null;
    }

    @Override public Media read(String model, Kind kind, byte[] bytes) {
        Reader reader = readers.get(model);
        if (reader == null) throw new IllegalArgumentException("the model '" + model + "' takes tensors only");
        try {
            return kind == Kind.IMAGE ? image(reader, bytes) : text(reader, bytes);
        } catch (InputException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
    }

    private static Media image(Reader reader, byte[] bytes) {
        Preprocessing p = reader.images;
        if (p == null) throw new IllegalArgumentException("the model takes no images");
        Tensor image;
        try {
            image = p.read(bytes);
        } catch (IOException e) {
            throw new IllegalArgumentException(e.getMessage(), e);
        }
        return media(reader, InputBatches.ofImages(reader.inputs, image), null);
    }

    private static Media text(Reader reader, byte[] bytes) {
        TextReader texts = reader.texts;
        if (texts == null) throw new IllegalArgumentException("the model takes no texts");
        String text;
        try {
            text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException("the text is not UTF-8", e);
        }
        Encoding encoding = texts.read(List.of(text)).getFirst();
        return media(reader, InputBatches.ofTexts(reader.inputs, List.of(encoding)), encoding);
    }

    private static Media media(Reader reader, Map<String, Tensor> inputs, @Nullable Encoding text) {
        Request request = Request.of();
        for (Map.Entry<String, Tensor> e : inputs.entrySet()) request = request.and(e.getKey(), e.getValue());
        Request all = request;
        return new Media() {
            @Override public Request request() { return all; }

            @Override public String json(Answer answer) {
                var outputs = new LinkedHashMap<String, Tensor>();
                for (int i = 0; i < answer.names().size(); i++) outputs.put(answer.names().get(i), answer.tensors().get(i));
                List<Prediction> predictions = reader.outputs.of(outputs, 0, text);
                if (predictions.isEmpty())
                    throw new IllegalArgumentException("the model's outputs " + answer.names() + " are no predictions of classes");
                try {
                    return Json.LINE.writeValueAsString(Map.of("predictions", predictions));
                } catch (JsonProcessingException e) {
                    throw new IllegalStateException(e);
                }
            }
        };
    }
}
