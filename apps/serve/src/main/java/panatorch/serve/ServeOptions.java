package panatorch.serve;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import panatorch.Device;

/**
 * Options of {@link Served}. Each method returns changed options.
 *
 * <pre>{@code ServeOptions.standard().maxBatch(32).queue(256).timeout(Duration.ofMillis(200)).bucket("input_ids", 1, 32, 64, 128)}</pre>
 */
public final class ServeOptions {
    String name = "model";
    long maxBatch = 64;
    long delayNanos;
    int queue = 1024;
    int workers;
    int threads = 1;
    /** Where the model computes; null if it takes inputs where they are. */
    @Nullable
    Device device;
    @Nullable
    Duration timeout;
    List<Bucket> buckets = List.of();
    Map<String, Double> paddings = Map.of();
    List<Request> samples = List.of();
    List<ServeListener> listeners = List.of();

    /** The sizes to which a dimension of an input is padded. */
    record Bucket(String input, int dim, long[] sizes) {}

    private ServeOptions() {}

    /**
     * Returns the options without any changes: batches of up to 64 rows without a delay, 1024 waiting requests, a worker for each processor
     * with one libtorch thread, no time limit, no buckets.
     */
    public static ServeOptions standard() { return new ServeOptions(); }

    private ServeOptions with(Consumer<ServeOptions> change) {
        var o = new ServeOptions();
        o.name = name;
        o.maxBatch = maxBatch;
        o.delayNanos = delayNanos;
        o.queue = queue;
        o.workers = workers;
        o.threads = threads;
        o.device = device;
        o.timeout = timeout;
        o.buckets = buckets;
        o.paddings = paddings;
        o.samples = samples;
        o.listeners = listeners;
        change.accept(o);
        return o;
    }

    private static long atLeast(long least, long value, String what) {
        if (value < least) throw new IllegalArgumentException(what + " has to be at least " + least + ", not " + value);
        return value;
    }

    private static <T> List<T> join(List<T> some, T one) {
        var all = new ArrayList<>(some);
        all.add(one);
        return List.copyOf(all);
    }

    /** Names the model in messages, events and thread names. */
    public ServeOptions name(String name) { return with(o -> o.name = name); }

    /**
     * Sets the greatest number of rows of a request and of a batch. It may be lower if the model's signature says so. Batches have fewer
     * rows if larger ones took no less time a row when the workers started, as on a CPU those of large models.
     */
    public ServeOptions maxBatch(long rows) {
        atLeast(1, rows, "the greatest batch");
        return with(o -> o.maxBatch = rows);
    }

    /**
     * Sets how long a free worker waits for more requests before it runs a batch that is not full. Without a delay, a batch is what is
     * queued when a worker becomes free.
     */
    public ServeOptions delay(Duration delay) {
        atLeast(0, delay.toNanos(), "the delay in nanoseconds");
        return with(o -> o.delayNanos = delay.toNanos());
    }

    /** Sets the greatest number of requests that wait. Further ones are refused with a {@link QueueFullException}. */
    public ServeOptions queue(int requests) {
        atLeast(1, requests, "the queue");
        return with(o -> o.queue = requests);
    }

    /**
     * Sets the number of worker threads; without it, there is one for each {@link #threads} processors, or a single one for a model on a
     * {@linkplain #device GPU}.
     */
    public ServeOptions workers(int workers) {
        atLeast(1, workers, "the number of workers");
        return with(o -> o.workers = workers);
    }

    /** Sets the number of libtorch threads of each worker. */
    public ServeOptions threads(int threads) {
        atLeast(1, threads, "the number of threads");
        return with(o -> o.threads = threads);
    }

    /**
     * Sets the device that has the model's weights: batches are copied there, and answers back to the CPU. Without it, the model gets its
     * inputs where callers have them. A GPU has one worker, unless {@link #workers} says otherwise, and works on that worker's current
     * stream.
     */
    public ServeOptions device(Device device) {
        return with(o -> o.device = device);
    }

    /** Sets the time within which requests have to be answered that say nothing else. */
    public ServeOptions timeout(Duration timeout) {
        return with(o -> o.timeout = timeout);
    }

    /**
     * Pads a variable dimension to the least of some sizes that holds it, so that requests of different sizes share a batch. All inputs
     * with a dimension of the same symbol are padded, and outputs with one are cut back. A request above the greatest size is not padded.
     *
     * <p>
     * Only for models whose answers do not depend on the padding, for example because an attention mask, which is padded too, leaves it
     * out.
     *
     * @param input name of an input
     * @param dim number of its dimension, from 1
     * @param sizes sizes, ascending
     */
    public ServeOptions bucket(String input, int dim, long... sizes) {
        if (sizes.length == 0) throw new IllegalArgumentException("a bucket needs at least one size");
        for (int i = 1; i < sizes.length; i++)
            if (sizes[i] <= sizes[i - 1])
                throw new IllegalArgumentException("the sizes of a bucket have to ascend: " + Arrays.toString(sizes));
        return with(o -> o.buckets = join(buckets, new Bucket(input, dim, sizes.clone())));
    }

    /** Sets the number with which an input is padded, in place of 0. */
    public ServeOptions padding(String input, double value) {
        var more = new TreeMap<>(paddings);
        more.put(input, value);
        return with(o -> o.paddings = more);
    }

    /**
     * Adds a request that every worker runs before the first caller's, alone and in growing batches, for every bucket. Its tensors must
     * live until {@link Served#of} returns. Without samples, zeros are run if the signature, with the buckets, tells all sizes.
     */
    public ServeOptions sample(Request sample) {
        return with(o -> o.samples = join(samples, sample));
    }

    /** Adds a listener. */
    public ServeOptions listener(ServeListener listener) {
        return with(o -> o.listeners = join(listeners, listener));
    }

    int workerCount() {
        if (workers > 0) return workers;
        return isOnGpu() ? 1 : Math.max(1, Runtime.getRuntime().availableProcessors() / threads);
    }

    boolean isOnGpu() { return device != null && device.type() == Device.Type.CUDA; }
}
