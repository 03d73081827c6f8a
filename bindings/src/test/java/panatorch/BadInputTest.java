package panatorch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import panatorch.junit.NoTensorLeaks;

/** Every wrong call ends in an exception with one clear sentence, leaves nothing behind, and does not spoil the next call. */
@NoTensorLeaks
class BadInputTest {
    private static final Class<? extends Throwable> TORCH = TorchException.class, ARGUMENT = IllegalArgumentException.class,
            STATE = IllegalStateException.class,
            NULL = NullPointerException.class;

    @FunctionalInterface
    private interface Code {
        void run() throws Exception;
    }

    /** @param says what the message begins with, and parts of it, in order */
    private record Wrong(String what, Class<? extends Throwable> error, Code code, String... says) {}

    @TestFactory Stream<DynamicTest> shapes_and_types() {
        return all(
                new Wrong("a product of unfitting matrices", TORCH, () -> f(2, 3).mm(f(4, 5)),
                        "aten::mm(self: float32 [2, 3], mat2: float32 [4, 5]): ", "cannot be multiplied"),
                new Wrong("a product of mixed types", TORCH, () -> f(2, 2).mm(f(2, 2).to(Device.CPU, DType.FLOAT64)),
                        "aten::mm(self: float32 [2, 2], mat2: float64 [2, 2]): ", "same dtype"),
                new Wrong("a vector as a matrix", TORCH, () -> f(3).mm(f(3)), "aten::mm(self: float32 [3], mat2: float32 [3]): ",
                        "must be a matrix"),
                new Wrong("a sum of unfitting shapes", TORCH, () -> f(2, 3).add(f(4)),
                        "aten::add.Tensor(self: float32 [2, 3], other: float32 [4]): ", "must match"),
                new Wrong("a convolution of a matrix", TORCH, () -> Aten.conv2d(f(2, 2), f(1, 1, 1, 1)),
                        "aten::conv2d(input: float32 [2, 2], weight: float32 [1, 1, 1, 1]): "),
                new Wrong("a convolution with unfitting channels", TORCH, () -> Aten.conv2d(f(1, 3, 4, 4), f(8, 4, 3, 3)), "aten::conv2d(",
                        "channels"),
                new Wrong("a kernel larger than the image", TORCH, () -> Aten.conv2d(f(1, 1, 2, 2), f(1, 1, 5, 5)), "aten::conv2d(",
                        "Kernel size"),
                new Wrong("a stride of zero", TORCH, () -> Aten.conv2d(f(1, 1, 4, 4), f(1, 1, 1, 1), null, new long[] {0, 0}),
                        "aten::conv2d(", "stride"),
                new Wrong("too many strides", TORCH, () -> Aten.conv2d(f(1, 1, 4, 4), f(1, 1, 1, 1), null, new long[] {1, 1, 1}),
                        "aten::conv2d(", "stride"),
                new Wrong("a view of another size", TORCH, () -> f(2, 3).view(7), "aten::view(self: float32 [2, 3]): ",
                        "invalid for input of size 6"),
                new Wrong("a view of what is not contiguous", TORCH, () -> f(2, 3).t().view(6), "aten::view(self: float32 [3, 2]): ",
                        "view size is not compatible"),
                new Wrong("concatenating unfitting shapes", TORCH, () -> Aten.cat(List.of(f(2, 3), f(3, 2)), 0),
                        "aten::cat(tensors: [float32 [2, 3], float32 [3, 2]])",
                        "Sizes of tensors must match"),
                new Wrong("concatenating nothing", TORCH, () -> Aten.cat(List.of(), 0), "aten::cat", "non-empty"),
                new Wrong("stacking unfitting shapes", TORCH, () -> Aten.stack(List.of(f(2), f(3)), 0),
                        "aten::stack(tensors: [float32 [2], float32 [3]])", "equal size"),
                new Wrong("multiplying unfitting shapes by a formula", TORCH, () -> Aten.einsum("ij,jk->ik", List.of(f(2, 3), f(4, 5))),
                        "aten::einsum(tensors: [float32 [2, 3], float32 [4, 5]])"),
                new Wrong("stacking twelve", TORCH, () -> Aten.stack(java.util.Collections.nCopies(12, f(2)), 3),
                        "aten::stack(tensors: [float32 [2], ", "and 4 more]"),
                new Wrong("a dimension that is not there", TORCH, () -> f(2, 3).sum(5), "aten::sum.dim_IntList(self: float32 [2, 3]): ",
                        "Dimension out of range"),
                new Wrong("a dimension twice", TORCH, () -> f(2, 3).sum(0, 0), "aten::sum.dim_IntList(", "appears multiple times"),
                new Wrong("an element that is not there", TORCH, () -> f(3).select(0, 3), "aten::select.int(", "out of range"),
                new Wrong("a size that is not there", IndexOutOfBoundsException.class, () -> f(3).size(1),
                        "dimension 1 is out of range for a tensor of shape [3]"),
                new Wrong("a number of many elements", TORCH, () -> f(3).item(), "aten::item(self: float32 [3]): ",
                        "cannot be converted to Scalar"),
                new Wrong("an index out of an embedding's range", TORCH, () -> Aten.embedding(f(4, 2), Torch.tensor(new long[] {4})),
                        "aten::embedding(weight: float32 [4, 2], indices: int64 [1]): ", "out of range"),
                new Wrong("a negative index into an embedding", TORCH, () -> Aten.embedding(f(4, 2), Torch.tensor(new long[] {-1})),
                        "aten::embedding(", "out of range"),
                new Wrong("a float as an index", TORCH, () -> f(4, 2).gather(0, f(1, 2)), "aten::gather(", "int64"),
                new Wrong("an index out of gather's range", TORCH, () -> f(4, 2).gather(0, Torch.tensor(new long[] {9}, 1, 1)),
                        "aten::gather(", "out of bounds"),
                new Wrong("a class that is not there", TORCH, () -> f(2, 3).crossEntropyLoss(Torch.tensor(new long[] {0, 3})),
                        "aten::cross_entropy_loss(", "out of bounds"),
                new Wrong("targets of another batch", TORCH, () -> f(2, 3).crossEntropyLoss(Torch.tensor(new long[] {0})),
                        "aten::cross_entropy_loss(", "batch"),
                new Wrong("a device that this libtorch was not built for", TORCH, () -> f(2, 2).to(new Device(Device.Type.XPU, 0)),
                        "aten::to.dtype_layout(self: float32 [2, 2]): ", "Could not run", "is only available for these backends"),
                new Wrong("truth values' mean", TORCH, () -> f(2).gt(0).mean(), "aten::mean(self: bool [2]): "),
                new Wrong("whole numbers' gradient", TORCH, () -> Torch.tensor(new long[] {1}).requiresGrad_(true), "aten::requires_grad_",
                        "floating point"),
                new Wrong("a fraction added to whole numbers in place", TORCH, () -> Torch.tensor(new long[] {1}).add_(f(1)),
                        "aten::add_.Tensor(", "can't be cast"),
                new Wrong("a drop probability above one", TORCH, () -> Aten.dropout(f(2), 1.5, true), "aten::dropout(",
                        "dropout probability"),
                new Wrong("an inverse of a singular matrix", TORCH, () -> Torch.zeros(DType.FLOAT32, 2, 2).inverse(), "aten::inverse(",
                        "singular"));
    }

