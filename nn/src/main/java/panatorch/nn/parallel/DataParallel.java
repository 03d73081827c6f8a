package panatorch.nn.parallel;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import panatorch.Tensor;
import panatorch.distributed.DistributedException;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.Reducer;
import panatorch.distributed.Reducer.Compression;
import panatorch.internal.distributed.Descriptions;
import panatorch.nn.Module;

/**
 * Trains one model on all ranks of a group, each with its own part of a batch: {@code torch.nn.parallel.DistributedDataParallel}. Gradients
 * are averaged over the ranks while {@code backward} computes them, so all ranks make the same step. The model stays as it is: its state
 * dict has the same names as that of a single process.
 *
 * <pre>{@code
 * try (var group = ProcessGroup.join(); var parallel = DataParallel.of(model, group)) {
 *     for (Batch batch : partOfThisRank) {
 *         try (var scope = Scope.open()) {
 *             optimizer.zeroGrad();
 *             parallel.beforeForward();
 *             parallel.backward(loss(model.call(batch.input()), batch.target()));
 *             optimizer.step();
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>
 * The average is that of the ranks' gradients. It is the gradient of the mean loss of all examples if each rank has the same number of them
 * and its loss is their mean. To accumulate gradients over several batches, pass false to {@link #beforeForward(boolean)} for all but the
 * last.
 *
 * <p>
 * Ranks in Python may take part with a {@code DistributedDataParallel} of the same options, whose usual ones are those of
 * {@link Options#standard}.
 *
 * <p>
 * All ranks make the same calls and have the same number of batches. Ranks with one seed draw the same dropout masks; seed them with their
 * rank once this object is made. One thread at a time may use it. Failures are those of {@link ProcessGroup}, and on the CPU the wait for
 * other ranks in {@link #backward} cannot be interrupted. A model on a GPU is on the group's {@link ProcessGroup#device}. {@link #close} it
 * before the group; the model stays open.
 */
public final class DataParallel implements AutoCloseable {
    /**
     * Settings, which all ranks give alike.
     *
     * @param bucketBytes largest number of bytes of gradients that are sent at once
     * @param findUnused whether each pass looks for parameters without a gradient; without it, such a pass fails
     * @param broadcastBuffers whether the buffers of rank 0, such as running averages, are copied to all ranks before each step
     * @param compression the form in which gradients are sent
     */
    public record Options(long bucketBytes, boolean findUnused, boolean broadcastBuffers, Compression compression) {
        /** Returns the usual settings: 25 MB, all parameters used, buffers of rank 0, no compression. */
        public static Options standard() {
            return new Options(25L << 20, false, true, Compression.NONE);
        }

        /** Returns these settings with another {@link #findUnused}. */
        public Options findUnused(boolean on) {
            return new Options(bucketBytes, on, broadcastBuffers, compression);
        }

        /** Returns these settings with another {@link #broadcastBuffers}. */
        public Options broadcastBuffers(boolean on) {
            return new Options(bucketBytes, findUnused, on, compression);
        }

        /** Returns these settings with another {@link #compression}. */
        public Options compression(Compression other) {
            return new Options(bucketBytes, findUnused, broadcastBuffers, other);
        }
    }

    private final Module model;
    private final ProcessGroup group;
    private final boolean broadcastBuffers;
    private final Reducer reducer;
    private boolean syncs = true, buffersDue = true;

    private DataParallel(Module model, ProcessGroup group, Options options) throws InterruptedException {
        this.model = model;
        this.group = group;
        broadcastBuffers = options.broadcastBuffers;
        var trained = new LinkedHashMap<String, Tensor>();
        model.namedParameters().forEach((name, t) -> { if (t.requiresGrad()) trained.put(name, t); });
        if (!group.withPython()) requireSameModel(model, group);
        var state = new ArrayList<>(model.namedParameters().values());
        if (broadcastBuffers) state.addAll(model.namedBuffers().values());
        reducer = Reducer.of(group, trained, new Reducer.Options(options.bucketBytes, options.findUnused, options.compression));
        try {
            group.broadcast(0, state);
        } catch (RuntimeException | InterruptedException e) {
            reducer.close();
            throw e;
        }
    }

