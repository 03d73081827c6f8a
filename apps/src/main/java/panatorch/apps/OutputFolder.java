package panatorch.apps;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;

/** Where a run's files go. */
final class OutputFolder {
    private OutputFolder() {}

    /** {@code runs/<time>-<model>}, with a number if there is such a folder already. */
    static Path standard(ModelName model) {
        Path first = Path.of("runs", LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd-HHmmss")) + "-" + model);
        Path free = first;
        for (int i = 2; Files.exists(free); i++) free = first.resolveSibling(first.getFileName() + "-" + i);
        return free;
    }

    /** Makes the folder, and finds out now, not after hours of training, whether files can be written there. */
    static Path prepare(Path folder) {
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, ".", ".unfinished"));
            return folder;
        } catch (IOException e) {
            throw new InputException("the output folder " + folder + " cannot be written: " + InputException.reason(e), e);
        }
    }
}
