package panatorch;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import org.bytedeco.pytorch.DispatchKeySet;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.OperatorHandle;
import org.bytedeco.pytorch.SafeKernelFunction;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.BatchedProducts;
import panatorch.internal.libtorch.Borrowed;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.NativeLists;
import panatorch.internal.libtorch.Quietly;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Registrations;
import panatorch.internal.libtorch.SplitTransform;
import panatorch.internal.libtorch.Tag;

/**
 * Wraps a libtorch kernel that would access memory out of bounds or loop endlessly for some values of its arguments, which
 * {@link UnsafeValues} lists, or that is slow for some ({@link BatchedProducts}, {@link SplitTransform}). {@link ArgumentChecks} run before
 * the call from Java; this check runs before the kernel itself, since composite operators and derivative formulas also call kernels.
 */
final class CheckedKernel {
    /** The kernels by the address of libtorch's definition of their operator, to which an operator handle points. */
    private static final Map<Long, CheckedKernel> KERNELS = new HashMap<>();

    private final OperatorHandle operator;
    private final SafeKernelFunction kernel;
    private final DispatchKeySet keys;
    private final Check check;
    private final String name;
    private final int arguments, results;

    /**
     * A check that runs before a kernel. It throws if the kernel must not be called with the arguments, replaces arguments, or returns the
     * result itself.
     *
     * @param operator name of the operator without {@code aten::}
     * @param key dispatch key of the kernel, as PyTorch names it
     * @param work looks at the arguments at little cost, and returns what is to be done, or null if that is nothing
     * @param computes whether the work is the computation itself, so that the thread stays a caller inside libtorch meanwhile
     */
    record Check(String operator, String key, Function<KernelArguments, @Nullable Supplier<@Nullable Tensor>> work, boolean computes) {
        Check(String operator, String key, Function<KernelArguments, @Nullable Tensor> before) {
            this(operator, key, given -> () -> before.apply(given), false);
        }
    }

    /** The arguments on libtorch's stack, by their index in the schema. */
    record KernelArguments(long stack, long below, ThreadContext context) {
        Tensor tensor(int i) {
            long impl = Memory.getLong(address(i));
            References.retain(impl);
            return context.adopt(impl);
        }

        long integer(int i) { return Memory.getLong(address(i)); }

        /** Returns the argument, or null if it is none. */
        @Nullable String string(int i) {
            return DispatcherStack.tagAt(address(i)) == Tag.NONE ? null : NativeLists.string(integer(i));
        }

        long[] integers(int i) {
            var values = new long[NativeLists.size(integer(i))];
            for (int k = 0; k < values.length; k++) values[k] = NativeLists.payload(integer(i), k);
            return values;
        }

        void replace(int i, Tensor by) {
            long at = address(i), impl = Memory.getLong(at);
            Memory.setLong(at, by.shareImpl());
            References.releaseShared(impl);
        }

        /** Returns the tensor's own object, which stays the stack's. */
        long impl(int i) {
            return Memory.getLong(address(i));
        }

        private long address(int i) { return DispatcherStack.address(stack, below + i); }
    }

    private CheckedKernel(Operator operator, Check check) {
        this.check = check;
        this.operator = operator.handle();
        short key = torch.parseDispatchKey(check.key); // JavaCPP's numbers of those after the devices' are wrong
        keys = new DispatchKeySet(key);
        kernel = this.operator.getComputedKernelForDispatchKey(key);
        name = operator.qualified();
        arguments = operator.schema().parameters().size();
        results = operator.schema().results().size();
    }

    /** Wraps libtorch's kernels. Call it before any operator, as libtorch's table must not be read meanwhile. */
    static void register() {
        MemorySegment stub = Registrations.stub(MethodHandles.lookup());
        Quietly.run(() -> { // libtorch warns of a kernel that takes another's place
            for (Check check : UnsafeValues.CHECKS) register(check, stub);
            if (!BatchedProducts.areThere()) return; // MKL has fast ways of its own
            register(new Check("bmm", "CPU", CheckedKernel::products, true), stub);
            for (String name : List.of("_fft_r2c", "_fft_c2r", "_fft_c2c")) {
                var split = new SplitTransform("aten::" + name, 4);
                register(new Check(name, "CPU", a -> transform(split, a), true), stub);
            }
        });
    }

    private static void register(Check check, MemorySegment stub) {
        var op = new Operator("aten::" + check.operator);
        KERNELS.put(Memory.getLong(op.handle().address()), new CheckedKernel(op, check));
        Registrations.implement(op.handle(), op.name(), op.overload(), check.key, stub);
    }

    private static @Nullable Supplier<@Nullable Tensor> products(KernelArguments a) {
        BatchedProducts products = BatchedProducts.of(a.impl(0), a.impl(1), a.context.handle);
        return products == null ? null : () -> {
            Tensor result = Aten.empty(products.shape(), products.isDouble() ? DType.FLOAT64 : DType.FLOAT32);
            long impl = result.shareImpl();
            products.into(impl, a.context.handle);
            References.releaseShared(impl);
            return result;
        };
    }

    private static @Nullable Supplier<@Nullable Tensor> transform(SplitTransform split, KernelArguments a) {
        int dimension = split.dimension(a.impl(0), a.integer(1), a.context.handle);
        return dimension < 0 ? null : () -> {
            List<Tensor> parts = a.tensor(0).chunk(Torch.numThreads(), dimension);
            long[] impls = parts.stream().mapToLong(Tensor::shareImpl).toArray();
            try {
                return Aten.cat(Arrays.stream(split.transform(impls, a.address(0))).mapToObj(a.context::adopt).toList(), dimension);
            } finally {
                for (long impl : impls) References.releaseShared(impl);
            }
        };
    }

    @SuppressWarnings("unused") private static void upcall(long functor, long handle, long keys, long stack) {
        Objects.requireNonNull(KERNELS.get(Memory.getLong(handle))).call(stack);
    }

    private void call(long stack) {
        long below = DispatcherStack.size(stack) - arguments;
        ThreadContext context = ThreadContext.current();
        try {
            Supplier<@Nullable Tensor> work = check.work.apply(new KernelArguments(stack, below, context));
            long result = work == null ? 0 : check.computes ? context.within(() -> run(work)) : context.calledBack(() -> run(work));
            if (result == 0) kernel.callBoxed(operator, keys, new IValueVector(Borrowed.at(stack)));
            else DispatcherStack.leaveTensor(stack, below, result);
        } catch (Throwable t) {
            DispatcherStack.leaveNones(stack, below, results);
            context.upcalls.failed(name, t instanceof RuntimeException e ? new NativeErrors.InKernel(e) : t);
        }
    }

    /** Does a check's work, and returns a reference to the result if it has one, otherwise 0. */
    private static long run(Supplier<@Nullable Tensor> work) {
        try (var guard = BelowAutograd.enter()) {
            Tensor result = work.get();
            return result == null ? 0 : result.shareImpl();
        }
    }
}
