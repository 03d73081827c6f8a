package panatorch.apps.run;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.apps.console.Json;
import panatorch.apps.measures.DataIdentity;
import panatorch.apps.measures.EpochMetrics;
import panatorch.apps.measures.Metrics;
import panatorch.apps.measures.ResidentMemory;
import panatorch.apps.options.OutputFolder;
import panatorch.apps.report.Curves;
import panatorch.serialize.AtomicFile;
import panatorch.train.Callback;
import panatorch.train.Trainer;

/** Records the measures of each epoch, including those before the run was resumed, and rewrites the files that show them. */
final class EpochLog implements Callback {
    private final Path folder;
    private final Map<String, Object> config;
    private final DataIdentity data;
    private final Recipe recipe;
    private final boolean monitor;
    private @Nullable Map<String, Metrics.Score> comparison;
    private final List<EpochMetrics> epochs = new ArrayList<>();
    private List<Double> speeds = new ArrayList<>();
    private List<Long> memories = new ArrayList<>();
    private long begun, imagesBefore;
    private double trainSeconds;

    /**
     * Creates a record.
     *
     * @param folder the run's folder
     * @param config the run's configuration
     * @param data identity of the data
     * @param recipe what is trained
     * @param monitor whether curves are drawn after each epoch
     */
    EpochLog(Path folder, Map<String, Object> config, DataIdentity data, Recipe recipe, boolean monitor) {
        this.folder = folder;
        this.config = config;
        this.data = data;
        this.recipe = recipe;
        this.monitor = monitor;
        comparison = recipe.compares() ? Map.of() : null;
    }

    List<EpochMetrics> epochs() { return epochs; }

    Metrics metrics() {
        EpochMetrics last = epochs.getLast();
        return new Metrics(config, List.copyOf(epochs),
                new Metrics.Final(last.testLoss(), last.testAccuracy(), recipe.model().parameterCount()), data, null, comparison);
    }

    /** Adds the scores of a student and its teacher to the metrics. */
    void compared(Map<String, Metrics.Score> scores) throws IOException {
        comparison = scores;
        write();
    }

    private void write() throws IOException { metrics().write(folder.resolve(OutputFolder.METRICS)); }

    @Override public boolean onRank0Only() { return true; }

    @Override public void fitStart(Trainer trainer) {
        epochs.clear();
        for (int i = 0; i < trainer.history().size(); i++) epochs.add(epoch(trainer.history().get(i), speeds.get(i), memories.get(i)));
    }

    @Override public void epochStart(Trainer trainer) {
        begun = System.nanoTime();
        imagesBefore = trainer.trained().count();
    }

    @Override public void evaluationStart(Trainer trainer) { trainSeconds = (System.nanoTime() - begun) * 1e-9; }

    @Override public void epochEnd(Trainer trainer) {
        speeds.add((trainer.trained().count() - imagesBefore) / trainSeconds);
        memories.add(ResidentMemory.bytes());
        epochs.add(epoch(trainer.history().getLast(), speeds.getLast(), memories.getLast()));
        try {
            write();
            if (monitor) monitor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private EpochMetrics epoch(Trainer.EpochSummary e, double imagesPerSecond, long memory) {
        return new EpochMetrics((int) e.epoch(), mean(e.train(), "loss"), mean(e.train(), "accuracy"), mean(e.test(), "loss"),
                mean(e.test(), "accuracy"), e.learningRate(), e.seconds(), imagesPerSecond, memory, recipe.excess((int) e.epoch() - 1));
    }

    private static double mean(Map<String, Double> means, String measure) { return Objects.requireNonNull(means.get(measure), measure); }

    /** Writes the file of the training monitor that PyTorch projects use, a list with four decimals for each measure, and the curves. */
    private void monitor() throws IOException {
        var lists = Map.of("loss", epochs.stream().map(e -> rounded(e.trainLoss())).toList(), "acc",
                epochs.stream().map(e -> rounded(e.trainAccuracy())).toList(),
                "valid_loss", epochs.stream().map(e -> rounded(e.testLoss())).toList(), "valid_acc",
                epochs.stream().map(e -> rounded(e.testAccuracy())).toList());
        AtomicFile.write(folder.resolve(OutputFolder.MONITOR), Json.LINE.writeValueAsBytes(new java.util.TreeMap<>(lists)));
        Curves.tryWrite(folder.resolve(OutputFolder.CURVES), metrics());
    }

    private static double rounded(double value) { return Double.isFinite(value) ? Math.round(value * 1e4) / 1e4 : value; }

    @Override public Map<String, ?> stateDict() { return Map.of("imagesPerSecond", List.copyOf(speeds), "memory", List.copyOf(memories)); }

    @SuppressWarnings("unchecked")
    @Override public void loadStateDict(Map<String, ?> state) {
        speeds = new ArrayList<>((List<Double>) state.get("imagesPerSecond"));
        memories = new ArrayList<>((List<Long>) state.get("memory"));
    }
}
