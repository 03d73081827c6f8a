package panatorch.bench;

/** A workload needs what is not here: the sentence says what, and how to name it. */
final class MissingException extends RuntimeException {
    private static final long serialVersionUID = 1;

    MissingException(String sentence) { super(sentence); }
}
