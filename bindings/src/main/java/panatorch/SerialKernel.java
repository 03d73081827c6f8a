package panatorch;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import org.bytedeco.pytorch.DispatchKeySet;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.SafeKernelFunction;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import panatorch.internal.library.OpenBlas;
import panatorch.internal.libtorch.Borrowed;
import panatorch.internal.libtorch.CApi;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.Quietly;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Registrations;
import panatorch.internal.libtorch.Tag;
import panatorch.internal.threads.Cores;

/**
 * Wraps a libtorch CPU kernel so that OpenBLAS runs single-threaded inside it; see {@link OpenBlas}. Attention in bfloat16 and float16 is
 * computed in float32, as OpenBLAS has no products of those types: libtorch's own loops took 24 times as long over 2048 tokens.
 */
final class SerialKernel {
    /**
     * The wrapped operators. The value is the number of leading results that are rounded back if the operator is computed in float32;
     * attention's sums of exponentials are float32 anyway. LU decompositions need much stack unless OpenBLAS has one thread. Attention
     * computes products on each thread of a parallel region. Convolutions of doubles do so, too, but their operators also compute single
     * images in float, which is faster on all threads.
     */
    private static final Map<String, Integer> OPERATORS = Map.of("linalg_lu_factor_ex", 0, "linalg_lu_factor_ex.out", 0,
            "_scaled_dot_product_flash_attention_for_cpu", 1, "_scaled_dot_product_flash_attention_for_cpu_backward", 3);
    private static final String KEY = "CPU";
    /** The kernels by the address of libtorch's definition of their operator, to which an operator handle points. */
    private static final Map<Long, SerialKernel> KERNELS = new HashMap<>();

    private final OperatorHandle operator;
    private final SafeKernelFunction kernel;
    /** The key that the kernel is called with; it ignores it. */
    private final DispatchKeySet keys = new DispatchKeySet(torch.DispatchKey.CPU);
    private final String name;
    private final int arguments, results, rounded;

    private SerialKernel(Operator operator, int rounded) {
        this.rounded = rounded;
        this.operator = operator.handle();
        kernel = this.operator.getComputedKernelForDispatchKey(torch.DispatchKey.CPU);
        name = operator.qualified();
        arguments = operator.schema().parameters().size();
        results = operator.schema().results().size();
    }

    /** Replaces libtorch's kernels. Call it before any operator, as libtorch's table must not be read meanwhile. */
    static void register() {
        if (!OpenBlas.isLoaded()) return;
        MemorySegment stub = Registrations.stub(MethodHandles.lookup());
        Quietly.run(() -> { // libtorch warns of a kernel that takes another's place
            OPERATORS.forEach((operator, rounded) -> {
                var op = new Operator("aten::" + operator);
                KERNELS.put(Memory.getLong(op.handle().address()), new SerialKernel(op, rounded));
                Registrations.implement(op.handle(), op.name(), op.overload(), KEY, stub);
            });
        });
    }

    @SuppressWarnings("unused") private static void upcall(long functor, long handle, long keys, long stack) {
        Objects.requireNonNull(KERNELS.get(Memory.getLong(handle))).call(stack);
    }

    private void call(long stack) {
        long below = DispatcherStack.size(stack) - arguments;
        try {
            ThreadContext context = ThreadContext.current();
            DType type = rounded > 0 ? type(DispatcherStack.address(stack, below), context) : null;
            if (type != DType.BFLOAT16 && type != DType.FLOAT16) onOneThread(stack, context);
            else context.within(() -> inFloat(stack, below, type, context));
        } catch (Throwable t) {
            DispatcherStack.leaveNones(stack, below, results);
            ThreadContext.current().upcalls.failed(name, t instanceof RuntimeException e ? new NativeErrors.InKernel(e) : t);
        }
    }

    private void onOneThread(long stack, ThreadContext context) { Cores.serial(context.caller, () -> compute(stack)); }

    private void compute(long stack) { kernel.callBoxed(operator, keys, new IValueVector(Borrowed.at(stack))); }

    private long inFloat(long stack, long below, DType type, ThreadContext context) {
        try (var guard = BelowAutograd.enter()) {
            convert(stack, below, arguments, type, DType.FLOAT32, context);
            onOneThread(stack, context);
            convert(stack, below, rounded, DType.FLOAT32, type, context);
        }
        return stack;
    }

    /** Converts the tensors of one type among {@code count} values to another. */
    private static void convert(long stack, long from, int count, DType type, DType other, ThreadContext context) {
        for (int i = 0; i < count; i++) {
            long at = DispatcherStack.address(stack, from + i), impl = Memory.getLong(at);
            if (type(at, context) != type) continue;
            References.retain(impl);
            Memory.setLong(at, context.adopt(impl).to(other).shareImpl());
            References.releaseShared(impl);
        }
    }

    /** Returns the element type of a value, or null if it is not a tensor. */
    private static @Nullable DType type(long value, ThreadContext context) {
        long impl = Memory.getLong(value);
        if (DispatcherStack.tagAt(value) != Tag.TENSOR || References.isUndefinedTensor(impl)) return null;
        Memory.setLong(context.handle, impl);
        return DType.ofCode(CApi.dtype(context.handle, context.result));
    }
}
