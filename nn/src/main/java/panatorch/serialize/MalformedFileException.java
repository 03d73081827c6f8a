package panatorch.serialize;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Thrown if a file has another format than expected, is damaged, or asks for something that is not read. The message names the file and
 * says what is wrong.
 */
public final class MalformedFileException extends IOException {
    private static final long serialVersionUID = 1;

    /** @param what sentence without the name of the file */
    public MalformedFileException(Path file, String what) {
        super(file + ": " + what);
    }
}
