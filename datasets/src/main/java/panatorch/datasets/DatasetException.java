package panatorch.datasets;

/** Data that is missing or wrong. The message is one sentence for the person who has to mend it; it names file and record. */
public class DatasetException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DatasetException(String message) { super(message); }

    public DatasetException(String message, Throwable cause) { super(message, cause); }
}
