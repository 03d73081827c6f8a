package panatorch.serve.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.serve.Request;
import panatorch.serve.http.InferRequest.Input;
import panatorch.serve.http.InferRequest.Output;
import panatorch.serve.http.internal.HttpError;
import panatorch.serve.http.internal.InferenceService;

/**
 * Reads requests for inferences: the JSON of the Open Inference Protocol, with the bytes of Triton's binary tensor data extension behind
 * it. Of the parameters it knows {@code timeout} (microseconds), {@code priority} (1 is the highest), {@code binary_data_output},
 * {@code binary_data} and {@code binary_data_size}; it refuses those that would change the answer, and skips others.
 */
final class InferRequestReader {
    private static final int MAX_TEXT = 65_536, MAX_NUMBER = 400, MAX_DIMS = 32;

    private final JsonFactory factory;
    private final int maxTensors;

    InferRequestReader(int maxTensors, int maxDepth) {
        this.maxTensors = maxTensors;
        var limits = StreamReadConstraints.builder().maxNestingDepth(maxDepth).maxStringLength(MAX_TEXT).maxNameLength(MAX_TEXT)
                .maxNumberLength(MAX_NUMBER).build();
        factory = JsonFactory.builder().streamReadConstraints(limits).enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).enable(StreamReadFeature.USE_FAST_DOUBLE_PARSER).build();
    }

    /** What the fields of a request have said so far. */
    private static final class Fields {
        final List<Input> inputs = new ArrayList<>();
        final List<Output> outputs = new ArrayList<>();
        @Nullable
        String id;
        boolean binary;
        long timeoutMicros;
        long priority;
    }

    /**
     * Reads a request. Its tensors belong to the current scope.
     *
     * @param body the whole body
     * @param jsonLength number of its bytes that are JSON; tensors are in the others
     * @throws HttpError if the request is not one
     */
    InferRequest read(byte[] body, int jsonLength) {
        var fields = new Fields();
        try (JsonParser json = factory.createParser(body, 0, jsonLength)) {
            object(json, json.nextToken(), "the request", name -> {
                switch (name) {
                    case "id" -> fields.id = text(json, "id");
                    case "inputs" -> list(json, "inputs", () -> fields.inputs.add(input(json)));
                    case "outputs" -> list(json, "outputs", () -> fields.outputs.add(output(json)));
                    case "parameters" -> object(json, json.currentToken(), "parameters", p -> parameter(json, p, fields));
                    default -> json.skipChildren();
                }
            });
            if (json.nextToken() != null) throw HttpError.badRequest("there is something behind the request's JSON");
        } catch (JsonProcessingException e) {
            throw HttpError.badRequest("the request is not JSON: " + e.getOriginalMessage() + " (byte "
                    + (e.getLocation() == null ? 0 : e.getLocation().getByteOffset()) + ")");
        } catch (IOException e) {
            throw HttpError.badRequest("the request cannot be read: " + e.getMessage());
        }
        return new InferRequest(fields.id, request(fields, body, jsonLength), List.copyOf(fields.outputs), fields.binary);
    }

    private static Request request(Fields fields, byte[] body, int jsonLength) {
        Request request = Request.of();
        int at = jsonLength;
        var names = new HashSet<String>();
        for (int i = 0; i < fields.inputs.size(); i++) {
            Input in = fields.inputs.get(i);
            String name = in.name;
            if (name == null) throw HttpError.badRequest("input " + i + " has no name");
            if (!names.add(name)) throw HttpError.badRequest("the input '" + name + "' is given twice");
            request = request.and(name, in.tensor("input '" + name + "'", body, at));
            if (in.bytes > 0) at += (int) in.bytes;
        }
        if (at != body.length)
            throw HttpError.badRequest("the body has " + (body.length - at) + " bytes behind the last input's");
        return InferenceService.limited(request, fields.timeoutMicros, fields.priority);
    }

    // ---- the fields

    private void parameter(JsonParser json, String name, Fields fields) throws IOException {
        switch (name) {
            case "timeout" -> fields.timeoutMicros = number(json, name, Long.MAX_VALUE / 1000);
            case "priority" -> fields.priority = number(json, name, Integer.MAX_VALUE);
            case "binary_data_output" -> fields.binary = truth(json, name);
            case "sequence_id" -> {
                if (json.currentToken() != JsonToken.VALUE_NUMBER_INT || json.getLongValue() != 0) refuse(name);
            }
            default -> json.skipChildren();
        }
    }

    private Input input(JsonParser json) throws IOException {
        var in = new Input();
        object(json, json.currentToken(), "an input", field -> {
            switch (field) {
                case "name" -> in.name = text(json, field);
                case "datatype" -> in.datatype = text(json, field);
                case "shape" -> in.shape = shape(json);
                case "data" -> in.data = Elements.read(json);
                case "parameters" -> object(json, json.currentToken(), field, p -> {
                    switch (p) {
                        case "binary_data_size" -> in.bytes = number(json, p, Integer.MAX_VALUE);
                        case "shared_memory_region" -> refuse(p);
                        default -> json.skipChildren();
                    }
                });
                default -> json.skipChildren();
            }
        });
        return in;
    }

    private Output output(JsonParser json) throws IOException {
        var name = new String[1];
        var binary = new Boolean[1];
        object(json, json.currentToken(), "an output", field -> {
            switch (field) {
                case "name" -> name[0] = text(json, field);
                case "parameters" -> object(json, json.currentToken(), field, p -> {
                    switch (p) {
                        case "binary_data" -> binary[0] = truth(json, p);
                        case "classification", "shared_memory_region" -> refuse(p);
                        default -> json.skipChildren();
                    }
                });
                default -> json.skipChildren();
            }
        });
        return new Output(Objects.requireNonNullElseGet(name[0], () -> {
            throw HttpError.badRequest("an output has no name");
        }), binary[0]);
    }

    private static long[] shape(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) throw HttpError.badRequest("a shape has to be an array of numbers");
        var shape = new ArrayList<Long>();
        while (json.nextToken() != JsonToken.END_ARRAY) {
            shape.add(number(json, "a size of a shape", Long.MAX_VALUE));
            if (shape.size() > MAX_DIMS) throw HttpError.badRequest("a shape has more than " + MAX_DIMS + " dimensions");
        }
        return shape.stream().mapToLong(n -> n).toArray();
    }

    // ---- JSON

    @FunctionalInterface
    private interface Field {
        void read(String name) throws IOException;
    }

    @FunctionalInterface
    private interface Element {
        void read() throws IOException;
    }

    private static void object(JsonParser json, @Nullable JsonToken at, String what, Field field) throws IOException {
        if (at != JsonToken.START_OBJECT) throw HttpError.badRequest(what + " has to be a JSON object");
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            json.nextToken();
            field.read(name);
        }
    }

    private void list(JsonParser json, String what, Element element) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) throw HttpError.badRequest(what + " has to be an array");
        for (int n = 0; json.nextToken() != JsonToken.END_ARRAY; n++) {
            if (n == maxTensors) throw HttpError.badRequest("there are more than " + maxTensors + " " + what);
            element.read();
        }
    }

    private static String text(JsonParser json, String what) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_STRING) throw HttpError.badRequest(what + " has to be a text");
        return json.getText();
    }

    private static boolean truth(JsonParser json, String what) {
        return switch (json.currentToken()) {
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case null, default -> throw HttpError.badRequest(what + " has to be true or false");
        };
    }

    private static long number(JsonParser json, String what, long max) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT || json.getNumberType() == JsonParser.NumberType.BIG_INTEGER
                || json.getLongValue() < 0 || json.getLongValue() > max)
            throw HttpError.badRequest(what + " has to be a whole number from 0 to " + max);
        return json.getLongValue();
    }

    private static void refuse(String parameter) {
        throw HttpError.badRequest("the parameter '" + parameter + "' is not supported");
    }
}
