package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.ref.Reference;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.Registrations;

/**
 * A kernel written in Java, in the form in which libtorch calls it: the arguments are on top of a stack, where the kernel leaves the
 * results.
 */
final class JavaKernel {
    private final Operator operator;
    private final OperatorLibrary.Kernel kernel;
    private final boolean belowAutograd;
    private final int arguments;
    private final List<OperatorSchema.Parameter> results;
    /** The native function that libtorch calls; null after {@link #close}. */
    private volatile @Nullable MemorySegment stub;

    JavaKernel(Operator operator, OperatorLibrary.Kernel kernel, boolean belowAutograd) {
        this.operator = operator;
        this.kernel = kernel;
        this.belowAutograd = belowAutograd;
        arguments = operator.schema().parameters().size();
        results = operator.schema().results();
        try {
            var upcall = MethodHandles.lookup().bind(this, "upcall",
                    MethodType.methodType(void.class, long.class, long.class, long.class, long.class));
            stub = Registrations.stub(upcall, Arena.ofAuto());
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    MemorySegment stub() {
        MemorySegment s = stub;
        if (s == null) throw new IllegalStateException("this kernel is closed");
        return s;
    }

    /** Lets the garbage collector free the native function, once the last call of it has returned. */
    void close() {
        stub = null;
    }

    private void upcall(long functor, long handle, long keys, long stack) {
        MemorySegment inUse = stub;
        long below = DispatcherStack.size(stack) - arguments;
        ThreadContext context = null;
        try {
            context = ThreadContext.current();
            context.upcalls.checkDepth();
            call(context, stack);
        } catch (Throwable t) {
            failed(context, t, stack, below);
        } finally {
            Reference.reachabilityFence(inUse);
        }
    }

    /** Leaves none as every result, so that code in libtorch that needs a tensor reports an error instead of continuing. */
    private void failed(@Nullable ThreadContext context, Throwable t, long stack, long below) {
        DispatcherStack.leaveNones(stack, below, results.size());
        if (context != null) context.upcalls.failed("a kernel of " + operator.qualified(), t);
    }

    private void call(ThreadContext context, long stack) {
        context.calledBack(() -> {
            try (var guard = belowAutograd ? BelowAutograd.enter() : null) {
                push(kernel.compute(new OperatorArguments(operator, take(stack))), stack);
            }
            return stack;
        });
    }

    private @Nullable Object[] take(long stack) {
        Call call = Call.moving(operator);
        call.stack.moveFrom(stack, arguments);
        var values = new @Nullable Object[arguments];
        try {
            for (int i = 0; i < arguments; i++) values[i] = Values.take(call, i);
        } catch (RuntimeException e) {
            throw call.abort(e);
        }
        call.end();
        return values;
    }

    private void push(@Nullable Object returned, long stack) {
        var values = values(returned);
        var converted = new Object[values.length];
        for (int i = 0; i < values.length; i++) converted[i] = checked(i, values[i]);
        Call call = Call.moving(operator);
        for (int i = 0; i < values.length; i++) Values.push(call, results.get(i), converted[i]);
        call.stack.moveTo(stack);
        call.end();
    }

    private @Nullable Object[] values(@Nullable Object returned) {
        if (results.size() == 1) return new @Nullable Object[] {returned};
        if (results.isEmpty() && returned == null) return new @Nullable Object[0];
        if (returned instanceof List<?> list && list.size() == results.size()) return list.toArray();
        String what = returned == null ? "null"
                : returned instanceof List<?> list ? list.size() + " values" : "a " + returned.getClass().getSimpleName();
        throw new TorchException(operator.name(), "a kernel of " + operator.qualified() + " returned " + what + ", but the operator has "
                + (results.isEmpty() ? "no results: return null." : results.size() + " results: return them as a List."), null);
    }

    private Object checked(int i, @Nullable Object value) {
        String what = results.size() == 1 ? "the result of a kernel of " + operator.qualified()
                : "result " + i + " of a kernel of " + operator.qualified();
        try {
            if (value instanceof Tensor t && t.isClosed()
                    || value instanceof List<?> l && l.stream().anyMatch(e -> e instanceof Tensor t && t.isClosed()))
                throw new IllegalStateException(what + " is closed");
            return Values.checked(what, results.get(i), value);
        } catch (IllegalStateException | IllegalArgumentException | NullPointerException e) {
            throw new TorchException(operator.name(), e.getMessage() + ".", e);
        }
    }
}
