package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.Objects;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;

/** Numbers that Python wrote, in the forms of {@code src/test/python/golden.py}. */
final class Golden {
    private Golden() {}

    static JsonNode read(String name) {
        try (var in = Objects.requireNonNull(Golden.class.getResourceAsStream("/parity/" + name), name)) {
            return new ObjectMapper().readTree(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Skips where the vector instructions of Python's numbers are missing: random draws and float32 sums differ in their last bits then.
     */
    static void assumeSameInstructions() {
        String made = read("resnet20.json").get("capability").asText();
        assumeTrue(Torch.cpuCapability().equals(made),
                "skipped: Python's numbers were made with " + made + " instructions, and libtorch uses " + Torch.cpuCapability() + " here");
    }

    static double[] numbers(JsonNode array) {
        var values = new double[array.size()];
        for (int i = 0; i < values.length; i++) values[i] = array.get(i).asDouble();
        return values;
    }

    static long[] longs(JsonNode array) { return Arrays.stream(numbers(array)).mapToLong(v -> (long) v).toArray(); }

    /** A tensor written as {@code {"shape", "values"}}, with a {@code "dtype"} of int64 or float64 where it is not float32. */
    static Tensor tensor(JsonNode node) {
        double[] v = numbers(node.get("values"));
        long[] shape = longs(node.get("shape"));
        if (node.path("dtype").asText().equals("int64"))
            return Torch.tensor(Arrays.stream(v).mapToLong(x -> (long) x).toArray()).reshape(shape);
        return Torch.tensor(v).to(node.path("dtype").asText().equals("float64") ? DType.FLOAT64 : DType.FLOAT32).reshape(shape);
    }

    /** Every element within {@code absolute + relative · |expected|}. */
    static void assertClose(String what, double[] actual, double[] expected, double absolute, double relative) {
        assertThat(actual).as(what).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) {
            if (!(Math.abs(actual[i] - expected[i]) <= absolute + relative * Math.abs(expected[i])))
                throw new AssertionError(what + "[" + i + "] is " + actual[i] + " and should be " + expected[i]);
        }
    }

    /** {@link #assertFingerprint(String, Tensor, JsonNode, double, double)} at the tensor's own scale, whatever that is. */
    static void assertFingerprint(String what, Tensor t, JsonNode print, double tolerance) {
        assertFingerprint(what, t, print, tolerance, 0);
    }

    /**
     * Shape, listed elements, norm and projection of a large tensor.
     *
     * @param tolerance as a part of the largest listed element, and of the norm
     * @param scale the least of what counts as the largest element
     */
    static void assertFingerprint(String what, Tensor t, JsonNode print, double tolerance, double scale) {
        assertThat(t.shape()).as(what).isEqualTo(longs(print.get("shape")));
        double[] all = t.toDoubleArray(), listed = numbers(print.get("values"));
        if (t.dtype() == DType.FLOAT32) listed = Arrays.stream(listed).map(v -> (float) v).toArray(); // the decimals are those of a float
        double squares = 0, dot = 0, largest = Arrays.stream(listed).map(Math::abs).reduce(scale, Math::max);
        for (int i = 0; i < all.length; i++) {
            squares += all[i] * all[i];
            dot += all[i] * Math.cos(i);
        }
        int stride = print.get("stride").asInt();
        var own = new double[listed.length];
        for (int i = 0; i < own.length; i++) own[i] = all[i * stride];
        double norm = Math.max(print.get("norm").asDouble(), scale);
        assertClose(what, own, listed, tolerance * largest, 0);
        assertClose(what + "'s norm", new double[] {Math.sqrt(squares)}, new double[] {print.get("norm").asDouble()},
                norm * (tolerance + 1e-12), 0);
        assertClose(what + "'s projection", new double[] {dot}, new double[] {print.get("dot").asDouble()}, norm * (tolerance + 1e-12), 0);
    }
}
