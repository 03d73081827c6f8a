package panatorch.apps.reproduce;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.MemoryFormat;
import panatorch.Torch;
import panatorch.amp.Precision;
import panatorch.datasets.Dataset;
import panatorch.train.Placement;

/**
 * The scale of an experiment, and where it runs.
 *
 * @param data folder of the data sets; null for the built-in images
 * @param choice data set that replaces the experiment's own, or null
 * @param full whether to use the published settings instead of ones that take minutes on two cores
 * @param repetitions number of seeds: 0, 1, …
 * @param epochs epochs that replace the experiment's own, or null
 * @param trainLimit number of training images that replaces the experiment's own, or null
 * @param device device of the networks
 * @param precision precision of training
 * @param output takes the lines of the log
 * @param interruption throws if the user has pressed Ctrl-C
 */
public record Lab(@Nullable Path data, @Nullable Choice choice, boolean full, int repetitions, @Nullable Integer epochs,
        @Nullable Integer trainLimit, Device device, Precision precision,
        Consumer<String> output, Runnable interruption) {
    /**
     * A data set that the user chose.
     *
     * @param name name for reports
     * @param train opens the training set, which the caller closes
     * @param test opens the test set, which the caller closes
     */
    public record Choice(String name, Supplier<Dataset> train, Supplier<Dataset> test) {}

    public List<Long> seeds() { return LongStream.range(0, repetitions).boxed().toList(); }

    public void say(String line) { output.accept(line); }

    public void check() { interruption.run(); }

    /** Returns the number of epochs: what the user passed, or else the quick or the published one. */
    public int epochs(int quick, int published) {
        return epochs != null ? epochs : full ? published : quick;
    }

    /** Returns the greatest number of training images; unlimited for the published settings. */
    public int trainImages(int quick) {
        return trainLimit != null ? trainLimit : full ? Integer.MAX_VALUE : quick;
    }

    /**
     * Returns the greatest number of test images: unlimited for the published settings, and at most the number of training images that the
     * user passed.
     */
    public int testImages(int quick) { return full ? Integer.MAX_VALUE : trainLimit != null ? Math.min(trainLimit, quick) : quick; }

    public Placement placement() { return new Placement(device, precision, MemoryFormat.CHANNELS_LAST); }

    /**
     * Returns a report with the settings that all experiments have.
     *
     * @param own further settings of this experiment
     */
    public Report report(Experiment e, Map<String, ?> own, Table table, Map<String, double[]> curves, String curve, List<String> notes) {
        var s = new LinkedHashMap<String, Object>();
        s.put("full", full);
        s.put("device", device.toString());
        s.put("precision", precision.toString());
        s.put("threads", Torch.numThreads());
        s.put("libtorch", Torch.version());
        s.putAll(own);
        return new Report(e, s, seeds(), table, curves, curve, notes);
    }
}
