package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.BackendFlag;
import panatorch.DType;
import panatorch.Out;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/** What libtorch says on standard error. */
class WarningsTest {
    /** Maven has the other tests' libtorch keep silent. */
    private static ChildJvm warned(Class<?> main) throws Exception {
        return withLevel(null, main);
    }

    private static ChildJvm withLevel(@Nullable String level, Class<?> main) throws Exception {
        var builder = new ProcessBuilder(ChildJvm.command(main.getName(), System.getProperty("java.class.path")));
        builder.environment().remove("TORCH_CPP_LOG_LEVEL");
        if (level != null) builder.environment().put("TORCH_CPP_LOG_LEVEL", level);
        return ChildJvm.await(builder, Duration.ofMinutes(2));
    }

    @Test void it_says_as_little_as_the_variable_of_Python_asks_for() throws Exception {
        assertThat(withLevel("ERROR", Resizes.class).output()).contains("resized to [2, 2]").doesNotContain("Warning");
        assertThat(withLevel("WARNING", Resizes.class).output()).contains("Warning: An output with one or more elements was resized");
    }

    @Test void libtorch_warns_when_it_resizes_an_out_tensor_that_has_elements() throws Exception {
        var run = warned(Resizes.class);
        assertThat(run.status()).as(run.output()).isZero();
        assertThat(run.output()).containsOnlyOnce(
                "An output with one or more elements was resized since it had shape [3], which does not match the required output shape "
                        + "[2, 2]")
                .contains("resized to [2, 2]");
    }

    /** Also one without elements, of which nothing is said. */
    static final class Resizes {
        public static void main(String[] args) {
            try (var scope = Scope.open()) {
                Tensor x = Torch.ones(DType.FLOAT32, 2, 2);
                Tensor none = Torch.empty(DType.FLOAT32, 0), out = Torch.empty(DType.FLOAT32, 3);
                Out.into(none, () -> x.neg());
                Out.into(out, () -> x.neg());
                System.out.println("resized to " + java.util.Arrays.toString(out.shape()));
            }
        }
    }

    @Test void small_convolutions_say_nothing_where_nnpack_does_not_know_the_processor() throws Exception {
        var run = warned(Convolves.class);
        assertThat(run.status()).as(run.output()).isZero();
        assertThat(run.output()).contains("16.0").doesNotContain("Could not initialize NNPACK");
    }

    /** A single image of few numbers, which libtorch leaves to NNPACK if it can. */
    static final class Convolves {
        public static void main(String[] args) {
            try (var scope = Scope.open()) {
                Tensor x = Torch.ones(1, 4, 4, 4), w = Torch.ones(4, 4, 2, 2);
                System.out.println(Aten.conv2d(x, w).max().itemFloat() + ", NNPACK " + BackendFlag.NNPACK.isOn());
            }
        }
    }
}
