package panatorch.bench;

/** Thrown if something that a workload needs is missing. The message says what it is and which setting names it. */
final class MissingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    MissingException(String sentence) { super(sentence); }
}
