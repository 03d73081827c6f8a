package panatorch.apps;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

/** A wrong call or input: exit status 2. The message is one sentence for whoever called. */
final class InputException extends RuntimeException {
    private static final long serialVersionUID = 1;

    InputException(String sentence) { super(sentence); }

    InputException(String sentence, Throwable cause) { super(sentence, cause); }

    /** What went wrong with a file; Java's own message is often the bare path. */
    static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException f -> "there is no " + f.getFile();
            case AccessDeniedException f -> "access to " + f.getFile() + " is denied";
            case FileAlreadyExistsException f -> f.getFile() + " is a file";
            case FileSystemException f when f.getReason() != null -> f.getFile() + ": " + f.getReason();
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }
}
