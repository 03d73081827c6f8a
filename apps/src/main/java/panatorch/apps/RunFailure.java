package panatorch.apps;

/** A run that cannot go on: exit status 1. The message is one sentence. */
final class RunFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    RunFailure(String sentence) { super(sentence); }

    RunFailure(String sentence, Throwable cause) { super(sentence, cause); }
}
