package panatorch.serve;

/** Thrown when a request is not answered within its time. If it had not begun to run, it does not run any more. */
public final class DeadlineExceededException extends RuntimeException {
    private static final long serialVersionUID = 1;

    DeadlineExceededException(String model, long nanos) {
        super(model + " did not answer within " + nanos / 1_000_000.0 + " ms");
    }
}