    @TestFactory Stream<DynamicTest> arguments_that_Java_can_judge() {
        return all(
                new Wrong("null for a tensor", NULL, () -> f(1).add((Tensor) null), "argument 'other' of aten::add.Tensor is null"),
                new Wrong("null for a number", NULL, () -> f(1).add((Number) null), "argument 'other' of aten::add.Scalar is null"),
                new Wrong("null for a list", NULL, () -> Aten.cat(null, 0), "argument 'tensors' of aten::cat is null"),
                new Wrong("null for a shape", NULL, () -> f(1).view((long[]) null), "argument 'size' of aten::view is null"),
                new Wrong("null in a list", NULL, () -> Aten.cat(Arrays.asList(f(1), null), 0),
                        "element 1 of a list argument of aten::cat is null"),
                new Wrong("null in a list of numbers", NULL, () -> Aten._foreachMulScalarList(List.of(f(1), f(1)), Arrays.asList(1, null)),
                        "element 1 of a list argument of aten::_foreach_mul.ScalarList is null"),
                new Wrong("a closed tensor", STATE, () -> closed().numel(), "this tensor is closed"),
                new Wrong("a closed tensor's operator", STATE, () -> closed().relu(), "argument 'self' of aten::relu is closed"),
                new Wrong("a closed argument", STATE, () -> f(1).add(closed()), "argument 'other' of aten::add.Tensor is closed"),
                new Wrong("a closed tensor in a list", STATE, () -> Aten.cat(List.of(f(1), closed()), 0),
                        "element 1 of a list argument of aten::cat is closed"),
                new Wrong("a closed tensor kept", STATE, () -> closed().escape(), "this tensor is closed"),
                new Wrong("a closed generator", STATE, BadInputTest::closedGenerator, "this native object is closed"),
                new Wrong("values that do not fill the shape", ARGUMENT, () -> Torch.tensor(new float[] {1, 2, 3}, 2, 2),
                        "shape [2, 2] needs 4 values, not 3"),
                new Wrong("a negative size", ARGUMENT, () -> Torch.tensor(new float[] {1}, -1, -1), "a negative size in shape [-1, -1]"),
                new Wrong("a negative size of zeros", TORCH, () -> Torch.zeros(DType.FLOAT32, -2), "aten::zeros", "must be non-negative"),
                new Wrong("a petabyte", TORCH, () -> Torch.zeros(DType.FLOAT32, 1L << 48),
                        "aten::zeros(): DefaultCPUAllocator: can't allocate memory: you tried to allocate 1125899906842624 bytes"),
                new Wrong("more bytes than there are numbers", TORCH, () -> Torch.zeros(DType.FLOAT64, 1L << 62), "aten::zeros",
                        "overflow"),
                new Wrong("no threads", ARGUMENT, () -> Torch.setNumThreads(0), "the number of threads must be from 1 to 1024, not 0"),
                new Wrong("a million threads", ARGUMENT, () -> Torch.setNumThreads(1_000_000),
                        "the number of threads must be from 1 to 1024, not 1000000"),
                new Wrong("a device nobody knows", ARGUMENT, () -> Device.of("abacus:1"), "not a device: 'abacus:1'"),
                new Wrong("autocast to float64", ARGUMENT, () -> Autocast.enter(Device.Type.CPU, DType.FLOAT64),
                        "the dtype of autocast must be bfloat16 or float16, not float64"),
                new Wrong("a generator's state of another kind", TORCH, BadInputTest::wrongState, "RNG state must be a torch.ByteTensor"));
    }

