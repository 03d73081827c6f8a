package panatorch;

import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.CApi;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.ErrorTraces;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.Tag;

/**
 * Errors between C++ and Java. A C++ exception becomes a {@link TorchException} that names the operator and its arguments. A Java exception
 * that must pass C++ frames travels as a number in a C++ exception's text, and comes out as the same object.
 */
final class NativeErrors {
    private NativeErrors() {}

    /** True if exceptions include libtorch's native stack trace, a page of addresses. */
    private static final boolean NATIVE_TRACES = Boolean.getBoolean("panatorch.nativeTraces");
    /** The text that stands in libtorch's messages instead of the trace; empty if the trace is still there. */
    private static final String NO_TRACE = NATIVE_TRACES ? "" : ErrorTraces.off();
    private static final int MOST_CHARACTERS = 2000, MOST_TENSORS = 8;
    /** Separates libtorch's message from what follows: a backtrace, or a table of all places where an operator is registered. */
    private static final Pattern APPENDIX = Pattern.compile("\nException raised from|\nframe #0: |\n\n");

    /** The beginning of a TorchScript error, which continues after blank lines: the script's lines come first, the reason last. */
    private static final String SCRIPT = "The following operation failed in the TorchScript interpreter.";
    private static final Pattern TRACE = Pattern.compile("\nException raised from|\nframe #0: ");

    /** Matches libtorch's guesses why an operator has no kernel for a device, which do not apply here. */
    private static final Pattern ADVICE =
            Pattern.compile(" This could be because the operator doesn't exist for this backend.*?possible resolutions\\.", Pattern.DOTALL);

    /**
     * Returns the exception to throw for a failed call of an operator.
     *
     * @param stack the arguments that libtorch has not consumed
     * @param e JavaCPP's exception
     */
    static Throwable translate(Operator op, DispatcherStack stack, RuntimeException e) {
        Throwable thrown = behind(e);
        if (thrown != null) return thrown;
        String message = ResizeErrors.explained(e.getMessage() == null ? e.toString() : e.getMessage(), stack);
        return exception(op.name(),
                (op.name().equals("aten::_backward") ? "backward" : op.qualified()) + arguments(op, stack) + ": " + words(message), e,
                OutOfMemory.in(message));
    }

    /**
     * Returns the error of libtorch behind JavaCPP's exception, outside an operator. If Java code threw the exception behind it, throws
     * that one.
     */
    static TorchException of(RuntimeException e) {
        Throwable thrown = behind(e);
        if (thrown != null) throw unchanged(thrown);
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        return exception("", words(message), e, OutOfMemory.in(message));
    }

    /**
     * Returns {@link #of} the exception if JavaCPP made it from a C++ exception, which then has exactly the class {@code RuntimeException};
     * otherwise the exception itself.
     */
    static RuntimeException ofJavaCpp(RuntimeException e) {
        return e.getClass() == RuntimeException.class ? of(e) : e;
    }

    private static TorchException exception(String operator, String message, RuntimeException libtorch, boolean outOfMemory) {
        RuntimeException cause = NATIVE_TRACES ? libtorch : null;
        return outOfMemory ? new OutOfMemoryException(operator, message + " (" + MemoryStats.now() + ")", cause)
                : new TorchException(operator, message, cause);
    }

    private static String words(String message) {
        String own = ADVICE.matcher((message.startsWith(SCRIPT) ? TRACE : APPENDIX).split(message.replace(NO_TRACE, ""), 2)[0])
                .replaceAll("").replace("torch.autograd.set_detect_anomaly(True)", "AnomalyMode.enter()")
                .replaceFirst("^\\[enforce fail at [^]]*] .*?\\. ", "").strip();
        return own.length() <= MOST_CHARACTERS ? own : own.substring(0, MOST_CHARACTERS) + " …";
    }

