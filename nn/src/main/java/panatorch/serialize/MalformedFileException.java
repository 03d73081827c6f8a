package panatorch.serialize;

import java.io.IOException;
import java.nio.file.Path;

/** A file is not what it should be, is damaged, or asks for what is not read: the message names the file and says what is wrong with it. */
public final class MalformedFileException extends IOException {
    private static final long serialVersionUID = 1;

    MalformedFileException(Path file, String what) { super(file + ": " + what); }
}
