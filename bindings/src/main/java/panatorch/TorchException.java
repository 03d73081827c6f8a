package panatorch;

import org.jspecify.annotations.Nullable;

/**
 * An error that libtorch reports: the operator, its tensor arguments as far as libtorch had not consumed them, and libtorch's own words.
 */
public class TorchException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final String operator;

    TorchException(String operator, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.operator = operator;
    }

    /** The operator's name, as {@code aten::mm}; empty where the error is of no operator. */
    public String operator() { return operator; }
}
