package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static panatorch.Index.ALL;
import static panatorch.Index.ELLIPSIS;
import static panatorch.Index.NEW_AXIS;
import static panatorch.Index.index;
import static panatorch.Index.slice;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Index;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Reading and writing by index against Python's square brackets; {@code src/test/python/indexing.py} made the numbers. */
@NoTensorLeaks
class IndexingTest {
    @TestFactory Stream<DynamicTest> an_index_means_what_it_means_in_python() {
        return StreamSupport.stream(Golden.read("indexing.json").spliterator(), false)
                .map(c -> DynamicTest.dynamicTest(c.get("name").asText(), () -> {
                    try (var scope = Scope.open()) {
                        long[] shape = Golden.longs(c.get("shape"));
                        Tensor x = Aten.arange(java.util.Arrays.stream(shape).reduce(1, (a, b) -> a * b)).to(DType.FLOAT32).reshape(shape);
                        Index index = index(StreamSupport.stream(c.get("index").spliterator(), false).map(IndexingTest::part).toArray());
                        Tensor got = x.get(index);
                        assertThat(got.shape()).isEqualTo(Golden.longs(c.get("got").get("shape")));
                        assertThat(got.toDoubleArray()).isEqualTo(Golden.numbers(c.get("got").get("values")));
                        assertThat(x.clone().set(index, -1).toDoubleArray()).isEqualTo(Golden.numbers(c.get("set")));
                        assertThat(x.clone().set(index, Torch.ones(DType.FLOAT64, 1, 1).neg()).toDoubleArray())
                                .isEqualTo(Golden.numbers(c.get("set")));
                    }
                }));
    }

    private static Object part(JsonNode p) {
        if (p.isInt()) return p.asInt();
        if (p.isTextual()) return p.asText().equals("all") ? ALL : p.asText().equals("new") ? NEW_AXIS : ELLIPSIS;
        if (p.has("slice")) return slice(bound(p.get("slice").get(0)), bound(p.get("slice").get(1)), p.get("slice").get(2).asLong());
        return p.has("mask") ? nested(p.get("mask")).to(DType.BOOL) : nested(p.get("tensor"));
    }

    private static Long bound(JsonNode v) { return v.isNull() ? null : (Long) v.asLong(); }

    private static Tensor nested(JsonNode v) {
        if (v.isInt()) return Aten.scalarTensor(v.asLong(), DType.INT64);
        if (v.isEmpty()) return Torch.zeros(DType.INT64, 0);
        return Aten.stack(StreamSupport.stream(v.spliterator(), false).map(IndexingTest::nested).toList());
    }

    @Test void without_tensors_in_the_index_the_result_is_a_view() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.zeros(DType.FLOAT32, 2, 3);
            x.get(index(1, slice(0, 2))).fill_(7);
            assertThat(x.toFloatArray()).containsExactly(0, 0, 0, 7, 7, 0);
            x.set(index(0), Torch.tensor(new float[] {1, 2, 3}));
            assertThat(x.toFloatArray()).containsExactly(1, 2, 3, 7, 7, 0);
        }
    }

    @Test void an_impossible_index_says_why() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.zeros(DType.FLOAT32, 2, 3);
            assertThatThrownBy(() -> x.get(index(2))).isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("index 2 is out of range for dimension 0 of size 2");
            assertThatThrownBy(() -> x.get(index(0, 0, 0))).isInstanceOf(IndexOutOfBoundsException.class)
                    .hasMessage("the index has 3 dimensions, but the tensor has only 2: shape [2, 3]");
            assertThatThrownBy(() -> index(ELLIPSIS, ELLIPSIS)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("an index may hold only one ELLIPSIS");
            assertThatThrownBy(() -> index("a")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("not a valid part of an index: String a");
            assertThatThrownBy(() -> slice(0, 1, -1)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the step of a slice must be positive, not -1");
        }
    }
}
