package panatorch.apps.console;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** A wrong call or input, with exit status 2. The message is one sentence for the user. */
public final class InputException extends RuntimeException {
    private static final long serialVersionUID = 1;

    public InputException(String sentence) { super(sentence); }

    public InputException(String sentence, Throwable cause) { super(sentence, cause); }

    /** Explains why a text is not a path. */
    public static String reason(InvalidPathException e) {
        boolean locale = String.valueOf(e.getReason()).contains("unmappable");
        return locale
                ? "Java cannot read or write names of files that are not ASCII in this locale; set LC_ALL=C.UTF-8, or another locale with "
                        + "UTF-8, before it starts"
                : String.valueOf(e.getReason());
    }

    /** Explains what went wrong with a file. Java's own message is often the bare path, or the path of a temporary file. */
    public static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException f -> "there is no "
                    + (UnfinishedFile.is(f.getFile()) ? "folder " + Path.of(f.getFile()).toAbsolutePath().getParent() : f.getFile());
            case AccessDeniedException f -> "access to " + UnfinishedFile.finished(f.getFile()) + " is denied";
            case FileAlreadyExistsException f -> f.getFile() + " is a file";
            case FileSystemException f when f.getReason() != null -> UnfinishedFile.finished(f.getFile()) + ": " + f.getReason();
            default -> e.getMessage() == null ? e.toString() : e.getMessage();
        };
    }
}
