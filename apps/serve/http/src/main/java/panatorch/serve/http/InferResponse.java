package panatorch.serve.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Device;
import panatorch.Tensor;
import panatorch.serve.Answer;
import panatorch.serve.http.InferRequest.Output;
import panatorch.serve.http.internal.Datatype;
import panatorch.serve.http.internal.HttpError;
import panatorch.serve.http.internal.InferenceService;

/**
 * The answer to an inference: JSON, and behind it the tensors that are sent as bytes.
 *
 * @param body all bytes
 * @param jsonLength number of bytes of the JSON; −1 if it is the whole body
 */
record InferResponse(byte[] body, int jsonLength) {
    private static final JsonFactory FACTORY = JsonFactory.builder().enable(StreamWriteFeature.USE_FAST_DOUBLE_WRITER).build();

    /**
     * Writes an answer. Elements that JSON has no number for are the texts {@code NaN}, {@code Infinity} and {@code -Infinity}.
     *
     * @throws HttpError if a wanted output does not exist, or has a type that the protocol lacks
     */
    static InferResponse of(String model, InferRequest request, Answer answer) {
        var json = new ByteArrayOutputStream(512);
        var bytes = new ArrayList<byte[]>();
        try (JsonGenerator to = FACTORY.createGenerator(json)) {
            to.writeStartObject();
            to.writeStringField("model_name", model);
            if (answer.version() >= 0) to.writeStringField("model_version", Long.toString(answer.version()));
            if (request.id() != null) to.writeStringField("id", request.id());
            to.writeArrayFieldStart("outputs");
            for (Output o : wanted(request, answer)) {
                boolean binary = o.binary() != null ? o.binary() : request.binary();
                byte[] raw = write(to, o.name(), answer.tensor(o.name()), binary);
                if (raw != null) bytes.add(raw);
            }
            to.writeEndArray();
            to.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        if (bytes.isEmpty()) return new InferResponse(json.toByteArray(), -1);
        int length = json.size();
        bytes.forEach(json::writeBytes);
        return new InferResponse(json.toByteArray(), length);
    }

    private static List<Output> wanted(InferRequest request, Answer answer) {
        if (request.outputs().isEmpty()) return answer.names().stream().map(n -> new Output(n, null)).toList();
        for (Output o : request.outputs()) InferenceService.requireOutput(o.name(), answer);
        return request.outputs();
    }

    /** Writes an output, and returns its bytes if they do not go into the JSON. */
    private static byte @Nullable [] write(JsonGenerator to, String name, Tensor output, boolean binary) throws IOException {
        Datatype type = Datatype.of(output.dtype());
        Tensor t = output.to(Device.CPU).contiguous();
        to.writeStartObject();
        to.writeStringField("name", name);
        to.writeStringField("datatype", type.name());
        to.writeFieldName("shape");
        to.writeArray(t.shape(), 0, (int) t.dim());
        byte[] bytes = binary ? Datatype.write(t) : null;
        if (bytes != null) {
            to.writeObjectFieldStart("parameters");
            to.writeNumberField("binary_data_size", bytes.length);
            to.writeEndObject();
        } else {
            to.writeArrayFieldStart("data");
            elements(to, t.dtype() == type.readFrom().dtype ? t : t.to(DType.FLOAT32));
            to.writeEndArray();
        }
        to.writeEndObject();
        return bytes;
    }

    private static void elements(JsonGenerator to, Tensor t) throws IOException {
        var data = MemorySegment.ofArray(Datatype.write(t));
        int n = (int) t.numel();
        for (int i = 0; i < n; i++) {
            switch (t.dtype()) {
                case FLOAT64 -> to.writeNumber(data.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, 8L * i));
                case FLOAT32 -> to.writeNumber(data.get(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i));
                case INT64 -> to.writeNumber(data.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i));
                case UINT64 -> to.writeNumber(Long.toUnsignedString(data.get(ValueLayout.JAVA_LONG_UNALIGNED, 8L * i)));
                case INT32 -> to.writeNumber(data.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * i));
                case UINT32 -> to.writeNumber(Integer.toUnsignedLong(data.get(ValueLayout.JAVA_INT_UNALIGNED, 4L * i)));
                case INT16 -> to.writeNumber((int) data.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i));
                case UINT16 -> to.writeNumber(Short.toUnsignedInt(data.get(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i)));
                case INT8 -> to.writeNumber((int) data.get(ValueLayout.JAVA_BYTE, i));
                case UINT8 -> to.writeNumber(Byte.toUnsignedInt(data.get(ValueLayout.JAVA_BYTE, i)));
                case BOOL -> to.writeBoolean(data.get(ValueLayout.JAVA_BYTE, i) != 0);
                default -> throw new AssertionError("the protocol has no datatype for " + t.dtype());
            }
        }
    }
}
