package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class OutTest {
    private static Tensor x() { return Torch.tensor(new float[] {1, 2, 3, 4}, 2, 2); }

    @Test void the_result_is_written_to_the_given_tensor_and_is_that_tensor() {
        try (var scope = Scope.open()) {
            Tensor x = x(), out = Torch.zeros(DType.FLOAT32, 2, 2);
            long memory = out.data().address(), live = Torch.liveTensors();
            assertThat(Out.into(out, () -> x.add(x, 10))).isSameAs(out);
            assertThat(out.toFloatArray()).containsExactly(11, 22, 33, 44);
            assertThat(Out.into(out, () -> x.mul(2))).isSameAs(out);
            assertThat(out.toFloatArray()).containsExactly(2, 4, 6, 8);
            assertThat(out.data().address()).isEqualTo(memory);
            assertThat(Torch.liveTensors()).isEqualTo(live);
        }
    }

    @Test void several_results_are_written_in_their_order() {
        try (var scope = Scope.open()) {
            Tensor x = x(), values = Torch.empty(DType.FLOAT32, 2), indices = Torch.empty(DType.INT64, 2);
            var result = Out.into(List.of(values, indices), () -> x.max(1));
            assertThat(result.values()).isSameAs(values);
            assertThat(result.indices()).isSameAs(indices);
            assertThat(values.toFloatArray()).containsExactly(2, 4);
            assertThat(indices.toLongArray()).containsExactly(1, 1);
        }
    }

    @Test void a_list_of_results_is_written_to_a_list() {
        try (var scope = Scope.open()) {
            var rows = x().unbind();
            var outs = List.of(Torch.empty(DType.FLOAT32, 2), Torch.empty(DType.FLOAT32, 2));
            assertThat(Out.into(outs, () -> Aten._foreachNeg(rows))).containsExactlyElementsOf(outs);
            assertThat(outs.get(0).toFloatArray()).containsExactly(-1, -2);
            assertThat(outs.get(1).toFloatArray()).containsExactly(-3, -4);
        }
    }

    @Test void composite_operators_count_as_one() {
        try (var scope = Scope.open()) {
            Tensor x = x(), out = Torch.empty(DType.FLOAT32);
            assertThat(Out.into(out, () -> Linalg.norm(x))).isSameAs(out);
            assertThat(out.itemDouble()).isBetween(5.4772, 5.4773);
        }
    }

    @Test void a_tensor_of_another_shape_is_resized() {
        try (var scope = Scope.open()) {
            Tensor x = x(), out = Torch.empty(DType.FLOAT32, 0);
            Out.into(out, () -> x.neg());
            assertThat(out.shape()).containsExactly(2, 2);
            assertThat(out.toFloatArray()).containsExactly(-1, -2, -3, -4);
        }
    }

    @Test void a_wider_type_is_filled_and_a_narrower_one_is_libtorchs_error() {
        try (var scope = Scope.open()) {
            Tensor x = x(), wide = Torch.empty(DType.FLOAT64, 2, 2), narrow = Torch.zeros(DType.INT64, 2, 2);
            assertThat(Out.into(wide, () -> x.add(x)).dtype()).isEqualTo(DType.FLOAT64);
            assertThat(wide.toDoubleArray()).containsExactly(2, 4, 6, 8);
            assertThatThrownBy(() -> Out.into(narrow, () -> x.add(x))).isInstanceOf(TorchException.class)
                    .hasMessage(
                            "aten::add.out(self: float32 [2, 2], other: float32 [2, 2], out: int64 [2, 2]): result type Float can't be "
                                    + "cast to the desired output type Long");
            assertThat(narrow.toLongArray()).containsOnly(0);
        }
    }

    @Test void factories_take_type_and_device_from_the_tensor() {
        try (var scope = Scope.open()) {
            Tensor out = Torch.tensor(new long[] {7, 7, 7});
            Out.into(out, () -> Aten.arange(3));
            assertThat(out.toLongArray()).containsExactly(0, 1, 2);
            Out.into(out, () -> Aten.full(new long[] {3}, 5, Options.full().dtype(DType.INT64).device(Device.CPU)));
            assertThat(out.toLongArray()).containsOnly(5);
            Tensor floats = Torch.empty(DType.FLOAT32, 3);
            Out.into(floats, () -> Aten.randperm(3)); // int64 by default, as in Python
            assertThat(floats.toFloatArray()).containsExactlyInAnyOrder(0, 1, 2);
            assertThatThrownBy(() -> Out.into(floats, () -> Aten.zeros(new long[] {3}, DType.FLOAT64)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("aten::zeros.out was asked for another dtype than that of the out tensor, float32 [3] on cpu");
            assertThatThrownBy(() -> Out.into(floats, () -> Aten.zeros(new long[] {3}, Options.zeros().device(Device.META))))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("another device");
        }
    }

    @Test void a_call_without_an_operator_is_refused() {
        try (var scope = Scope.open()) {
            Tensor out = x();
            assertThatThrownBy(() -> Out.into(out, () -> out.shape())).isInstanceOf(IllegalStateException.class)
                    .hasMessage("the code that was passed to Out.into called no operator");
            assertThat(out.add(1).toFloatArray()).containsExactly(2, 3, 4, 5);
        }
    }

    @Test void a_second_operator_is_refused_and_what_the_first_wrote_stays() {
        try (var scope = Scope.open()) {
            Tensor x = x(), out = Torch.empty(DType.FLOAT32, 2, 2);
            assertThatThrownBy(() -> Out.into(out, () -> x.neg().abs())).isInstanceOf(IllegalStateException.class)
                    .hasMessage(
                            "Out.into writes the results of one operator, but aten::abs was called after aten::neg; compute its "
                                    + "other arguments before");
            assertThat(out.toFloatArray()).containsExactly(-1, -2, -3, -4);
        }
    }

    @Test void an_operator_without_such_an_overload_is_refused() {
        try (var scope = Scope.open()) {
            Tensor x = x(), out = x();
            assertThatThrownBy(() -> Out.into(out, () -> x.view(4))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("aten::view cannot write to out tensors");
            assertThatThrownBy(() -> Out.into(out, () -> x.add_(x))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageStartingWith("aten::add_.Tensor cannot");
            assertThatThrownBy(() -> Out.into(out, () -> Operators.call("aten::neg", x))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("called by name");
            assertThat(x.toFloatArray()).containsExactly(1, 2, 3, 4);
        }
    }

    @Test void the_number_of_tensors_is_the_operators() {
        try (var scope = Scope.open()) {
            Tensor x = x(), out = x();
            assertThatThrownBy(() -> Out.into(out, () -> x.max(1))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("aten::max.dim_max needs 2 out tensors, [max, max_values], not 1");
            assertThatThrownBy(() -> Out.into(List.of(), () -> x.max(1))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("the list of out tensors is empty");
            Tensor closed = x();
            closed.close();
            assertThatThrownBy(() -> Out.into(closed, () -> out.neg())).isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith("an out tensor of aten::neg.out is closed");
        }
    }

    @Test void nothing_is_recorded_for_backward() {
        try (var scope = Scope.open()) {
            Tensor x = x().requiresGrad_(true), out = Torch.empty(DType.FLOAT32, 2, 2);
            assertThatThrownBy(() -> Out.into(out, () -> x.mul(x))).isInstanceOf(TorchException.class)
                    .hasMessageContaining(
                            "functions with out=... arguments don't support automatic differentiation, but one of the arguments requires "
                                    + "grad");
            try (var off = NoGrad.enter()) {
                assertThat(Out.into(out, () -> x.mul(x)).toFloatArray()).containsExactly(1, 4, 9, 16);
            }
        }
    }

    @Test void nested_uses_write_to_their_own_and_errors_restore_the_outer_one() {
        try (var scope = Scope.open()) {
            Tensor x = x(), outer = Torch.empty(DType.FLOAT32, 2, 2), inner = Torch.empty(DType.FLOAT32, 2, 2);
            Out.into(outer, () -> {
                Tensor doubled = Out.into(inner, () -> x.mul(2));
                assertThatThrownBy(() -> Out.into(inner, () -> { throw new ArithmeticException(); }))
                        .isInstanceOf(ArithmeticException.class);
                return doubled.neg();
            });
            assertThat(inner.toFloatArray()).containsExactly(2, 4, 6, 8);
            assertThat(outer.toFloatArray()).containsExactly(-2, -4, -6, -8);
            assertThat(inner.neg()).isNotSameAs(outer);
        }
    }

    @Test void virtual_threads_do_not_share_it() throws InterruptedException {
        try (var scope = Scope.open()) {
            Tensor x = x();
            var outs = IntStream.range(0, 20).mapToObj(i -> Torch.empty(DType.FLOAT32, 2, 2)).toList();
            var threads =
                    IntStream.range(0, 20).mapToObj(i -> Thread.ofVirtual().start(() -> Out.into(outs.get(i), () -> x.mul(i)))).toList();
            for (Thread t : threads) t.join();
            for (int i = 0; i < 20; i++) assertThat(outs.get(i).toFloatArray()).containsExactly(i, 2 * i, 3 * i, 4 * i);
        }
    }
}
