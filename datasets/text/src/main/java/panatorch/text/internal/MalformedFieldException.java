package panatorch.text.internal;

import java.io.Serial;

/** A field of a tokenizer file that is not as it should be; the message names it. */
public final class MalformedFieldException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    public MalformedFieldException(String message) {
        super(message);
    }

    public MalformedFieldException(String message, Throwable cause) {
        super(message, cause);
    }
}