    /** Trains a model with the usual settings. All ranks call this method, and get the parameters and buffers of rank 0. */
    public static DataParallel of(Module model, ProcessGroup group) throws InterruptedException {
        return of(model, group, Options.standard());
    }

    /**
     * Trains a model. All ranks call this method, and get the parameters of rank 0, and its buffers if these are broadcast. Later, the
     * model's parameters must not be replaced, moved or converted, nor begin or cease to require gradients.
     *
     * @throws IllegalArgumentException on every rank if their models differ in a name, shape or type, or if no parameter requires a
     * gradient
     * @throws DistributedException if the ranks' options differ, or a rank is missing
     */
    public static DataParallel of(Module model, ProcessGroup group, Options options) throws InterruptedException {
        return new DataParallel(model, group, options);
    }

    /**
     * Requires that all ranks have the same model: the same names, shapes and types of parameters and buffers, trained or frozen alike. All
     * ranks call this method.
     *
     * @throws IllegalArgumentException on every rank if a rank's model is another than rank 0's; the message names a tensor that differs
     * @throws UnsupportedOperationException if there are ranks in Python
     */
    public static void requireSameModel(Module model, ProcessGroup group) throws InterruptedException {
        var lines = new ArrayList<String>();
        model.namedParameters().forEach((name, t) -> lines.add(name + "\t" + Descriptions.of(t) + (t.requiresGrad() ? "" : ", frozen")));
        model.namedBuffers().forEach((name, t) -> lines.add(name + "\t" + Descriptions.of(t)));
        List<String> all = group.allGather(String.join("\n", lines));
        for (int r = 1; r < all.size(); r++) {
            if (!all.get(r).equals(all.getFirst()))
                throw new IllegalArgumentException("The ranks must have the same model, but " + difference(all.getFirst(), r, all.get(r)));
        }
    }

    private static String difference(String first, int rank, String other) {
        Map<String, String> mine = tensors(first), theirs = tensors(other);
        var names = new TreeSet<>(mine.keySet());
        names.addAll(theirs.keySet());
        for (String name : names) {
            String a = mine.getOrDefault(name, "nothing"), b = theirs.getOrDefault(name, "nothing");
            if (!a.equals(b)) return "rank 0 has '" + name + "' as " + a + ", and rank " + rank + " as " + b + ".";
        }
        return "the parameters of rank 0 and rank " + rank + " are in another order.";
    }

    private static Map<String, String> tensors(String text) {
        var tensors = new LinkedHashMap<String, String>();
        if (!text.isEmpty())
            text.lines().forEach(line -> tensors.put(line.substring(0, line.indexOf('\t')), line.substring(line.indexOf(
                    '\t') + 1)));
        return tensors;
    }

    /** Begins a step; call it before the forward pass. */
    public void beforeForward() throws InterruptedException {
        beforeForward(true);
    }

    /**
     * Begins a forward and backward pass.
     *
     * @param sync whether the gradients are averaged; if not, they are added to those of this rank, as inside Python's {@code no_sync()}.
     * The next pass that averages them averages the sums
     */
    public void beforeForward(boolean sync) throws InterruptedException {
        reducer.beforeForward(sync);
        // As in Python: buffers follow the last pass that averaged, so that a rank in Python expects the same messages.
        if (buffersDue && broadcastBuffers) syncBuffers();
        syncs = buffersDue = sync;
    }

    /**
     * Computes the gradients of a loss, as {@link Tensor#backward()} does, and averages them over the ranks if this pass does so.
     *
     * @param loss tensor of one element, such as a loss scaled by a {@code GradScaler}
     * @throws DistributedException if a rank is missing or makes another call, or if parameters got no gradient, which are named; the group
     * is broken then
     */
    public void backward(Tensor loss) throws InterruptedException {
        if (syncs) reducer.backward(loss);
        else loss.backward();
    }

    /** Copies the buffers of rank 0 to all ranks, as before an evaluation. All ranks call this method. */
    public void syncBuffers() throws InterruptedException {
        group.broadcast(0, new ArrayList<>(model.namedBuffers().values()));
    }

    /** Leaves the model to this rank alone. Closing twice is harmless. */
    @Override public void close() { reducer.close(); }
}
