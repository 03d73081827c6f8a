package panatorch.jit;

import panatorch.TorchException;
import panatorch.internal.jit.ScriptFailure;

/**
 * An error that a script raised, or that an operator in it reported, or that libtorch found while it loaded the script. The message names
 * Python's exception and ends with the place in the script.
 */
public final class ScriptException extends TorchException {
    private static final long serialVersionUID = 1;
    /** What precedes the exception in libtorch's message: the lines of the script, the last of which it marks. */
    private static final String MARK = "<--- HERE";

    private final String pythonClass, pythonMessage, trace;

    private ScriptException(String what, String[] parts, ScriptFailure cause) {
        super(cause.operator(),
                what + ": " + (parts[0].isEmpty() ? "" : parts[0] + ": ") + parts[1] + (parts[2].isEmpty() ? "" : "\n" + parts[2]),
                cause.getCause());
        pythonClass = parts[0];
        pythonMessage = parts[1];
        trace = parts[2];
    }

    /** @param what what failed, such as a method's name */
    static ScriptException of(String what, ScriptFailure failure) {
        return new ScriptException(what, parts(failure.whole()), failure);
    }

    /** Takes libtorch's message apart: class, message and trace. */
    private static String[] parts(String whole) {
        String said = whole.split("\nException raised from|\nframe #0: ", 2)[0];
        int mark = said.lastIndexOf(MARK), error = mark < 0 ? -1 : unindented(said, said.indexOf('\n', mark) + 1);
        if (error < 0)
            return new String[] {"", said.split("\n\n|\nArguments for call are not valid", 2)[0].strip(), mark < 0 ? "" : said.strip()};
        String exception = said.substring(error).strip(), trace = said.substring(0, error).strip();
        int colon = exception.indexOf(": ");
        boolean named = colon > 0 && exception.substring(0, colon).matches("[\\w.]+");
        return new String[] {named ? exception.substring(0, colon) : "", named ? exception.substring(colon + 2) : exception, trace};
    }

    /** Returns the beginning of the first line from {@code at} on that is neither empty nor indented, or -1. */
    private static int unindented(String text, int at) {
        while (at > 0 && at < text.length()) {
            if (text.charAt(at) != ' ' && text.charAt(at) != '\n') return at;
            at = text.indexOf('\n', at) + 1;
        }
        return -1;
    }

    /**
     * Returns the class of Python's exception, such as {@code builtins.ValueError} for one that the script raised and {@code RuntimeError}
     * for an operator's; empty if there is none, as in an error of loading.
     */
    public String pythonClass() { return pythonClass; }

    /** Returns the message of Python's exception. */
    public String pythonMessage() { return pythonMessage; }

    /**
     * Returns the script's trace: the lines of the serialized code and, if the file has it, of the original Python code, the outermost call
     * first; empty if there is none.
     */
    public String trace() { return trace; }
}
