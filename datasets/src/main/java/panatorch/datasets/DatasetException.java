package panatorch.datasets;

/** Thrown if data is missing or damaged. The message is one sentence for the user; it names the file and the record. */
public class DatasetException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public DatasetException(String message) { super(message); }

    public DatasetException(String message, Throwable cause) { super(message, cause); }
}
