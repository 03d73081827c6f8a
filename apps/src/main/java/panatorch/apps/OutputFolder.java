package panatorch.apps;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.regex.Pattern;
import panatorch.train.Checkpointing;

/** Where a run's files go. */
final class OutputFolder {
    private OutputFolder() {}

    private static final Pattern UNFINISHED = Pattern.compile("\\..+\\.[0-9a-f]{1,16}\\.unfinished");

    /** {@code runs/<time>-<model>}, with a number if there is such a folder already. */
    static Path standard(ModelName model) {
        Path first = Path.of("runs", LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd-HHmmss")) + "-" + model);
        Path free = first;
        for (int i = 2; Files.exists(free); i++) free = first.resolveSibling(first.getFileName() + "-" + i);
        return free;
    }

    /** What a process that was killed in the middle of writing leaves behind. */
    private static void removeUnfinished(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder, f -> UNFINISHED.matcher(f.getFileName().toString()).matches())) {
            for (Path f : files) Files.deleteIfExists(f);
        }
    }

    /** A new run must not be resumed from another one's checkpoint. */
    static void removeCheckpoints(Path folder) throws IOException {
        Files.deleteIfExists(folder.resolve(Checkpointing.LAST));
        Files.deleteIfExists(folder.resolve(Checkpointing.BEST));
    }

    /** Makes the folder, and finds out now, not after hours of training, whether files can be written there. */
    static Path prepare(Path folder) {
        try {
            Files.createDirectories(folder);
            Files.delete(Files.createTempFile(folder, ".", ".unfinished"));
            removeUnfinished(folder);
            return folder;
        } catch (IOException e) {
            throw new InputException("the output folder " + folder + " cannot be written: " + InputException.reason(e), e);
        }
    }
}
