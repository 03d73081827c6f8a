package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class TensorTest {
    @Test void operators_compute_what_their_name_says() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.tensor(new float[] {1, 2, 3, 4}, 2, 2);
            assertThat(x.add(x).toFloatArray()).containsExactly(2, 4, 6, 8);
            assertThat(x.add(x, 10).toFloatArray()).containsExactly(11, 22, 33, 44);
            assertThat(x.matmul(x).toFloatArray()).containsExactly(7, 10, 15, 22);
            assertThat(x.sum(1).toFloatArray()).containsExactly(3, 7);
            assertThat(Aten.cat(List.of(x, x), 1).shape()).containsExactly(2, 4);
            var r = x.max(1);
            assertThat(r.values().toFloatArray()).containsExactly(2, 4);
            assertThat(r.indices().toLongArray()).containsExactly(1, 1);
            assertThat(Aten.complex(x, x).sum().item()).isEqualTo(new Complex(10, 10));
        }
    }

    @Test void unique_finds_sorted_values_where_they_are_and_how_often() {
        try (var scope = Scope.open()) {
            var u = Torch.unique(Torch.tensor(new long[][] {{3, 1}, {1, 9}}));
            assertThat(u.values().toLongArray()).containsExactly(1, 3, 9);
            assertThat(u.inverse().toArray()).isEqualTo(new long[][] {{1, 0}, {0, 2}});
            assertThat(u.counts().toLongArray()).containsExactly(2, 1, 1);
            var rows = Torch.unique(Torch.tensor(new long[][] {{2, 1}, {1, 9}, {2, 1}}), 0);
            assertThat(rows.values().toArray()).isEqualTo(new long[][] {{1, 9}, {2, 1}});
            assertThat(rows.inverse().toLongArray()).containsExactly(1, 0, 1);
            assertThat(rows.counts().toLongArray()).containsExactly(1, 2);
        }
    }

    @Test void factories_make_tensors_where_they_are_told_to() {
        try (var scope = Scope.open()) {
            long[] shape = {2, 3};
            for (Tensor t : List.of(Torch.zeros(Device.META, 2, 3), Torch.ones(Device.META, 2, 3), Torch.empty(Device.META, 2, 3),
                    Torch.rand(Device.META, 2, 3), Torch.randn(Device.META, 2, 3),
                    Torch.full(shape, 7, DType.FLOAT32, Device.META), Torch.eye(2, 3, DType.FLOAT32, Device.META)))
                assertThat(t.describe()).isEqualTo("float32 [2, 3] on meta");
            assertThat(Torch.arange(3, DType.INT64, Device.META).describe()).isEqualTo("int64 [3] on meta");
            assertThat(Torch.arange(0, 1, 0.25, DType.FLOAT32, Device.META).describe()).isEqualTo("float32 [4] on meta");
        }
    }

    @Test void scalars_keep_their_kind() {
        try (var scope = Scope.open()) {
            Tensor i = Torch.tensor(new long[] {1, 2});
            assertThat(i.add(1).dtype()).isEqualTo(DType.INT64);
            assertThat(i.add(1.0).dtype()).isEqualTo(DType.FLOAT32);
            assertThat(i.mul(new Complex(0, 1)).dtype()).isEqualTo(DType.COMPLEX64);
        }
    }

    @Test void a_view_that_is_negated_when_read_is_read_so() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.tensor(new float[] {1, 3});
            assertThat(Aten._negView(x).toFloatArray()).containsExactly(-1, -3);
            assertThat(Aten.complex(x, x.select(0, 1)).conj().imag().toDoubleArray()).containsExactly(-3, -3);
        }
    }

    @Test void in_place_operators_return_the_tensor_itself() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(DType.FLOAT32, 2);
            assertThat(x.add_(x)).isSameAs(x);
            assertThat(x.toFloatArray()).containsExactly(2, 2);
        }
    }

    @Test void backward_accumulates_gradients_until_they_are_freed() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.tensor(new float[] {1, 2, 3}).requiresGrad_(true);
            assertThat(x.grad()).isNull();
            x.mul(x).sum().backward();
            x.mul(x).sum().backward();
            assertThat(x.grad().toFloatArray()).containsExactly(4, 8, 12);
            x.setGrad(null);
            assertThat(x.grad()).isNull();
            x.setGrad(Torch.ones(DType.FLOAT32, 3));
            assertThat(x.grad().toFloatArray()).containsExactly(1, 1, 1);
            assertThatThrownBy(() -> x.setGrad(Torch.ones(DType.FLOAT64, 3))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage(
                            "the gradient must have the tensor's type, shape and device, float32 [3] on cpu, but it is float64 [3] on cpu");
        }
    }

    @Test void a_wrong_shape_is_named_with_the_operator_and_its_arguments() {
        try (var scope = Scope.open()) {
            Tensor a = Torch.zeros(DType.FLOAT32, 2, 3), b = Torch.zeros(DType.FLOAT64, 4, 5);
            assertThatThrownBy(() -> a.mm(b)).isInstanceOf(TorchException.class)
                    .hasMessageStartingWith("aten::mm(self: float32 [2, 3], mat2: float64 [4, 5]): ")
                    .hasMessageNotContaining("Exception raised from");
            assertThatThrownBy(() -> a.add((Tensor) null)).isInstanceOf(NullPointerException.class)
                    .hasMessage("argument 'other' of aten::add.Tensor is null");
            assertThat(a.add(a).shape()).containsExactly(2, 3);
        }
    }

    @Test void both_sides_see_shared_memory() {
        try (var scope = Scope.open(); var arena = Arena.ofConfined()) {
            var segment = arena.allocate(ValueLayout.JAVA_FLOAT, 4);
            Tensor t = Torch.fromBlob(segment, DType.FLOAT32, 2, 2);
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, 3, 5);
            assertThat(t.toFloatArray()).containsExactly(0, 0, 0, 5);
            t.fill_(7);
            assertThat(segment.getAtIndex(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(7);
        }
    }

    @Test void square_brackets_are_get_and_set() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.tensor(new float[][] {{1, 2, 3}, {4, 5, 6}});
            assertThat(x.get(1, 2).itemFloat()).isEqualTo(6);
            assertThat(x.get(Index.ALL, 1).toFloatArray()).containsExactly(2, 5);
            assertThat(x.get(0, new int[] {2, 0}).toFloatArray()).containsExactly(3, 1);
            assertThat(x.get(new long[] {1}, Index.slice(2)).toFloatArray()).containsExactly(4, 5);
            assertThat(x.get(x.gt(4)).toFloatArray()).containsExactly(5, 6);
            assertThat(x.set(Index.index(Index.ALL, 1), 0).toFloatArray()).containsExactly(1, 0, 3, 4, 0, 6);
        }
    }

    @Test void one_element_is_read_as_any_of_javas_types() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.tensor(new long[] {7});
            assertThat(x.itemInt()).isEqualTo(7);
            assertThat(x.gt(6).itemBoolean()).isTrue();
            assertThat(x.device()).isSameAs(Device.CPU);
            assertThat(Options.conv2d().stride(2, 2))
                    .hasToString("Conv2d[bias=null, stride=[2, 2], padding=[0, 0], dilation=[1, 1], groups=1]");
        }
    }

    @Test void an_error_of_libtorch_says_what_was_wrong_and_nothing_of_its_insides() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(2, 3);
            assertThatThrownBy(() -> x.mm(x)).isInstanceOf(TorchException.class).hasNoCause().hasMessage(
                    "aten::mm(self: float32 [2, 3], mat2: float32 [2, 3]): mat1 and mat2 shapes cannot be multiplied (2x3 and 2x3)");
            assertThatThrownBy(() -> Operators.call("aten::add", x, x, 1))
                    .hasMessageStartingWith("libtorch has no operator aten::add. There are ").hasMessageContaining("aten::add.Tensor");
            assertThatThrownBy(() -> Out.into(x, () -> x.matmul(x.t()))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("aten::t").hasMessageContaining("call it before");
        }
    }

    /** In Python 48 and 16, and for a sparse tensor "nbytes is not defined for sparse tensors". */
    @Test void bytes_are_those_of_the_elements() {
        try (var scope = Scope.open()) {
            assertThat(Torch.zeros(DType.INT64, 2, 3).nbytes()).isEqualTo(48);
            assertThat(Torch.zeros(2, 3).narrow(1, 0, 2).nbytes()).isEqualTo(16);
            assertThatThrownBy(() -> Torch.eye(3).toSparse().nbytes()).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("nbytes is not defined");
        }
    }
}
