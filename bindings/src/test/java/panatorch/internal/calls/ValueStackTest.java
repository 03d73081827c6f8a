package panatorch.internal.calls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.JavaCpp;
import panatorch.NativeObject;
import panatorch.NoGrad;
import panatorch.Operators;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.TorchException;
import panatorch.junit.NoTensorLeaks;

/**
 * Programs and operators that are called from a package outside {@code panatorch}, as {@code panatorch.jit} and
 * {@code panatorch.distributed} have to.
 */
@NoTensorLeaks
class ValueStackTest {
    private static final String PROGRAM = """
            def scaled(x, by: float, times: int):
                for i in range(times):
                    x = x * by
                return x

            def sums(all: List[Tensor], names: List[str], weights: List[int]):
                return [len(names), weights[0] + weights[1]], all[0] + all[1]

            def fails(x, text: str):
                assert x.numel() > 1000, text
                return x
            """;

    /** A function of {@link #PROGRAM}, to be run on a stack. */
    private static Consumer<IValueVector> function(String name) {
        return JavaCpp.call(() -> {
            var unit = torch.compile(PROGRAM);
            var function = unit.find_function(new QualifiedName(name));
            return stack -> {
                unit.sizeof(); // it owns the function
                function.run(stack);
            };
        });
    }

    private static Consumer<IValueVector> operator(String name) {
        return stack -> Dispatcher.singleton().findSchemaOrThrow(name, "").callBoxed(stack);
    }

    @Test void a_program_takes_a_tensor_and_numbers_and_returns_a_tensor() {
        try (var scope = Scope.open(); var stack = ValueStack.open()) {
            stack.push(Torch.tensor(new float[] {1, 2}));
            stack.push(0.5);
            stack.push(3);
            stack.run(function("scaled"));
            assertThat(stack.size()).isEqualTo(1);
            assertThat(((Tensor) stack.take(0)).toFloatArray()).containsExactly(0.125f, 0.25f);
        }
    }

    @Test void lists_have_the_type_that_is_named() {
        try (var scope = Scope.open(); var stack = ValueStack.open()) {
            stack.push("Tensor[]", List.of(Aten.ones(2), Aten.ones(2)));
            stack.push("str[]", List.of("a", "b", "c"));
            stack.push("int[]", List.of(4, 5));
            stack.run(function("sums"));
            assertThat(stack.take(0)).as("a tuple").isInstanceOf(NativeObject.class);
        }
    }

    @Test void objects_of_custom_classes_go_in_and_come_out() {
        try (var scope = Scope.open()) {
            Tensor weight = Aten.quantizePerTensor(Torch.tensor(new float[][] {{1, 2}, {3, 4}}), 1, 0, DType.QINT8);
            NativeObject packed;
            try (var stack = ValueStack.open()) {
                stack.push(weight);
                stack.push(null);
                stack.run(operator("quantized::linear_prepack"));
                packed = (NativeObject) stack.take(0);
            }
            try (packed; var stack = ValueStack.open()) {
                stack.push(packed);
                stack.run(operator("quantized::linear_unpack"));
                assertThat(((Tensor) stack.take(0)).dequantize().toFloatArray()).containsExactly(1, 2, 3, 4);
                assertThat(stack.take(1)).as("no bias").isNull();
            }
            packed.close();
        }
    }

    @Test void a_gradient_is_recorded_unless_a_mode_says_otherwise() {
        try (var scope = Scope.open()) {
            Tensor x = Aten.ones(2).requiresGrad_(true);
            assertThat(halved(x).requiresGrad()).isTrue();
            try (var off = NoGrad.enter()) {
                assertThat(halved(x).requiresGrad()).isFalse();
            }
        }
    }

    private static Tensor halved(Tensor x) {
        try (var stack = ValueStack.open()) {
            stack.push(x);
            stack.push(0.5);
            stack.push(1);
            stack.run(function("scaled"));
            return (Tensor) stack.take(0);
        }
    }

    @Test void an_error_of_a_program_is_a_torch_exception_and_closes_the_stack() {
        try (var scope = Scope.open(); var stack = ValueStack.open()) {
            Tensor x = Aten.ones(2);
            stack.push(x);
            stack.push("too small");
            assertThatThrownBy(() -> stack.run(function("fails"))).isInstanceOf(TorchException.class).hasMessageContaining("too small");
            assertThatThrownBy(() -> stack.push(x)).isInstanceOf(IllegalStateException.class).hasMessage("this stack is closed");
            assertThat(x.add(x).toFloatArray()).as("the thread goes on").containsExactly(2, 2);
        }
    }

    @Test void operators_run_while_a_stack_is_open_and_wrong_values_leave_nothing_behind() {
        try (var scope = Scope.open()) {
            try (var stack = ValueStack.open()) {
                stack.push(Aten.ones(2));
                stack.push((double) Operators.call("aten::numel", Aten.ones(3)).size());
                stack.push(1);
                stack.run(function("scaled"));
                assertThat(((Tensor) stack.take(0)).toFloatArray()).containsExactly(1, 1);
            }
            var stack = ValueStack.open();
            stack.push(Aten.ones(2));
            assertThatThrownBy(() -> stack.push(new Object())).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("a Object cannot be passed to libtorch");
            var other = ValueStack.open();
            assertThatThrownBy(() -> other.push("int[]", "text")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("value 0 must be a int[], not a String");
        }
    }
}
