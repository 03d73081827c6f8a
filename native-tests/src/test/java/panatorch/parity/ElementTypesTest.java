package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigInteger;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;

/** What types are, become and hold is what Python says; {@code src/test/python/element_types.py} asked it. */
@NoTensorLeaks
class ElementTypesTest {
    private static final JsonNode PYTHON = Golden.read("element_types.json");

    private static DType dtype(String name) { return DType.valueOf(name.toUpperCase(Locale.ROOT)); }

    @AfterEach void float32_is_the_default_again() { Torch.setDefaultDtype(DType.FLOAT32); }

    @Test void limits_of_floating_point_types() {
        PYTHON.get("finfo").properties().forEach(e -> {
            var info = dtype(e.getKey()).finfo();
            assertThat(info.bits()).as(e.getKey()).isEqualTo(e.getValue().get("bits").asInt());
            assertThat(new double[] {info.eps(), info.max(), info.min(), info.tiny(), info.resolution()}).as(e.getKey()).containsExactly(
                    e.getValue().get("eps").asDouble(), e.getValue().get("max").asDouble(), e.getValue().get("min").asDouble(),
                    e.getValue().get("tiny").asDouble(), e.getValue().get("resolution").asDouble());
        });
        assertThatThrownBy(DType.INT64::finfo).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("FloatInfo needs a floating-point dtype, not int64; use IntInfo");
    }

    @Test void limits_of_integer_types() {
        PYTHON.get("iinfo").properties().forEach(e -> {
            var info = dtype(e.getKey()).iinfo();
            assertThat(new Object[] {"" + info.bits(), info.min(), info.max()}).as(e.getKey())
                    .containsExactly(e.getValue().get("bits").asText(), new BigInteger(e.getValue().get("min").asText()),
                            new BigInteger(e.getValue().get("max").asText()));
        });
        assertThatThrownBy(DType.BOOL::iinfo).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("IntInfo needs an integer dtype, not bool");
    }

    @Test void two_types_meet_in_pythons_third() {
        PYTHON.get("promote").properties().forEach(e -> {
            String[] pair = e.getKey().split(" ");
            if (e.getValue().isNull())
                assertThatThrownBy(() -> Torch.promoteTypes(dtype(pair[0]), dtype(pair[1]))).as(e.getKey())
                        .isInstanceOf(TorchException.class);
            else
                assertThat(Torch.promoteTypes(dtype(pair[0]), dtype(pair[1]))).as(e.getKey()).isEqualTo(dtype(e.getValue().asText()));
        });
    }

    @Test void a_type_can_be_cast_where_python_says_so() {
        PYTHON.get("can_cast").properties().forEach(e -> {
            String[] pair = e.getKey().split(" ");
            assertThat(Torch.canCast(dtype(pair[0]), dtype(pair[1]))).as(e.getKey()).isEqualTo(e.getValue().asBoolean());
        });
    }

    @Test void a_number_changes_the_kind_but_not_the_size() {
        try (var scope = Scope.open()) {
            PYTHON.get("result_type").properties().forEach(e -> {
                String[] pair = e.getKey().split(" ");
                Number number = pair[1].contains(".") ? (Number) Double.valueOf(pair[1]) : (Number) Long.valueOf(pair[1]);
                assertThat(Torch.resultType(Torch.ones(dtype(pair[0]), 2), number)).as(e.getKey()).isEqualTo(dtype(e.getValue().asText()));
            });
            assertThat(Torch.resultType(Torch.ones(DType.INT32, 2), Torch.ones(DType.FLOAT16, 2))).isEqualTo(DType.FLOAT16);
        }
    }

    @Test void factories_make_the_default_type() {
        assertThat(Torch.defaultDtype()).isEqualTo(DType.FLOAT32);
        PYTHON.get("default").properties().forEach(e -> {
            DType standard = dtype(e.getKey());
            Torch.setDefaultDtype(standard);
            try (var scope = Scope.open()) {
                assertThat(Torch.defaultDtype()).isEqualTo(standard);
                for (var made : new panatorch.Tensor[] {Torch.zeros(2), Torch.ones(2), Torch.empty(2), Torch.eye(2), Torch.scalar(2.5),
                    Torch.zeros(panatorch.Device.CPU, 2), Torch.linspace(0, 1, 3)})
                    assertThat(made.dtype()).isEqualTo(standard);
                assertThat(Torch.arange(2.5).dtype()).isEqualTo(dtype(e.getValue().get("arange").asText()));
                assertThat(Torch.rand(2).dtype()).isEqualTo(dtype(e.getValue().get("rand").asText()));
                assertThat(Torch.full(new long[] {2}, 0.5).dtype()).isEqualTo(dtype(e.getValue().get("full").asText()));
                assertThat(Torch.arange(3).div(2).dtype()).isEqualTo(dtype(e.getValue().get("mean").asText()));
                assertThat(Torch.ones(2)).hasToString(e.getValue().get("text").asText());
                assertThat(Torch.ones(DType.FLOAT32, 2)).hasToString(e.getValue().get("text of float32").asText());
                if (!e.getValue().get("complex").isNull())
                    assertThat(Aten.complex(Torch.ones(), Torch.ones()).dtype()).isEqualTo(dtype(e.getValue().get("complex").asText()));
            }
        });
        assertThatThrownBy(() -> Torch.setDefaultDtype(DType.INT64)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the default dtype must be float16, bfloat16, float32 or float64, not int64");
    }
}
