package panatorch;

import org.bytedeco.pytorch.OperatorHandle;
import org.jspecify.annotations.Nullable;
import panatorch.internal.calls.CallRecorder;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.FewRows;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.Tag;

/**
 * Calls libtorch with the arguments on a stack: checks them, records an event, retries after an out-of-memory error and translates errors.
 */
final class Invocation {
    private Invocation() {}

    /**
     * Calls {@code op}. After an error the stack holds the arguments that libtorch has not consumed.
     *
     * @param nones number of arguments that are none
     * @return the exception to throw, or null
     */
    static @Nullable Throwable of(Operator op, DispatcherStack stack, ThreadContext context, int nones) {
        ArgumentChecks.Check check = op.check();
        String problem = check == null ? null
                : check.problem(new ArgumentView(op.name(), op.schema(), stack, context.handle, context.result, Invocation::numbers));
        if (problem != null) return new IllegalArgumentException(op.qualified() + NativeErrors.arguments(op, stack) + ": " + problem);
        return context.recorder == null ? withEvent(op, stack, context, nones) : seen(op, stack, context, nones, context.recorder);
    }

    /** Shows the call to a recorder, which does not see what the operator itself calls. */
    private static @Nullable Throwable seen(Operator op, DispatcherStack stack, ThreadContext context, int nones, CallRecorder recorder) {
        context.recorder = null;
        try {
            recorder.before(new RawOperator(op), stack);
            Throwable failure = withEvent(op, stack, context, nones);
            if (failure == null) recorder.after(stack);
            return failure;
        } catch (RuntimeException refused) {
            return refused;
        } finally {
            context.recorder = recorder;
        }
    }

    private static @Nullable Throwable withEvent(Operator op, DispatcherStack stack, ThreadContext context, int nones) {
        return FlightEvents.recorderStarted() ? recorded(op, stack, context, nones) : plain(op, stack, context, nones);
    }

    private static float[] numbers(long tensor, long count) {
        References.retain(tensor);
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            return ThreadContext.current().adopt(tensor).flatten(0, -1).narrow(0, 0, count).toFloatArray();
        }
    }

    private static @Nullable Throwable recorded(Operator op, DispatcherStack stack, ThreadContext context, int nones) {
        var event = new FlightEvents.OperatorCall();
        if (!event.isEnabled()) return plain(op, stack, context, nones);
        event.operator = op.qualified();
        event.begin();
        Throwable failure = plain(op, stack, context, nones);
        event.end();
        if (failure == null && event.shouldCommit() && stack.size() > 0 && stack.tag(0) == Tag.TENSOR)
            event.result = NativeErrors.describe(stack.payload(0));
        event.commit();
        return failure;
    }

    private static @Nullable Throwable plain(Operator op, DispatcherStack stack, ThreadContext context, int nones) {
        Upcalls upcalls = context.upcalls;
        Throwable outer = upcalls.enter(), failure = null, thrown;
        try {
            call(op, stack, context);
        } catch (TorchException e) {
            failure = e;
        } catch (RuntimeException e) {
            failure = e.getMessage() != null && OutOfMemory.in(e.getMessage()) ? again(op, stack, context, nones, e)
                    : NativeErrors.translate(op, stack, e);
        } finally {
            thrown = upcalls.leave(outer);
        }
        if (thrown instanceof NativeErrors.InKernel libtorch) return NativeErrors.translate(op, stack, libtorch.error);
        return thrown != null ? thrown : failure;
    }

    private static void call(Operator op, DispatcherStack stack, ThreadContext context) {
        var modes = context.modes;
        if (modes == null) now(op, stack, context);
        else Mode.during(modes, () -> now(op, stack, context));
    }

    /** Calls the operator with this thread's modes, or another one that computes the same in less time. */
    private static void now(Operator op, DispatcherStack stack, ThreadContext context) {
        OperatorHandle instead = op.isLinear() ? FewRows.instead(stack, context.handle) : null;
        stack.call(instead == null ? op.handle() : instead);
    }

    /** Frees garbage after an out-of-memory error, and calls the operator once more if that is safe. */
    private static @Nullable Throwable again(Operator op, DispatcherStack stack, ThreadContext context, int nones, RuntimeException first) {
        long freed = OutOfMemory.freeGarbage();
        Throwable failure = null;
        try {
            if (!hasAllArguments(op, stack, nones) || !OutOfMemory.repeatable(op.handle())) throw first;
            call(op, stack, context);
        } catch (RuntimeException e) {
            failure = NativeErrors.translate(op, stack, e);
        }
        if (FlightEvents.recorderStarted()) FlightEvents.OutOfMemory.emit(op.qualified(), freed, failure == null);
        return failure;
    }

    /**
     * Returns whether the stack still holds all arguments. A kernel moves lists and optional tensors off the stack and leaves none behind,
     * with which the operator would compute something else.
     */
    private static boolean hasAllArguments(Operator op, DispatcherStack stack, int nones) {
        int found = 0;
        for (int i = 0; i < stack.size(); i++) if (stack.tag(i) == Tag.NONE) found++;
        return stack.size() == op.schema().parameters().size() && found == nones;
    }
}
