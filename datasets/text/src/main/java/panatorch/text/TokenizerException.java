package panatorch.text;

import java.io.Serial;

/** A tokenizer file that is missing, damaged, or uses what is not supported; the message names the file and the field. */
public final class TokenizerException extends RuntimeException {
    @Serial
    private static final long serialVersionUID = 1;

    /** Makes an exception with a message and what caused it. */
    public TokenizerException(String message, Throwable cause) {
        super(message, cause);
    }
}
