package panatorch.distributed;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import panatorch.Device;
import panatorch.Tensor;
import panatorch.TorchException;
import panatorch.distributed.DistributedException.Reason;
import panatorch.internal.calls.RawValues;
import panatorch.internal.distributed.NativeReducer;

/**
 * Averages gradients over the ranks of a group while {@code backward} computes them: libtorch's own {@code Reducer}, which also is behind
 * Python's {@code DistributedDataParallel}. Parameters are put into buckets, and a bucket is all-reduced as soon as its gradients are
 * there. {@code panatorch.nn.parallel.DataParallel} uses it for modules.
 *
 * <p>
 * The buckets never change, so that runs with the same ranks have the same bits, resumed ones too. In a group with ranks in Python they
 * change after the first step, as Python's do.
 *
 * <p>
 * One thread at a time may use a reducer, and all ranks make the same calls. It holds references to the parameters until {@link #close},
 * which comes before the group's.
 */
public final class Reducer implements AutoCloseable {
    /** The form in which gradients are sent. */
    public enum Compression {
        NONE,
        /** Half the bytes of float32; gradients above 65504 become infinite. */
        FLOAT16
    }

    /**
     * Settings of a reducer, which all ranks give alike.
     *
     * @param bucketBytes largest size of a bucket; the first one has 1 MB at most
     * @param findUnused whether each pass looks for parameters without a gradient, which takes time and one more all-reduce; without it, a
     * pass in which a parameter gets none fails
     * @param compression the form in which gradients are sent
     */
    public record Options(long bucketBytes, boolean findUnused, Compression compression) {
        /** Checks the size. */
        public Options {
            if (bucketBytes < 1) throw new IllegalArgumentException("a bucket must have at least 1 byte, not " + bucketBytes);
        }

        /** Returns the usual settings: buckets of 25 MB, all parameters used, no compression. */
        public static Options standard() {
            return new Options(25L << 20, false, Compression.NONE);
        }
    }

    private static final long FIRST_BYTES = 1L << 20;
    private static final Pattern UNUSED = Pattern.compile("did not receive grad for rank \\d+: *([\\d ]+)");

    private final ProcessGroup group;
    private final Calls calls;
    private final Options options;
    private final List<String> names;
    private final String described;
    private final NativeReducer natives;
    /** A parameter, whose device is that of all. */
    private final Tensor first;
    private boolean closed;

    private Reducer(ProcessGroup group, Map<String, Tensor> parameters, Options options) throws InterruptedException {
        this.group = group;
        this.options = options;
        calls = group.calls();
        List<String> order = new ArrayList<>(parameters.keySet());
        boolean fixed = !group.withPython();
        // Buckets that libtorch makes last have the order of the parameters, and gradients of the last ones are ready first.
        if (fixed) order = order.reversed();
        names = List.copyOf(order);
        List<Tensor> tensors = names.stream().map(parameters::get).toList();
        described = names.size() + " gradients";
        first = tensors.getFirst();
        long firstBytes = Math.min(FIRST_BYTES, options.bucketBytes);
        natives = calls.exclusively(() -> {
            String what = calls.begin("bucket layout " + options, described, tensors.getFirst());
            return calls.during(what, () -> {
                if (!fixed) NativeReducer.verify(group.natives(), tensors);
                List<int[]> buckets =
                        NativeReducer.buckets(tensors, fixed || options.findUnused ? new long[] {firstBytes, options.bucketBytes}
                                : new long[] {Long.MAX_VALUE});
                var made =
                        new NativeReducer(group.natives(), tensors, fixed ? buckets : buckets.reversed(), options.bucketBytes, firstBytes,
                                options.findUnused);
                try {
                    if (fixed && !options.findUnused) made.fixBuckets();
                    if (options.compression == Compression.FLOAT16) made.compress();
                } catch (RuntimeException e) {
                    made.close();
                    throw e;
                }
                return made;
            });
        });
    }

    /**
     * Adds hooks to parameters.
     *
     * @param parameters tensors that require gradients, by their names; alike and in the same order on all ranks
     * @throws IllegalArgumentException if there are no parameters, or one of them requires no gradient
     * @throws DistributedException if the ranks have different numbers of parameters or different options
     */
    public static Reducer of(ProcessGroup group, Map<String, Tensor> parameters, Options options) throws InterruptedException {
        if (parameters.isEmpty()) throw new IllegalArgumentException("there is no parameter whose gradient could be averaged");
        parameters.forEach((name, t) -> {
            group.calls().device().check(t);
            if (!t.requiresGrad()) throw new IllegalArgumentException("'" + name + "' requires no gradient; leave it out");
        });
        return new Reducer(group, parameters, options);
    }

    /**
     * Begins a pass.
     *
     * @param sync whether {@link #backward} of this object follows; with ranks in Python, call this method also before other passes
     */
    public void beforeForward(boolean sync) throws InterruptedException {
        if (closed) throw new IllegalStateException("this reducer is closed");
        calls.exclusively(() -> calls.during("the begin of a step", () -> {
            if (sync) natives.prepareForForward();
            if (group.withPython()) natives.rebuildBuckets();
            return natives;
        }));
    }

    /**
     * Computes gradients as {@link Tensor#backward()} does, and leaves each parameter with its average over the ranks. On the CPU the wait
     * for other ranks is inside libtorch: it ends at the group's timeout, but an interrupt does not end it. On a GPU this method returns
     * when the gradients are there, so that the failure of another rank is an exception of this step.
     *
     * @param loss tensor of one element
     * @throws DistributedException if a rank is missing, makes another call, or has a parameter without gradient, which is named
     */
    public void backward(Tensor loss) throws InterruptedException {
        if (closed) throw new IllegalStateException("this reducer is closed");
        String what = calls.exclusively(() -> {
            String named = calls.begin("backward", described, first);
            return calls.during(named, () -> {
                natives.prepareForBackward(options.findUnused ? List.of(loss) : List.of());
                return named;
            });
        });
        calls.unguarded(what, () -> RawValues.access().waitingForOthers(loss::backward));
        calls.exclusively(() -> {
            try {
                natives.checkFinished();
            } catch (TorchException e) {
                throw calls.failures().of(Reason.REFUSED, what, unfinished(String.valueOf(e.getMessage())), List.of(), e);
            }
            if (first.device().type() == Device.Type.CUDA) calls.awaitStream(what);
            return what;
        });
    }

    private String unfinished(String message) {
        Matcher m = UNUSED.matcher(message);
        if (!m.find()) return message;
        var unused = new ArrayList<String>();
        for (String index : m.group(1).strip().split(" +")) unused.add(names.get(Integer.parseInt(index)));
        return "these parameters got no gradient: " + String.join(", ", unused)
                + ". Use them all in the loss, or make the reducer with findUnused.";
    }

    /** Removes the hooks and frees the buckets. Closing twice is harmless. */
    @Override public void close() {
        if (closed) return;
        closed = true;
        natives.close();
    }
}