    @TestFactory Stream<DynamicTest> calls_by_name() {
        return all(
                new Wrong("an operator that is not there", TORCH, () -> Operators.call("aten::frobnicate", f(1)),
                        "libtorch has no operator aten::frobnicate."),
                new Wrong("an overload that is not there", TORCH, () -> Operators.call("aten::add.Matrix", f(1)),
                        "libtorch has no operator aten::add.Matrix."),
                new Wrong("no name space", TORCH, () -> Operators.call("add", f(1)), "libtorch has no operator add."),
                new Wrong("no name", TORCH, () -> Operators.call("", f(1)), "libtorch has no operator ."),
                new Wrong("too few arguments", ARGUMENT, () -> Operators.call("aten::add.Tensor", f(1)),
                        "aten::add.Tensor takes 3 arguments [Tensor self, Tensor other, ", "not 1"),
                new Wrong("too many arguments", ARGUMENT, () -> Operators.call("aten::relu", f(1), 2),
                        "aten::relu takes 1 arguments [Tensor self], not 2"),
                new Wrong("an argument of another kind", ARGUMENT, () -> Operators.call("aten::relu", "x"),
                        "argument 'self' of aten::relu must be a Tensor, not a String"),
                new Wrong("a fraction for a whole number", ARGUMENT, () -> Operators.call("aten::select.int", f(1), 0.5, 0),
                        "argument 'dim' of aten::select.int must be a int, not a Double"),
                new Wrong("a fraction in a shape", ARGUMENT, () -> Operators.call("aten::view", f(1), List.of(0.5)),
                        "argument 'size' of aten::view must be a int[], not a List"),
                new Wrong("a string in a list of tensors", ARGUMENT, () -> Operators.call("aten::cat", List.of(f(1), "x"), 0),
                        "argument 'tensors' of aten::cat must be a Tensor[], not a List"),
                new Wrong("null where a tensor must be", NULL, () -> Operators.call("aten::relu", new Object[] {null}),
                        "argument 'self' of aten::relu is null"),
                new Wrong("a closed tensor", STATE, () -> Operators.call("aten::relu", closed()),
                        "argument 'self' of aten::relu is closed"));
    }

