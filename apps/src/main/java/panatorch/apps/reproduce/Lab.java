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
 * Where and how large experiments run.
 *
 * @param data folder of the unpacked data sets, or null for the built-in images
 * @param choice in place of the experiment's own data set, or null
 * @param full the published settings, in place of ones that take minutes on two cores
 * @param repetitions with the seeds 0, 1, …
 * @param epochs in place of the experiment's own, or null
 * @param trainLimit of images in place of the experiment's own, or null
 * @param output told a line at a time
 * @param interruption throws if the user wants an end
 */
public record Lab(@Nullable Path data, @Nullable Choice choice, boolean full, int repetitions, @Nullable Integer epochs, @Nullable Integer trainLimit, Device device, Precision precision,
        Consumer<String> output, Runnable interruption) {
    /** Images that an experiment may be about, as well. @param train opens the training set, which is the caller's */
    public record Choice(String name, Supplier<Dataset> train, Supplier<Dataset> test) {}

    public List<Long> seeds() { return LongStream.range(0, repetitions).boxed().toList(); }

    public void say(String line) { output.accept(line); }

    public void check() { interruption.run(); }

    /** The first for a run of minutes, the second for the published settings, or what the user said. */
    public int epochs(int quick, int published) { return epochs != null ? epochs : full ? published : quick; }

    /** How many training images: all for the published settings. */
    public int trainImages(int quick) { return trainLimit != null ? trainLimit : full ? Integer.MAX_VALUE : quick; }

    /** How many test images: all for the published settings, and as many as the user said of the training images at most. */
    public int testImages(int quick) { return full ? Integer.MAX_VALUE : trainLimit != null ? Math.min(trainLimit, quick) : quick; }

    public Placement placement() { return new Placement(device, precision, MemoryFormat.CHANNELS_LAST); }

    /** A report that says of all runs where they come from. @param own what decides the numbers of this experiment, besides */
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
