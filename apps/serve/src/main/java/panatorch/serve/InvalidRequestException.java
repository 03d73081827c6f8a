package panatorch.serve;

/** Thrown when a request does not fit the model's signature or limits. The request was not accepted; its sender has to change it. */
public final class InvalidRequestException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    InvalidRequestException(String message) {
        super(message);
    }
}