    @TestFactory Stream<DynamicTest> gradients() {
        return all(
                new Wrong("backward of what needs no gradient", TORCH, () -> f(2).sum().backward(), "backward(self: float32 []): ",
                        "does not require grad"),
                new Wrong("backward of many elements", TORCH, () -> leaf().mul(2).backward(), "backward(self: float32 [2]): ",
                        "scalar outputs"),
                new Wrong("backward twice", TORCH, BadInputTest::backwardTwice, "backward(self: float32 []): ", "second time"),
                new Wrong("a gradient of another shape", TORCH, () -> Autograd.backward(leaf().mul(2), f(3), false, false), "backward(",
                        "shape"),
                new Wrong("a saved tensor changed in place", TORCH, BadInputTest::savedChanged, "backward(",
                        "modified by an inplace operation"),
                new Wrong("a leaf changed in place", TORCH, () -> leaf().add_(1), "aten::add_.Scalar(",
                        "a leaf Variable that requires grad"),
                new Wrong("a view of a leaf changed in place", TORCH, () -> leaf().select(0, 0).zero_(), "aten::zero_(", "a leaf Variable"),
                new Wrong("a gradient of a result detached", TORCH, BadInputTest::detached, "backward(", "does not require grad"),
                new Wrong("a gradient of another shape set", ARGUMENT, () -> leaf().setGrad(f(3)),
                        "the gradient must have the tensor's type, shape and device, float32 [2] on cpu, but it is float32 [3] on cpu"),
                new Wrong("a gradient of another type set", ARGUMENT, () -> leaf().setGrad(Torch.zeros(DType.FLOAT64, 2)),
                        "the gradient must have the tensor's type, shape and device, float32 [2] on cpu, but it is float64 [2] on cpu"));
    }

