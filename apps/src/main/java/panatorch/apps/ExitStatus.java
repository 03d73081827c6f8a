package panatorch.apps;

/** Exit statuses of the command line, beside 0. */
final class ExitStatus {
    private ExitStatus() {}

    /** The command failed. */
    static final int FAILURE = 1;

    /** The call or its input is wrong. */
    static final int WRONG_CALL = 2;

    /** The user pressed Ctrl-C: 128 and the number of SIGINT, as shells have it. */
    static final int INTERRUPTED = 130;

    /** The reader of standard output has left: 128 and the number of SIGPIPE. */
    static final int READER_LEFT = 141;
}
