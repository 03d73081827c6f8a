package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;

/** Java's arrays and buffers become tensors, and tensors become arrays and buffers. */
@NoTensorLeaks
class JavaValuesTest {
    private static void makes(Object values, DType dtype, String printed) {
        try (var scope = Scope.open()) {
            Tensor t = Torch.tensor(values);
            assertThat(t.dtype()).isEqualTo(dtype);
            assertThat(t).hasToString(printed);
            if (dtype.isComplex() || values instanceof Object[]) return;
            assertThat(t.toArray()).isEqualTo(values);
        }
    }

    @Test void the_element_type_is_java_s() {
        makes(new float[] {1.5f}, DType.FLOAT32, "tensor([1.5000])");
        makes(new double[] {1.5}, DType.FLOAT64, "tensor([1.5000], dtype=torch.float64)");
        makes(new long[] {1}, DType.INT64, "tensor([1])");
        makes(new int[] {1}, DType.INT32, "tensor([1], dtype=torch.int32)");
        makes(new short[] {-1}, DType.INT16, "tensor([-1], dtype=torch.int16)");
        makes(new byte[] {-1}, DType.UINT8, "tensor([255], dtype=torch.uint8)");
        makes(new boolean[] {true}, DType.BOOL, "tensor([True])");
        makes(new Complex(1, -2), DType.COMPLEX128, "tensor(1.-2.j, dtype=torch.complex128)");
    }

    @Test void a_single_value_makes_a_tensor_without_dimensions() {
        makes(2.5f, DType.FLOAT32, "tensor(2.5000)");
        makes(7L, DType.INT64, "tensor(7)");
        makes(true, DType.BOOL, "tensor(True)");
        try (var scope = Scope.open()) {
            assertThat(Torch.tensor(new float[] {3}, new long[0]).shape()).isEmpty();
            assertThat(Torch.tensor(new float[] {3}).shape()).containsExactly(1);
            assertThatThrownBy(() -> Torch.tensor(new float[] {3, 4}, new long[0])).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("shape [] needs 1 values, not 2");
        }
    }

    @Test void arrays_nest_in_every_way_java_nests_them() {
        makes(new double[][][] {{{1}, {2}}, {{3}, {4}}, {{5}, {6}}}, DType.FLOAT64,
                "tensor([[[1.],\n         [2.]],\n\n        [[3.],\n         [4.]],\n\n        [[5.],\n         [6.]]], "
                        + "dtype=torch.float64)");
        makes(new Integer[][] {{1, 2}, {3, 4}}, DType.INT32, "tensor([[1, 2],\n        [3, 4]], dtype=torch.int32)");
        makes(new Object[] {new long[] {1, 2}, new Long[] {3L, 4L}}, DType.INT64, "tensor([[1, 2],\n        [3, 4]])");
        makes(new Complex[] {new Complex(1, 2), new Complex(3, 4)}, DType.COMPLEX128, "tensor([1.+2.j, 3.+4.j], dtype=torch.complex128)");
        makes(new float[2][0], DType.FLOAT32, "tensor([], size=(2, 0))");
        makes(new float[0][5], DType.FLOAT32, "tensor([], size=(0, 0))"); // Java forgets the 5
    }

