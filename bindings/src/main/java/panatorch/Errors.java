package panatorch;

import java.util.Arrays;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import panatorch.internal.libtorch.CApi;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.ErrorTraces;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.Tag;

/** Makes of a C++ exception's text and the arguments left on the stack an error that says what was called with what. */
final class Errors {
    private Errors() {}

    /** Whether exceptions show where in libtorch they come from, a page of addresses. */
    private static final boolean NATIVE_TRACES = Boolean.getBoolean("panatorch.nativeTraces");
    /** What stands in libtorch's texts where the trace was; empty if the trace is still there. */
    private static final String NO_TRACE = NATIVE_TRACES ? "" : ErrorTraces.off();
    private static final int MOST_CHARACTERS = 2000;
    /** What follows libtorch's own words: a backtrace, or a table of all the places where an operator is registered. */
    private static final Pattern APPENDIX = Pattern.compile("\nException raised from|\nframe #0: |\n\n");

    /** What is of no use here: libtorch's guesses why an operator has no kernel for a device. */
    private static final Pattern ADVICE = Pattern.compile(" This could be because the operator doesn't exist for this backend.*?possible resolutions\\.", Pattern.DOTALL);

    static Throwable translate(Operator op, DispatcherStack stack, RuntimeException e) {
        Throwable thrown = Failures.behind(e);
        if (thrown != null) return thrown;
        String message = ExportedMemory.explained(e.getMessage() == null ? e.toString() : e.getMessage(), stack);
        return exception(op.name(), (op.name().equals("aten::_backward") ? "backward" : op.qualified()) + arguments(op, stack) + ": " + words(message), e, OutOfMemory.in(message));
    }

    /** An error of libtorch that is no operator's. */
    static TorchException plain(RuntimeException e) {
        Throwable thrown = Failures.behind(e);
        if (thrown != null) throw Upcalls.unchanged(thrown);
        String message = e.getMessage() == null ? e.toString() : e.getMessage();
        return exception("", words(message), e, OutOfMemory.in(message));
    }

    private static TorchException exception(String operator, String message, RuntimeException libtorch, boolean outOfMemory) {
        RuntimeException cause = NATIVE_TRACES ? libtorch : null;
        return outOfMemory ? new OutOfMemoryException(operator, message + " (" + MemoryStats.now() + ")", cause) : new TorchException(operator, message, cause);
    }

    private static String words(String message) {
        String own = ADVICE.matcher(APPENDIX.split(message.replace(NO_TRACE, ""), 2)[0]).replaceAll("").replace("torch.autograd.set_detect_anomaly(True)", "AnomalyMode.enter()").replaceFirst("^\\[enforce fail at [^]]*] .*?\\. ", "").strip();
        return own.length() <= MOST_CHARACTERS ? own : own.substring(0, MOST_CHARACTERS) + " …";
    }

    static String arguments(Operator op, DispatcherStack stack) {
        var parameters = op.schema().parameters();
        var text = new StringJoiner(", ", "(", ")");
        for (int i = 0; i < Math.min(stack.size(), parameters.size()); i++) {
            if (stack.tag(i) == Tag.TENSOR) text.add(parameters.get(i).name() + ": " + describe(stack.payload(i)));
        }
        return text.toString();
    }

    /** Type and shape of a tensor, or a question mark. */
    static String describe(long impl) {
        ThreadContext c = ThreadContext.current();
        Memory.setLong(c.handle, impl);
        try {
            return DType.ofCode(CApi.dtype(c.handle, c.result)) + " " + Arrays.toString(CApi.shape(c.handle, c.result));
        } catch (RuntimeException e) {
            return "?";
        }
    }
}
