package panatorch.apps.console;

/** Exit statuses of the command line, beside 0. */
public final class ExitStatus {
    private ExitStatus() {}

    /** The command failed. */
    public static final int FAILURE = 1;

    /** The call or its input is wrong. */
    public static final int WRONG_CALL = 2;

    /** The user pressed Ctrl-C: 128 and the number of SIGINT, as shells have it. */
    public static final int INTERRUPTED = 130;

    /** The reader of standard output has left: 128 and the number of SIGPIPE. */
    public static final int READER_LEFT = 141;
}
