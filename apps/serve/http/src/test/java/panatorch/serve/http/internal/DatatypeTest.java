package panatorch.serve.http.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.DType;
import panatorch.Scope;
import panatorch.junit.NoTensorLeaks;

/** The bytes are those of IEEE 754 and of two's complement, least significant byte first. */
@NoTensorLeaks
class DatatypeTest {
    private static MemorySegment bytes(String hex) { return MemorySegment.ofArray(HexFormat.of().parseHex(hex)); }

    @ParameterizedTest
    @CsvSource({"BOOL, 0100, 1, 0", "UINT8, ff02, 255, 2", "INT8, ff02, -1, 2", "INT16, feff0001, -2, 256", "UINT16, feff0001, 65534, 256",
        "INT32, feffffff00000100, -2, 65536", "UINT32, feffffff00000100, 4294967294, 65536",
        "INT64, ffffffffffffffff0000000001000000, -1, 4294967296", "UINT64, 05000000000000000000000001000000, 5, 4294967296",
        "FP16, 003c00c1, 1, -2.5", "BF16, 803f20c0, 1, -2.5", "FP32, 0000803f000020c0, 1, -2.5",
        "FP64, 000000000000f03f00000000000004c0, 1, -2.5"}) void elements_are_read_and_written_as_little_endian_bytes(String name,
                String hex, double first, double second) {
        try (var _ = Scope.open()) {
            var tensor = Datatype.of(name).read(bytes(hex), 2);
            assertThat(Datatype.of(tensor.dtype())).hasToString(name);
            assertThat(tensor.to(DType.FLOAT64).toDoubleArray()).containsExactly(first, second);
            assertThat(HexFormat.of().formatHex(Datatype.write(tensor))).isEqualTo(hex);
        }
    }

    @Test void a_tensor_without_elements_has_no_bytes() {
        try (var _ = Scope.open()) {
            var tensor = Datatype.FP32.read(bytes(""), 0, Long.MAX_VALUE / 8);
            assertThat(Datatype.write(tensor)).isEmpty();
        }
    }

    @Test void wrong_data_is_refused_with_its_shape() {
        assertThatThrownBy(() -> Datatype.FP32.read(bytes("0000803f"), 1, 2)).isInstanceOf(HttpError.class)
                .hasMessage("4 bytes of data are no FP32[1, 2], which has 2 elements of 4");
        assertThatThrownBy(() -> Datatype.INT8.read(bytes("00"), -1, -1)).hasMessageContaining("negative size");
        assertThatThrownBy(() -> Datatype.FP64.read(bytes(""), 1L << 32, 1L << 32)).hasMessageContaining("more elements than memory");
        assertThatThrownBy(() -> Datatype.BOOL.read(bytes("0102"), 2)).hasMessageContaining("byte 1 of BOOL data is 2");
    }

    @Test void types_that_one_side_lacks_are_refused() {
        assertThatThrownBy(() -> Datatype.of("BYTES")).hasMessageStartingWith("there is no datatype 'BYTES'; there are [BOOL, UINT8");
        assertThatThrownBy(() -> Datatype.of(DType.COMPLEX64)).hasMessageContaining("no datatype for complex64");
    }
}