    @Test void lists_nest_like_arrays() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.tensor(java.util.List.of(java.util.List.of(1.5, 2.0), java.util.List.of(3.0, 4.0)));
            assertThat(x.describe()).isEqualTo("float64 [2, 2] on cpu");
            assertThat(x.toDoubleArray()).containsExactly(1.5, 2, 3, 4);
            assertThat(Torch.tensor(java.util.List.of(new float[] {1}, new float[] {2})).shape()).containsExactly(2, 1);
        }
    }

    @Test void what_makes_no_tensor_is_named_with_its_place() {
        refused(new float[][] {{1, 2}, {3}}, "the array is ragged: values[1] has length 1, and values[0] has length 2");
        refused(new int[][][] {{{1}, {2}}, {{3}, {}}}, "the array is ragged: values[1][1] has length 0, and values[0][0] has length 1");
        refused(new Object[] {1, 2L}, "values[1] is a Long, but values[0] is a Integer");
        refused(new Object[] {new float[] {1}, 2f}, "values[1] is not an array, but values[0] is");
        refused(new Object[] {new float[] {1}, new double[] {2}}, "values[1] is a double[], but values[0] is not");
        refused(new Object[] {1f, new float[] {2}}, "values[1] is a float[], but values[0] is a Float");
        refused(new String[] {"a"}, "a tensor cannot hold a String; pass numbers, booleans, or arrays or lists of them");
        assertThatThrownBy(() -> Torch.tensor(new float[][] {{1}, null})).isInstanceOf(NullPointerException.class)
                .hasMessage("values[1] is null");
        assertThatThrownBy(() -> Torch.tensor(new Float[][] {{null}})).isInstanceOf(NullPointerException.class)
                .hasMessage("values[0][0] is null");
    }

    private static void refused(Object values, String message) {
        assertThatThrownBy(() -> Torch.tensor(values)).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test void a_tensor_s_elements_come_back_in_every_type() {
        try (var scope = Scope.open()) {
            Tensor t = Torch.tensor(new float[][] {{0, 1}, {2, -3}}).t();
            assertThat(t.toIntArray()).containsExactly(0, 2, 1, -3);
            assertThat(t.toShortArray()).containsExactly((short) 0, (short) 2, (short) 1, (short) -3);
            assertThat(t.toBooleanArray()).containsExactly(false, true, true, true);
            assertThat(t.toArray()).isEqualTo(new float[][] {{0, 2}, {1, -3}});
            assertThat(t.to(DType.BFLOAT16).toArray()).isEqualTo(new float[][] {{0, 2}, {1, -3}});
            assertThat(Torch.zeros(2, 0).toArray()).isEqualTo(new float[2][0]);
            assertThatThrownBy(() -> t.to(DType.COMPLEX64).toArray()).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("Java has no type for complex64; convert the tensor with to() first");
        }
    }

    @Test void a_direct_buffer_and_its_tensor_share_memory() {
        try (var scope = Scope.open()) {
            var buffer = ByteBuffer.allocateDirect(32).order(ByteOrder.nativeOrder());
            buffer.asFloatBuffer().put(new float[] {1, 2, 3, 4, 5, 6, 7, 8});
            Tensor t = Torch.fromBuffer(buffer.position(8).limit(24), DType.FLOAT32, 2, 2);
            assertThat(t.toArray()).isEqualTo(new float[][] {{3, 4}, {5, 6}});
            t.mul_(10);
            assertThat(buffer.getFloat(8)).isEqualTo(30);
            assertThat(buffer.position()).isEqualTo(8);
            var back = t.asByteBuffer();
            assertThat(back.order()).isEqualTo(ByteOrder.nativeOrder());
            assertThat(back.putFloat(12, -1).remaining()).isEqualTo(16);
            assertThat(buffer.getFloat(20)).isEqualTo(-1);
        }
    }

    @Test void a_tensor_keeps_its_buffer_and_a_buffer_its_tensor_s_storage() {
        try (var scope = Scope.open()) {
            Tensor t = ofABufferThatNobodyHolds();
            ByteBuffer ones = ofATensorThatIsClosed();
            for (int i = 0; i < 5; i++) {
                System.gc();
                ByteBuffer.allocateDirect(1 << 20).put(new byte[1 << 20]);
            }
            assertThat(t.sum().itemLong()).isEqualTo(1 << 20);
            assertThat(ones.getFloat(0)).isEqualTo(1);
        }
    }

    private static Tensor ofABufferThatNobodyHolds() {
        var buffer = ByteBuffer.allocateDirect(1 << 20);
        for (int i = 0; i < buffer.capacity(); i++) buffer.put(i, (byte) 1);
        return Torch.fromBuffer(buffer, DType.UINT8, 1 << 20);
    }

    private static ByteBuffer ofATensorThatIsClosed() {
        try (var scope = Scope.open()) {
            return Torch.ones(1 << 18).asByteBuffer();
        }
    }

    @Test void a_buffer_that_cannot_be_shared_says_what_to_do() {
        refused(() -> Torch.fromBuffer(ByteBuffer.allocate(4), DType.UINT8, 4),
                "the buffer is on the Java heap, where the garbage collector moves it; use a direct buffer, or "
                        + "Torch.copyOf(MemorySegment.ofBuffer(buffer), …)");
        refused(() -> Torch.fromBuffer(ByteBuffer.allocateDirect(4).order(ByteOrder.BIG_ENDIAN), DType.FLOAT32, 1),
                "the byte order of the buffer is BIG_ENDIAN, but libtorch reads LITTLE_ENDIAN; set "
                        + "buffer.order(ByteOrder.nativeOrder()) before "
                        + "writing to it");
        refused(() -> Torch.fromBuffer(ByteBuffer.allocateDirect(4), DType.UINT8, 5),
                "a uint8 tensor of shape [5] needs a segment of 5 bytes, not 4");
        refused(() -> Torch.fromBuffer(ByteBuffer.allocateDirect(4).asReadOnlyBuffer(), DType.UINT8, 4),
                "the segment is read-only, but operators may write to a tensor; map a file with MapMode.PRIVATE, or use copyOf");
    }

    private static void refused(Supplier<Tensor> make, String message) {
        assertThatThrownBy(make::get).isInstanceOf(IllegalArgumentException.class).hasMessage(message);
    }

    @Test void tensors_are_compared_by_elements_only_on_request() {
        try (var scope = Scope.open()) {
            Tensor a = Torch.tensor(new double[] {1, 2}), b = a.clone(), near = a.mul(1 + 1e-6),
                    nan = Torch.tensor(new double[] {1, Double.NaN});
            assertThat(a).isNotEqualTo(b);
            assertThat(a.torchEquals(b)).isTrue();
            assertThat(a.torchEquals(near)).isFalse();
            assertThat(a.torchEquals(a.view(2, 1))).isFalse();
            assertThat(a.allClose(near)).isTrue();
            assertThat(a.allClose(near, 1e-7, 0)).isFalse();
            assertThat(nan.allClose(nan)).isFalse();
            assertThat(nan.allClose(nan, 0, 0, true)).isTrue();
        }
    }
}