    /** Returns the tensors among the arguments on the stack, with names, types and shapes. */
    static String arguments(Operator op, DispatcherStack stack) {
        var parameters = op.schema().parameters();
        var text = new StringJoiner(", ", "(", ")");
        for (int i = 0; i < Math.min(stack.size(), parameters.size()); i++) {
            if (stack.tag(i) == Tag.TENSOR) text.add(parameters.get(i).name() + ": " + describe(stack.payload(i)));
        }
        return text.toString();
    }

    /** Returns an error that also tells the tensors of a list, which the kernel has taken off the stack. */
    static Throwable withList(Throwable error, Operator op, int at, List<? extends @Nullable Tensor> list) {
        String message = error.getMessage(), arguments = op.qualified() + "(";
        int end = message == null ? -1 : message.indexOf("): ");
        if (error.getClass() != TorchException.class || message == null || !message.startsWith(arguments) || end < 0) return error;
        var parameters = op.schema().parameters();
        String named = (at < parameters.size() ? parameters.get(at).name() : "list") + ": " + described(list);
        return new TorchException(((TorchException) error).operator(), message.substring(0, end)
                + (end == arguments.length() ? "" : ", ") + named + message.substring(end), error.getCause());
    }

    private static String described(List<? extends @Nullable Tensor> list) {
        int more = list.size() - MOST_TENSORS;
        var text = new StringJoiner(", ", "[", more > 0 ? ", and " + more + " more]" : "]");
        for (Tensor t : list.subList(0, Math.min(list.size(), MOST_TENSORS)))
            text.add(t == null ? "none" : t.isClosed() ? "closed" : t.dtype() + " " + Arrays.toString(t.shape()));
        return text.toString();
    }

    /** Returns the type and shape of a tensor, or a question mark. */
    static String describe(long impl) {
        ThreadContext c = ThreadContext.current();
        Memory.setLong(c.handle, impl);
        try {
            return DType.ofCode(CApi.dtype(c.handle, c.result)) + " " + Arrays.toString(CApi.shape(c.handle, c.result));
        } catch (RuntimeException e) {
            return "?";
        }
    }

    /**
     * An error of libtorch that a kernel in Java got from the libtorch kernel it called. The operator's caller reports it as if no Java
     * code were in between.
     */
    static final class InKernel extends RuntimeException {
        private static final long serialVersionUID = 1;
        final transient RuntimeException error;

        InKernel(RuntimeException error) {
            super(error);
            this.error = error;
        }
    }

    // ---- Java's exceptions on their way through C++

    private static final Pattern NUMBER = Pattern.compile("Java code threw #(\\d+)#");
    /** The largest number of exceptions that are kept. If C++ swallows one, nobody fetches it by its number. */
    private static final int MOST = 64;
    private static final AtomicLong NEXT = new AtomicLong(1);
    private static final ConcurrentSkipListMap<Long, Throwable> THROWN = new ConcurrentSkipListMap<>();

    private static final class Carrier extends RuntimeException {
        private static final long serialVersionUID = 1;

        Carrier(String text) { super(text, null, false, false); }
    }

    /** Returns the exception to throw to the native caller instead of {@code thrown}. */
    static RuntimeException carrier(Throwable thrown) {
        long number = NEXT.getAndIncrement();
        THROWN.put(number, thrown);
        if (THROWN.size() > MOST) THROWN.pollFirstEntry();
        return new Carrier("Java code threw #" + number + "#: " + thrown);
    }

    /** Returns the exception of Java code that caused {@code error}, or null. */
    static @Nullable Throwable behind(RuntimeException error) {
        var m = NUMBER.matcher(String.valueOf(error.getMessage()));
        return m.find() ? THROWN.remove(Long.valueOf(m.group(1))) : null;
    }

    /** Throws any exception unchanged, even a checked one. */
    @SuppressWarnings("unchecked") static <E extends Throwable> RuntimeException unchanged(Throwable t) throws E {
        throw (E) t;
    }
}
