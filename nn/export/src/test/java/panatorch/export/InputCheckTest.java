package panatorch.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class InputCheckTest {
    private static Tensor ids(long... shape) { return Torch.ones(DType.INT64, shape); }

    private static AbstractThrowableAssert<?, ? extends Throwable> refused(ExportedProgram program, Inputs inputs) {
        return assertThatThrownBy(() -> program.run(inputs)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test void a_symbol_has_one_size_in_all_inputs() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("mask")) {
            String t = ((Signature.TensorValue) program.signature().inputs().getFirst()).dims().get(1).toString();
            refused(program, Inputs.of(ids(2, 17), Torch.ones(2, 12)))
                    .hasMessage(
                            "input 'attention_mask': dimension 1 is 12, but it is " + t + " = 17 by 'input_ids'; " + t + " is 2 to 512");
        }
    }

    @Test void a_symbol_is_within_its_range() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("mask")) {
            refused(program, Inputs.of(ids(2, 600), Torch.ones(2, 600)))
                    .hasMessageMatching("input 'input_ids': dimension 1 is 600, but s\\d+ is 2 to 512");
            refused(program, Inputs.of(ids(2, 1), Torch.ones(2, 1)))
                    .hasMessageMatching("input 'input_ids': dimension 1 is 1, but s\\d+ is 2 to 512");
            assertThat(program.run(ids(64, 512), Torch.ones(64, 512)).tensor().shape()).containsExactly(64);
        }
    }

    @Test void types_are_checked() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("mask")) {
            refused(program, Inputs.of(Torch.ones(2, 5), Torch.ones(2, 5)))
                    .hasMessage("input 'input_ids' is float32, but the program was exported for int64; convert it by to(DType.INT64)");
            refused(program, Inputs.of(3, Torch.ones(2, 5))).hasMessage("input 'input_ids' is a tensor, not 3");
        }
    }

    @Test void fixed_sizes_and_numbers_of_dimensions_are_checked() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("mlp")) {
            refused(program, Inputs.of(Torch.ones(2, 9))).hasMessage("input 'x': dimension 1 is 9, but the program was exported for 4");
            refused(program, Inputs.of(Torch.ones(4)))
                    .hasMessageStartingWith("input 'x' has the shape [4], but the program needs 2 dimensions: [s");
        }
    }

    @Test void sizes_that_follow_from_symbols_are_checked() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("halves")) {
            refused(program, Inputs.of(Torch.ones(5, 3)))
                    .hasMessageMatching("input 'x': dimension 0 is 5, but it is 2\\*\\w+ for a whole \\w+");
            refused(program, Inputs.of(Torch.ones(102, 3)))
                    .hasMessageMatching("input 'x': dimension 0 is 102, so (\\w+) is 51, but \\1 is 2 to 50");
            assertThat(program.run(Torch.ones(6, 3)).tensor().shape()).containsExactly(3, 3);
        }
    }

    @Test void missing_and_unknown_inputs_are_named() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("mask")) {
            refused(program, Inputs.named("input_ids", ids(2, 5))).hasMessageContaining("'attention_mask' is missing");
            refused(program, Inputs.named("ids", ids(2, 5))).hasMessageContaining("no input 'ids'")
                    .hasMessageContaining("[attention_mask, input_ids]");
            refused(program, Inputs.of(ids(2, 5))).hasMessageContaining("takes 2 inputs, not 1");
        }
    }

    @Test void a_constant_input_is_a_part_of_the_program() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("python_arguments")) {
            Tensor x = Torch.ones(2), a = Torch.ones(1), b = Torch.ones(2);
            refused(program, Inputs.of(x, 4, true, "nm", a, b)).hasMessageContaining("input 'k' is 4, but the program was exported for 3");
            refused(program, Inputs.of(x, 3, true, "other", a, b))
                    .hasMessageContaining("input 'name' is 'other', but the program was exported for 'nm'");
        }
    }

    @Test void an_integer_may_differ_from_call_to_call() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("numbers")) {
            Outputs outputs = program.run(Inputs.of(Torch.ones(2), 7));
            assertThat(outputs.tensor(0).toFloatArray()).containsExactly(7, 7);
            assertThat(outputs.all().get(1)).isEqualTo(8L);
            refused(program, Inputs.of(Torch.ones(2), 7.5)).hasMessage("input 'k' is an integer, not 7.5");
        }
    }

    @Test void nested_inputs_have_the_structure_of_pythons() throws Exception {
        try (var scope = Scope.open(); var program = Programs.load("python_arguments")) {
            refused(program, Inputs.named("x", Torch.ones(2)).and("d", java.util.Map.of("a", Torch.ones(1))))
                    .hasMessage("input 'd' is a map with the keys [a, b], not a map with the keys [a]");
        }
    }
}
