package panatorch.datasets.transforms;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.Collectors;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.Torch;

/** The tensors of src/test/python/transforms.py, which says how they were made. */
final class Reference {
    private static final Map<String, String[]> LINES = read();

    private Reference() {}

    private static Map<String, String[]> read() {
        try (var in = Reference.class.getResourceAsStream("/transforms/torchvision.txt")) {
            return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().map(l -> l.split(" "))
                    .collect(Collectors.toMap(l -> l[0], l -> l));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Tensor tensor(String name) {
        String[] line = LINES.get(name);
        long[] shape = Arrays.stream(line[2].split(",")).mapToLong(Long::parseLong).toArray();
        var values = new float[line.length - 3];
        for (int i = 0; i < values.length; i++) values[i] = Float.parseFloat(line[i + 3]);
        return Torch.tensor(values, shape).to(line[1].equals("uint8") ? DType.UINT8 : DType.FLOAT32);
    }

    /** Bytes may differ by {@code most}, floats by 2e-6. */
    static void same(Tensor actual, String name, int most) {
        Tensor expected = tensor(name);
        assertThat(actual.dtype()).as(name).isEqualTo(expected.dtype());
        assertThat(actual.shape()).as(name).isEqualTo(expected.shape());
        double difference = actual.to(DType.FLOAT64).sub(expected.to(DType.FLOAT64)).abs().max().itemDouble();
        assertThat(difference).as(name).isLessThanOrEqualTo(expected.dtype() == DType.UINT8 ? most : 2e-6);
    }
}
