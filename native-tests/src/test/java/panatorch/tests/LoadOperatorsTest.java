package panatorch.tests;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Libraries of operators in C, compiled here against libtorch's stable C interface, of which each declares what it uses. */
@NoTensorLeaks
class LoadOperatorsTest {
    private static final String SQUARE = """
            #include <stdint.h>
            typedef void *Handle;
            int32_t aoti_torch_library_init_def(const char *, const char *, uint32_t, Handle *);
            int32_t aoti_torch_library_init_impl(const char *, const char *, const char *, uint32_t, Handle *);
            int32_t aoti_torch_library_def(Handle, const char *);
            int32_t aoti_torch_library_impl(Handle, const char *, void (*)(uint64_t *, uint64_t, uint64_t));
            int32_t aoti_torch_new_tensor_handle(Handle, Handle *);
            int32_t aoti_torch_call_dispatcher(const char *, const char *, uint64_t *);

            static void square(uint64_t *stack, uint64_t arguments, uint64_t results) {
                Handle second;
                aoti_torch_new_tensor_handle((Handle) stack[0], &second);
                uint64_t call[2] = {stack[0], (uint64_t) second};
                aoti_torch_call_dispatcher("aten::mul", "Tensor", call);
                stack[0] = call[0];
            }

            __attribute__((constructor)) static void load(void) {
                Handle definitions, kernels;
                aoti_torch_library_init_def("in_c", "square.c", 1, &definitions);
                aoti_torch_library_def(definitions, "square(Tensor x) -> Tensor");
                aoti_torch_library_init_impl("in_c", "CPU", "square.c", 1, &kernels);
                aoti_torch_library_impl(kernels, "square", square);
            }
            """;

    @TempDir
    Path folder;

    private Path compiled(String name, String source) throws Exception {
        Path c = Files.writeString(folder.resolve(name + ".c"), source), library = folder.resolve("lib" + name + ".so");
        var command = new ArrayList<>(
                List.of("cc", "-shared", "-fPIC", "-o", library.toString(), c.toString(), "-L" + Torch.libraryFolder(), "-ltorch_cpu"));
        try {
            Process cc = new ProcessBuilder(command).redirectErrorStream(true).start();
            String output = new String(cc.getInputStream().readAllBytes());
            assertThat(cc.waitFor()).as(output).isZero();
        } catch (java.io.IOException e) {
            Assumptions.abort("needs a C compiler, cc, on the PATH");
        }
        return library;
    }

    @Test
    @DisabledOnOs(OS.WINDOWS) void operators_of_a_library_are_called_by_name() throws Exception {
        Path library = compiled("square", SQUARE);
        Operators.load(library);
        Operators.load(library);
        try (var scope = Scope.open()) {
            assertThat(((Tensor) Operators.call("in_c::square", Torch.tensor(new double[] {3, -2})).getFirst()).toDoubleArray())
                    .containsExactly(9, 4);
        }
    }

    /** With nothing registered for Autograd, libtorch leaves recording on in a device's kernel: here the mul in it records itself. */
    @Test
    @DisabledOnOs(OS.WINDOWS) void a_kernel_in_C_that_calls_recorded_operators_passes_gradients_on() throws Exception {
        Operators.load(compiled("gradient", SQUARE.replace("in_c", "grad_c")));
        try (var scope = Scope.open()) {
            Tensor x = Torch.tensor(new double[] {3, -2}).requiresGrad_(true);
            ((Tensor) Operators.call("grad_c::square", x).getFirst()).sum().backward();
            assertThat(x.grad().toDoubleArray()).containsExactly(6, -4);
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS) void a_library_for_another_libtorch_is_refused_before_it_is_called() throws Exception {
        Path library = compiled("other", "void of_libtorch_99(void); void call(void) { of_libtorch_99(); }");
        assertThatThrownBy(() -> Operators.load(library)).isInstanceOf(UnsatisfiedLinkError.class)
                .hasMessageStartingWith("The library " + library + " does not load: ")
                .hasMessageContaining("of_libtorch_99")
                .hasMessageEndingWith("; it was probably built for another libtorch than " + Torch.version() + ".");
    }

    @Test void what_is_no_library_is_refused_with_a_sentence() throws Exception {
        Path text = Files.writeString(folder.resolve("text.so"), "not a library");
        assertThatThrownBy(() -> Operators.load(text)).isInstanceOf(UnsatisfiedLinkError.class)
                .hasMessageStartingWith("The library " + text + " does not load: ");
        Path none = folder.resolve("none.so");
        assertThatThrownBy(() -> Operators.load(none)).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("There is no library " + none + ".");
        assertThatThrownBy(() -> Operators.load(folder)).isInstanceOf(IllegalArgumentException.class);
    }
}
