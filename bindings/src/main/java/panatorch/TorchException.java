package panatorch;

import org.jspecify.annotations.Nullable;

/**
 * An error that libtorch reports. Its message names the operator and its tensor arguments, except those that libtorch had already consumed,
 * and ends with libtorch's own message.
 */
public class TorchException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final String operator;

    /**
     * Makes an exception.
     *
     * @param operator the operator's name, empty if no operator caused the error
     */
    protected TorchException(String operator, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.operator = operator;
    }

    /** Returns the operator's name, such as {@code aten::mm}; empty if no operator caused the error. */
    public String operator() {
        return operator;
    }
}
