package panatorch.apps.console;

/** A run that cannot go on, with exit status 1. The message is one sentence for the user. */
public final class RunFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    public RunFailure(String sentence) { super(sentence); }

    public RunFailure(String sentence, Throwable cause) { super(sentence, cause); }
}
