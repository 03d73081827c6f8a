package panatorch.apps.reproduce;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
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
 * @param scale size of networks and data, and number of epochs
 * @param seeds the seeds of a complete table
 * @param epochs epochs that replace the experiment's own, or null
 * @param trainLimit number of training images that replaces the experiment's own, or null
 * @param device device of the networks
 * @param precision precision of training
 * @param output takes the lines of the log
 * @param interruption throws if the user has pressed Ctrl-C
 */
public record Lab(@Nullable Path data, @Nullable Choice choice, Scale scale, List<Long> seeds, @Nullable Integer epochs,
        @Nullable Integer trainLimit, Device device, Precision precision,
        Consumer<String> output, Runnable interruption) {
    private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

    /**
     * A data set that the user chose.
     *
     * @param name name for reports
     * @param train opens the training set, which the caller closes
     * @param test opens the test set, which the caller closes
     */
    public record Choice(String name, Supplier<Dataset> train, Supplier<Dataset> test) {}

    /** Returns the seeds 0 to {@code count} − 1. */
    public static List<Long> firstSeeds(int count) {
        return LongStream.range(0, count).boxed().toList();
    }

    public void say(String line) { output.accept(line); }

    public void check() { interruption.run(); }

    public boolean full() { return scale == Scale.FULL; }

    /** Returns the number of epochs: what the user passed, or else the number of the scale. */
    public int epochs(int quick, int medium, int published) {
        return epochs != null ? epochs : scale.of(quick, medium, published);
    }

    /** Returns the greatest number of training images; unlimited for the published settings. */
    public int trainImages(int quick, int medium) {
        return trainLimit != null ? trainLimit : scale.of(quick, medium, Integer.MAX_VALUE);
    }

    /**
     * Returns the greatest number of test images: unlimited for the published settings, and otherwise at most the number of training images
     * that the user passed.
     */
    public int testImages(int quick, int medium) {
        int size = scale.of(quick, medium, Integer.MAX_VALUE);
        return trainLimit != null && !full() ? Math.min(trainLimit, size) : size;
    }

    /**
     * Returns the time that networks have taken so far, in nanoseconds: this thread's processor time on the CPU, and elsewhere the time.
     */
    long now() {
        return device.type() == Device.Type.CPU ? CLOCK.getCurrentThreadCpuTime() : System.nanoTime();
    }

    public Placement placement() { return new Placement(device, precision, MemoryFormat.CHANNELS_LAST); }

    /** Describes the machine, which may differ between the runs of an experiment. */
    Map<String, String> machine() {
        var m = new LinkedHashMap<String, String>();
        m.put("device", device.toString());
        m.put("threads", Integer.toString(Torch.numThreads()));
        m.put("libtorch", Torch.version());
        return m;
    }
}
