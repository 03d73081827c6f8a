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
 * Wraps a libtorch CPU kernel so that OpenBLAS, or all of it, runs single-threaded; see {@link OpenBlas}. Attention in bfloat16 and float16
 * is computed in float32, as OpenBLAS has no products of those types: libtorch's own loops took 24 times as long over 2048 tokens.
 */
final class SerialKernel {
    /** When a kernel is run with one thread of OpenBLAS, or of OpenMP, by its arguments. */
    private enum When {
        ALWAYS {
            @Override boolean holds(long first, long handle, long out) { return true; }
        },
        /** Images [N, C, H, W] with N &gt; 1, each of which is computed by one thread of a parallel region. */
        SEVERAL_IMAGES {
            @Override boolean holds(long first, long handle, long out) {
                return CApi.dim(handle, out) == 4 && Memory.getLong(CApi.sizes(handle, out)) > 1;
            }
        },
        /** Matrices of fewer than 256 rows or columns, in which several threads wait for each other most of the time. */
        SMALL_MATRICES {
            @Override boolean holds(long first, long handle, long out) {
                long dims = CApi.dim(handle, out), last = CApi.sizes(handle, out) + 8 * (dims - 1);
                return dims >= 2 && Math.min(Memory.getLong(last), Memory.getLong(last - 8)) < SMALL;
            }
        },
        /** Batches of matrices of fewer than 32 rows. */
        BATCHES_OF_SMALL {
            @Override boolean holds(long first, long handle, long out) {
                long dims = CApi.dim(handle, out);
                return dims > 2 && Memory.getLong(CApi.sizes(handle, out) + 8 * (dims - 1)) < TINY;
            }
        },
        /**
         * Recurrent layers of few multiplications a time step. oneDNN lets all threads wait for each other after each step: 16 steps of 8
         * rows of 32 features took three times as long on two threads as on one.
         */
        SHORT_STEPS {
            @Override boolean holds(long first, long handle, long out) {
                if (CApi.dim(handle, out) < 2) return false;
                long rows = Memory.getLong(CApi.sizes(handle, out) + 8), weights = 0;
                for (int i = 1; i <= 2; i++) {
                    long weight = DispatcherStack.next(first, i);
                    if (!isTensor(weight)) return false;
                    Memory.setLong(handle, Memory.getLong(weight));
                    weights += CApi.numel(handle, out);
                }
                return rows * weights < LONG_STEP;
            }
        };

        private static final int SMALL = 256, TINY = 32, LONG_STEP = 1_500_000;

        /**
         * @param first address of the first argument
         * @param handle address of a handle of the first argument
         */
        abstract boolean holds(long first, long handle, long out);
    }

    /**
     * How an operator is wrapped.
     *
     * @param rounded number of leading results that are rounded back if the operator is computed in float32; attention's sums of
     * exponentials are float32 anyway
     */
    private record Wrapping(When when, int rounded) {}

    /**
     * The wrapped operators. LU decompositions need much stack unless OpenBLAS has one thread. Attention computes products on each thread
     * of a parallel region, as do convolutions in float64 of several images: two images took 18 times as long on two threads as on one.
     */
    private static final Map<String, Wrapping> OPERATORS = new HashMap<>();

    static {
        wrap(When.ALWAYS, "linalg_lu_factor_ex", "linalg_lu_factor_ex.out");
        wrap(When.SEVERAL_IMAGES, "_slow_conv2d_forward", "_slow_conv2d_forward.output", "_slow_conv2d_backward.grad_input",
                "_slow_conv2d_backward.output_mask", "slow_conv_transpose2d", "slow_conv_transpose2d.out");
        wrap(When.SMALL_MATRICES, "linalg_qr", "linalg_qr.out", "linalg_lstsq", "linalg_lstsq.out", "_linalg_svd", "_linalg_svd.U");
        wrap(When.BATCHES_OF_SMALL, "linalg_lu_solve", "linalg_lu_solve.out");
        wrap(When.SHORT_STEPS, "mkldnn_rnn_layer", "mkldnn_rnn_layer_backward");
        OPERATORS.put("_scaled_dot_product_flash_attention_for_cpu", new Wrapping(When.ALWAYS, 1));
        OPERATORS.put("_scaled_dot_product_flash_attention_for_cpu_backward", new Wrapping(When.ALWAYS, 3));
    }

    private static void wrap(When when, String... operators) {
        for (String operator : operators) OPERATORS.put(operator, new Wrapping(when, 0));
    }

    private static final String KEY = "CPU";
    /** The kernels by the address of libtorch's definition of their operator, to which an operator handle points. */
    private static final Map<Long, SerialKernel> KERNELS = new HashMap<>();

    private final OperatorHandle operator;
    private final SafeKernelFunction kernel;
    /** The key that the kernel is called with; it ignores it. */
    private final DispatchKeySet keys = new DispatchKeySet(torch.DispatchKey.CPU);
    private final String name;
    private final When when;
    private final int arguments, results, rounded;

    private SerialKernel(Operator operator, Wrapping wrapping) {
        when = wrapping.when;
        rounded = wrapping.rounded;
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
            OPERATORS.forEach((operator, wrapping) -> {
                var op = new Operator("aten::" + operator);
                KERNELS.put(Memory.getLong(op.handle().address()), new SerialKernel(op, wrapping));
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
            if (!holds(DispatcherStack.address(stack, below), context)) compute(stack);
            else if (type != DType.BFLOAT16 && type != DType.FLOAT16) onOneThread(stack, context);
            else context.within(() -> inFloat(stack, below, type, context));
        } catch (Throwable t) {
            DispatcherStack.leaveNones(stack, below, results);
            ThreadContext.current().upcalls.failed(name, t instanceof RuntimeException e ? new NativeErrors.InKernel(e) : t);
        }
    }

    private static boolean isTensor(long value) {
        return DispatcherStack.tagAt(value) == Tag.TENSOR && !References.isUndefinedTensor(Memory.getLong(value));
    }

    private boolean holds(long first, ThreadContext context) {
        if (!isTensor(first)) return true;
        Memory.setLong(context.handle, Memory.getLong(first));
        return when.holds(first, context.handle, context.result);
    }

    private void onOneThread(long stack, ThreadContext context) {
        if (when == When.SHORT_STEPS) Cores.onOne(() -> compute(stack));
        else Cores.serial(context.caller, () -> compute(stack));
    }

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
        if (!isTensor(value)) return null;
        Memory.setLong(context.handle, Memory.getLong(value));
        return DType.ofCode(CApi.dtype(context.handle, context.result));
    }
}
