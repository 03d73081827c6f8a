package panatorch.apps.options;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import panatorch.apps.console.InputException;
import panatorch.apps.console.UnfinishedFile;
import panatorch.train.Checkpointing;

/** The folder of a run: the names of its files, and what happens to an older run in it. */
public final class OutputFolder {
    private OutputFolder() {}

    public static final String METRICS = "metrics.json", WEIGHTS = "model.safetensors", REPORT = "report.html", CURVES = "curves.png",
            MONITOR = "training_monitor.json",
            RECORDING = "recording.jfr", LOG = "run.log";

    /** The files of a run in the order in which the run's last lines name them; those of TensorBoard have names of their own. */
    private static final List<String> FILES = List.of(ConfigFile.NAME, Sst2.VOCABULARY, METRICS, MONITOR, CURVES, REPORT,
            Checkpointing.BEST, WEIGHTS, Checkpointing.LAST, LOG, RECORDING);

    private static final String EVENTS = "events.out.tfevents.";

    private static final Pattern PRECIOUS = Pattern.compile("config\\.json|last\\.ckpt|(best|model)\\.safetensors|vocab\\.txt");
    private static final Pattern OF_A_RUN = Pattern.compile(PRECIOUS
            + "|(metrics|evaluation.*|training_monitor)\\.json|(curves|confusion.*)\\.png"
            + "|report\\.html|recording\\.jfr|events\\.out\\.tfevents\\..*");

    /** Returns {@code runs/<time>-<model>}, with a number if there is such a folder already. */
    public static Path standard(ModelName model) {
        Path first = Path.of("runs", LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyy-MM-dd-HHmmss")) + "-" + model);
        Path free = first;
        for (int i = 2; Files.exists(free); i++) free = first.resolveSibling(first.getFileName() + "-" + i);
        return free;
    }

    /**
     * Checks that a file can be written, before the work for it is done.
     *
     * @throws InputException if it cannot
     */
    public static Path file(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (Files.isDirectory(file)) throw new InputException(file + " cannot be written, as it is a folder");
        if (folder != null && !Files.isDirectory(folder))
            throw new InputException(file + " cannot be written: there is no folder " + folder);
        if (folder != null && !Files.isWritable(folder))
            throw new InputException(file + " cannot be written: the folder " + folder + " is read-only");
        return file;
    }

    /** Names the files of a run that its folder holds. What {@code evaluate} wrote there is not among them. */
    public static List<String> runFiles(Path folder) throws IOException {
        var names = new ArrayList<>(FILES.stream().filter(name -> Files.exists(folder.resolve(name))).toList());
        try (var events = Files.newDirectoryStream(folder, f -> f.getFileName().toString().startsWith(EVENTS))) {
            for (Path f : events) names.add(f.getFileName().toString());
        }
        return names;
    }

    /** Removes temporary files that a killed process has left. */
    private static void removeUnfinished(Path folder) throws IOException {
        try (var files = Files.newDirectoryStream(folder, f -> UnfinishedFile.is(f.getFileName().toString()))) {
            for (Path f : files) Files.deleteIfExists(f);
        }
    }

    /**
     * Removes an older run and all its measures, so that they cannot be taken for those of the new run while it is under way.
     *
     * @return whether there was an older run
     * @throws InputException if there are files of these names that no run has written
     */
    public static boolean removeRun(Path folder) throws IOException {
        var files = new ArrayList<Path>();
        try (var all = Files.newDirectoryStream(folder, f -> OF_A_RUN.matcher(f.getFileName().toString()).matches())) {
            all.forEach(files::add);
        }
        boolean run = ConfigFile.isOfRun(folder);
        for (Path f : files)
            if (!run && PRECIOUS.matcher(f.getFileName().toString()).matches())
                throw new InputException("the run would replace " + f + ", which no run has written; --out names another folder");
        for (Path f : files) Files.deleteIfExists(f);
        Path log = folder.resolve(LOG);
        // an earlier run of this process may have it open
        if (Files.exists(log)) Files.newByteChannel(log, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING).close();
        return run;
    }

    /** Creates the folder, and checks that files can be written in it now instead of after hours of training. */
    public static Path prepare(Path folder) {
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
