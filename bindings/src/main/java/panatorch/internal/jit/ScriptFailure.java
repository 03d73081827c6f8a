package panatorch.internal.jit;

import panatorch.TorchException;

/** An error of a running or loading script, with libtorch's whole message, which {@code panatorch.jit} takes apart. */
public final class ScriptFailure extends TorchException {
    private static final long serialVersionUID = 1;
    private final String whole;

    ScriptFailure(TorchException error, String whole) {
        super(error.operator(), String.valueOf(error.getMessage()), error.getCause());
        this.whole = whole;
    }

    /** Returns libtorch's message with all traces. */
    public String whole() { return whole; }
}
