package panatorch.serve.http;

import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.util.List;
import panatorch.export.Signature;
import panatorch.serve.http.internal.Datatype;

/** A model's description in the protocol: its versions, inputs and outputs. */
final class ModelMetadata {
    private ModelMetadata() {}

    static byte[] of(String name, List<Long> versions, Signature signature) {
        return JsonDocument.of(to -> {
            to.writeStartObject();
            to.writeStringField("name", name);
            to.writeArrayFieldStart("versions");
            for (long v : versions) to.writeString(Long.toString(v));
            to.writeEndArray();
            to.writeStringField("platform", "panatorch");
            values(to, "inputs", signature.inputs());
            values(to, "outputs", signature.outputs());
            to.writeEndObject();
        });
    }

    private static void values(JsonGenerator to, String field, List<Signature.Value> values) throws IOException {
        to.writeArrayFieldStart(field);
        for (Signature.Value v : values) {
            switch (v) {
                case Signature.TensorValue t -> {
                    to.writeStartObject();
                    to.writeStringField("name", t.name());
                    to.writeStringField("datatype", Datatype.name(t.dtype()));
                    to.writeArrayFieldStart("shape");
                    for (Signature.Dim d : t.dims()) to.writeNumber(d instanceof Signature.Fixed f ? f.size() : -1);
                    to.writeEndArray();
                    to.writeEndObject();
                }
                case Signature.UnknownValue u -> {
                    to.writeStartObject();
                    to.writeStringField("name", u.name()); // compiled code does not tell more
                    to.writeEndObject();
                }
                case Signature.ConstantValue _,Signature.NumberValue _ -> {}
            }
        }
        to.writeEndArray();
    }
}
