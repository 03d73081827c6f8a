package panatorch.serve;

import java.util.NoSuchElementException;

/** Thrown when a {@link ModelRepository} has no model, or no version of it, that a request asks for. */
public final class UnknownModelException extends NoSuchElementException {
    private static final long serialVersionUID = 1;

    UnknownModelException(String message) {
        super(message);
    }
}
