package panatorch.apps.reproduce;

import com.fasterxml.jackson.core.JacksonException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.InputException;
import panatorch.apps.console.Json;
import panatorch.serialize.AtomicFile;

/**
 * The folder of an experiment's results: {@code trials} has a small JSON file for each finished trial, {@code running} has the checkpoints
 * of unfinished ones. Results of other settings are refused.
 */
final class TrialFolder {
    private static final String TRIALS = "trials", RUNNING = "running";

    private final Path folder;
    private final String experiment;
    private final Map<String, String> settings;

    TrialFolder(Path folder, String experiment, Study study) {
        this.folder = folder;
        this.experiment = experiment;
        settings = new LinkedHashMap<>();
        study.settings().forEach((name, value) -> settings.put(name, value.toString()));
    }

    private static String fileName(Variant variant, long seed) { return variant.fileName() + ".seed-" + seed + ".json"; }

    /** Returns the kept result of a trial, or null if it is not finished. */
    @Nullable FinishedTrial read(Variant variant, long seed) throws IOException {
        Path file = folder.resolve(TRIALS).resolve(fileName(variant, seed));
        return Files.exists(file) ? checked(file, folder) : null;
    }

    /** Returns all kept results. */
    List<FinishedTrial> all(List<Variant> variants) throws IOException {
        Path trials = folder.resolve(TRIALS);
        var all = new ArrayList<FinishedTrial>();
        if (!Files.isDirectory(trials)) return all;
        for (Path file : list(trials)) {
            FinishedTrial trial = checked(file, folder);
            variant(variants, trial, file);
            all.add(trial);
        }
        return all;
    }

    private Variant variant(List<Variant> variants, FinishedTrial trial, Path file) {
        return variants.stream().filter(v -> v.name().equals(trial.variant())).findFirst()
                .orElseThrow(() -> new InputException(file + " is of the variant '" + trial.variant() + "', which this version of "
                        + experiment + " does not have. Delete the file, or use the version that wrote it"));
    }

    private FinishedTrial checked(Path file, Path source) throws IOException {
        FinishedTrial trial;
        try {
            trial = Json.PRETTY.readValue(Files.readAllBytes(file), FinishedTrial.class);
        } catch (JacksonException e) {
            throw new InputException(file + " is not a finished trial: " + e.getOriginalMessage() + ". Delete it to run the trial again",
                    e);
        }
        if (!experiment.equals(trial.experiment()))
            throw new InputException(
                    source + " holds results of " + trial.experiment() + ", not of " + experiment + ". Pass another folder");
        String differences = differences(trial.settings());
        if (!differences.isEmpty())
            throw new InputException(source + " holds results of other settings: " + differences
                    + ". Pass the same options again, or another folder by --out");
        return trial;
    }

    private String differences(Map<String, String> other) {
        var names = new TreeSet<>(settings.keySet());
        names.addAll(other.keySet());
        var words = new ArrayList<String>();
        for (String name : names) {
            String now = settings.getOrDefault(name, "none"), then = other.getOrDefault(name, "none");
            if (!now.equals(then)) words.add(name + " is " + then + " there and " + now + " now");
        }
        return String.join(", ", words);
    }

    FinishedTrial write(Variant variant, long seed, Trial.Result result, Map<String, String> machine, double seconds) throws IOException {
        var trial = new FinishedTrial(experiment, variant.name(), seed, settings, machine, result.measures(), result.curves(), seconds);
        write(variant, trial);
        return trial;
    }

    private void write(Variant variant, FinishedTrial trial) throws IOException {
        Path trials = Files.createDirectories(folder.resolve(TRIALS));
        AtomicFile.write(trials.resolve(fileName(variant, trial.seed())), Json.PRETTY.writeValueAsBytes(trial));
    }

    /**
     * Copies the finished trials of another folder.
     *
     * @return number of trials that were not here yet
     * @throws InputException if one of them is of other settings, of a variant that the experiment does not have, or has other numbers than
     * the same trial here
     */
    int merge(Path other, List<Variant> variants) throws IOException {
        Path trials = other.resolve(TRIALS);
        if (!Files.isDirectory(trials)) throw new InputException(other + " holds no results: there is no folder " + trials);
        int copied = 0;
        for (Path file : list(trials)) {
            FinishedTrial trial = checked(file, other);
            Variant variant = variant(variants, trial, file);
            FinishedTrial here = read(variant, trial.seed());
            if (here != null && !here.agreesWith(trial))
                throw new InputException(file + " and the same trial in " + folder + " have different numbers: "
                        + Measures.withoutTimes(trial.measures()) + " and " + Measures.withoutTimes(here.measures())
                        + ". Delete the one that is wrong");
            if (here != null) continue;
            write(variant, trial);
            copied++;
        }
        return copied;
    }

    private static List<Path> list(Path trials) throws IOException {
        try (var files = Files.list(trials)) {
            return files.filter(f -> f.toString().endsWith(".json")).sorted(Comparator.naturalOrder()).toList();
        }
    }

    Work work(Variant variant, long seed, Work.Progress progress) {
        return new Work(folder.resolve(RUNNING), variant.fileName(), seed, progress);
    }

    /** Deletes the checkpoints of a trial that is finished. */
    void finished(Variant variant, long seed) throws IOException {
        deleteRunning(variant.fileName() + ".seed-" + seed);
    }

    /** Deletes what unfinished trials have kept, now that there are none. */
    void complete() throws IOException { deleteRunning(""); }

    private void deleteRunning(String prefix) throws IOException {
        Path running = folder.resolve(RUNNING);
        if (!Files.isDirectory(running)) return;
        boolean empty = true;
        try (var files = Files.newDirectoryStream(running)) {
            for (Path f : files) {
                if (prefix.isEmpty() || f.getFileName().toString().startsWith(prefix + ".")) Files.deleteIfExists(f);
                else empty = false;
            }
        }
        if (empty) Files.deleteIfExists(running);
    }
}