    @TestFactory Stream<DynamicTest> memory() {
        return all(
                new Wrong("a segment of Java's heap", ARGUMENT, () -> Torch.fromBlob(MemorySegment.ofArray(new float[4]), DType.FLOAT32, 4),
                        "the segment is on the Java heap"),
                new Wrong("a segment too small", ARGUMENT, () -> blob(15, 0, DType.FLOAT32, 4),
                        "a float32 tensor of shape [4] needs a segment of 16 bytes, not 15"),
                new Wrong("a segment too large", ARGUMENT, () -> blob(20, 0, DType.FLOAT32, 4),
                        "a float32 tensor of shape [4] needs a segment of 16 bytes, not 20"),
                new Wrong("a segment that is not aligned", ARGUMENT, () -> blob(16, 1, DType.FLOAT32, 4),
                        "the segment is not aligned for float32"),
                new Wrong("a negative shape of a segment", ARGUMENT, () -> blob(16, 0, DType.FLOAT32, -4), "a negative size in shape [-4]"),
                new Wrong("a shape whose size overflows", ARGUMENT, () -> blob(16, 0, DType.FLOAT32, 1L << 40, 1L << 40),
                        "too many elements in shape [1099511627776, 1099511627776]"),
                new Wrong("a segment whose arena is closed", STATE, BadInputTest::closedArena, "the segment's arena is closed"),
                new Wrong("a read-only segment", ARGUMENT,
                        () -> Torch.fromBlob(Arena.ofAuto().allocate(16, 16).asReadOnly(), DType.FLOAT32, 4), "the segment is read-only"),
                new Wrong("the memory of what is not contiguous", STATE, () -> f(2, 3).t().data(),
                        "the tensor is not contiguous; call contiguous() first. It has shape [3, 2] and strides [1, 3]"),
                new Wrong("the memory of a conjugated view", STATE, () -> Aten.complex(f(2), f(2)).conj().data(),
                        "the memory of a conjugated or negated view holds other numbers"),
                new Wrong("the memory of a sparse tensor", STATE, () -> f(2, 2).toSparse().data(), "the tensor is not contiguous"),
                new Wrong("the memory of a meta tensor", STATE,
                        () -> Aten.zeros(new long[] {2}, DType.FLOAT32, null, Device.META, null).data(),
                        "Java cannot read the memory of a tensor on meta"),
                new Wrong("the elements of a meta tensor", TORCH,
                        () -> Aten.zeros(new long[] {2}, DType.FLOAT32, null, Device.META, null).toFloatArray(), "aten::", "meta"),
                new Wrong("the memory of a closed tensor", STATE, () -> closed().data(), "this tensor is closed"),
                new Wrong("bytes that are not the tensor's", ARGUMENT,
                        () -> Torch.copyOf(MemorySegment.ofArray(new byte[7]), DType.FLOAT32, 2),
                        "a float32 tensor of shape [2] needs 8 bytes, not 7"));
    }

    private static Stream<DynamicTest> all(Wrong... wrong) {
        return Arrays.stream(wrong).map(w -> DynamicTest.dynamicTest(w.what(), () -> fails(w)));
    }

    private static void fails(Wrong w) {
        long before = Torch.liveTensors();
        try (var scope = Scope.open()) {
            Throwable e = catchThrowable(w.code()::run);
            assertThat(e).as(w.what()).isInstanceOf(w.error());
            String message = e.getMessage();
            assertThat(message).isNotBlank().doesNotContain("\n", "Exception raised from", ".cpp", "c10::").startsWith(w.says()[0])
                    .containsSubsequence(w.says());
            assertThat(f(2, 2).mm(f(2, 2)).sum().itemFloat()).as("the next call").isEqualTo(8);
            assertThat(NoGrad.isGradEnabled()).isTrue();
        }
        assertThat(Torch.liveTensors()).isEqualTo(before);
    }

    private static Tensor f(long... shape) { return Torch.ones(DType.FLOAT32, shape); }

    private static Tensor leaf() { return f(2).requiresGrad_(true); }

    private static Tensor closed() {
        Tensor t = f(1);
        t.close();
        return t;
    }

    private static void blob(long bytes, long offset, DType type, long... shape) {
        try (var arena = Arena.ofConfined()) {
            Torch.fromBlob(arena.allocate(bytes + offset, 16).asSlice(offset), type, shape);
        }
    }

    private static void closedArena() {
        MemorySegment segment;
        try (var arena = Arena.ofConfined()) {
            segment = arena.allocate(16, 16);
        }
        Torch.fromBlob(segment, DType.FLOAT32, 4);
    }

    private static void closedGenerator() {
        var g = Generator.of(1);
        g.close();
        Aten.bernoulli(f(2), g);
    }

    private static void wrongState() {
        try (var g = Generator.of(1)) {
            g.setState(f(3));
        }
    }

    private static void backwardTwice() {
        Tensor x = leaf(), loss = x.mul(x).sum();
        loss.backward();
        loss.backward();
    }

    private static void savedChanged() {
        Tensor x = leaf().mul(1), y = x.mul(x);
        x.add_(1);
        y.sum().backward();
    }

    private static void detached() { leaf().detach().sum().backward(); }
}
