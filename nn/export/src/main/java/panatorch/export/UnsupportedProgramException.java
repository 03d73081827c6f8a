package panatorch.export;

import java.nio.file.Path;
import java.util.List;

/** Thrown if a program needs something that is not there: operators, or what only Python has. The message lists all of it, with advice. */
public final class UnsupportedProgramException extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient List<String> missing;

    /** @param missing what is missing, each with advice */
    UnsupportedProgramException(Path file, List<String> missing) {
        super(file + ": the program needs what is not there:\n  " + String.join("\n  ", missing));
        this.missing = List.copyOf(missing);
    }

    /** Returns what is missing, each with what to do about it, such as {@code "torchvision::nms: …"}. */
    public List<String> missing() {
        return missing;
    }
}
