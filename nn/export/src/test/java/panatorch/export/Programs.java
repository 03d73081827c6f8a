package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;

/** The programs that {@code src/test/python/programs.py} exported, and what they return in Python. */
final class Programs {
    private Programs() {}

    private static final JsonNode CASES = cases();

    private static JsonNode cases() { return json("cases.json"); }

    /** Reads one of the files beside the archives. */
    static JsonNode json(String name) {
        try (var in = Objects.requireNonNull(Programs.class.getResourceAsStream(name), name)) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static List<String> names() {
        var names = new ArrayList<String>();
        CASES.fieldNames().forEachRemaining(names::add);
        return names;
    }

    static Path file(String name) {
        try {
            return Path.of(Objects.requireNonNull(Programs.class.getResource(name + ".pt2"), name).toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static ExportedProgram load(String name) throws IOException { return ExportedProgram.load(file(name)); }

    static JsonNode expected(String name) { return Objects.requireNonNull(CASES.get(name), name); }

    /** The inputs of the case, which belong to the current scope. */
    static @Nullable Object[] inputs(String name) {
        return values(expected(name).get("inputs"));
    }

    static @Nullable Object[] values(JsonNode list) {
        var values = new ArrayList<@Nullable Object>();
        list.forEach(v -> values.add(value(v)));
        return values.toArray();
    }

    static @Nullable Object value(JsonNode v) {
        if (!v.has("dtype")) {
            JsonNode plain = v.get("value");
            return plain.isNull() ? null : plain.isBoolean() ? (Object) plain.asBoolean() : plain.isTextual() ? plain.asText()
                    : plain.isIntegralNumber() ? (Object) plain.asLong() : (Object) plain.asDouble();
        }
        DType type = DType.valueOf(v.get("dtype").asText().toUpperCase(Locale.ROOT));
        long[] shape = new long[v.get("shape").size()];
        for (int i = 0; i < shape.length; i++) shape[i] = v.get("shape").get(i).asLong();
        JsonNode values = v.get("values");
        double[] flat = new double[values.size()];
        for (int i = 0; i < flat.length; i++)
            flat[i] = values.get(i).isBoolean() ? values.get(i).asBoolean() ? 1 : 0
                    : values.get(i).isTextual() ? Double.parseDouble(values.get(i).asText()) : values.get(i).asDouble();
        return type.isComplex() ? Aten.viewAsComplex(Torch.tensor(flat, flat.length / 2, 2)).to(type).reshape(shape)
                : Torch.tensor(flat, shape).to(type);
    }

    /** Checks that a value is Python's: of the same type and shape, and the same but for the last digits. */
    static void assertSame(String what, @Nullable Object actual, JsonNode expected) {
        Object wanted = value(expected);
        if (!(wanted instanceof Tensor e)) {
            if (wanted instanceof Double d) assertThat((Double) actual).as(what).isCloseTo(d, within(1e-6));
            else assertThat(actual).as(what).isEqualTo(wanted);
            return;
        }
        assertThat(actual).as(what).isInstanceOf(Tensor.class);
        Tensor a = (Tensor) Objects.requireNonNull(actual);
        assertThat(a.dtype()).as(what).isEqualTo(e.dtype());
        assertThat(a.shape()).as(what).isEqualTo(e.shape());
        assertThat(a.detach().allClose(e, 1e-5, 1e-6, true)).as(what + ": " + a + " but in Python " + e).isTrue();
    }
}
