package panatorch.metrics;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.ProcessGroup;

/**
 * A metric that is updated batch by batch, and whose state can be merged with that of other parts of the data, in this process or in
 * others.
 *
 * <pre>{@code
 * try (var curves = new ThresholdCurves(10)) {
 *     for (…) curves.update(net.call(images), labels);
 *     curves.reduce(group);                                  // with several processes
 *     double auroc = curves.auroc(Average.MACRO);
 * }
 * }</pre>
 *
 * <p>
 * Tensors of a batch may be on any device and have a history for gradients, which is not followed. {@code update} does not wait for a GPU;
 * the methods that return a number read the state.
 *
 * <p>
 * Owns its state, on the device of the first batch, until it is reset or closed. For use by one thread at a time.
 */
public abstract class StreamingMetric implements AutoCloseable {
    /** The numbers that describe a state tensor to other processes: code of its type, dimensions, and two sizes. */
    private static final int DESCRIPTION = 4;

    StreamingMetric() {}

    /** Returns the number of tensors of a state. */
    abstract int parts();

    /** Returns the state's tensors, of one or two dimensions, or an empty list before the first batch. They stay the metric's own. */
    abstract List<Tensor> state();

    /** Adds another state, whose tensors stay the caller's. Is called in a scope, with gradient recording off. */
    abstract void add(List<Tensor> state);

    /** Returns the settings that metrics need to have in common to be merged. */
    Object settings() { return ""; }

    /** Frees the state and starts again. */
    public abstract void reset();

    /** Returns whether nothing was added since the beginning or the last {@link #reset}. */
    public final boolean isEmpty() {
        return state().isEmpty();
    }

    /**
     * Adds the state of a metric of the same kind, as if this one had been updated with that one's batches after its own.
     *
     * @throws IllegalArgumentException if the other one is of another class, has other settings, or is this one
     */
    public final void merge(StreamingMetric other) {
        if (other == this) throw new IllegalArgumentException("a metric cannot be merged with itself");
        if (other.getClass() != getClass() || !other.settings().equals(settings()))
            throw new IllegalArgumentException("cannot merge " + this + " with " + other + "; their classes and settings have to be equal");
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            List<Tensor> state = other.state();
            if (!state.isEmpty()) add(state);
        }
    }

    /**
     * Merges the states of all processes, in the order of their ranks, so that each has the state of all data, bit for bit the same. All
     * ranks have to call it, also those without data, once after their last batch.
     *
     * @throws panatorch.distributed.DistributedException if a rank fails; the state is unchanged then
     * @throws InterruptedException if the thread is interrupted while it waits
     */
    public final void reduce(ProcessGroup group) throws InterruptedException {
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            List<Tensor> own = state();
            Device device = own.isEmpty() ? Device.CPU : own.getFirst().device();
            List<List<Tensor>> all = gathered(group, own);
            reset();
            for (List<Tensor> state : all) add(state.stream().map(t -> t.to(device)).toList());
        }
    }

    /** Returns the states of the ranks that have one, on the CPU. */
    private List<List<Tensor>> gathered(ProcessGroup group, List<Tensor> own) throws InterruptedException {
        var description = new long[DESCRIPTION * parts()];
        Arrays.fill(description, -1);
        for (int i = 0; i < own.size(); i++) {
            Tensor t = own.get(i);
            long[] numbers = {t.dtype().code(), t.dim(), t.size(0), t.dim() == 2 ? t.size(1) : 1};
            System.arraycopy(numbers, 0, description, DESCRIPTION * i, DESCRIPTION);
        }
        Tensor into = Torch.zeros(DType.INT64, (long) group.ranks() * description.length);
        group.allGather(into, Torch.tensor(description).cpu()).await();
        long[] all = into.toLongArray();
        var states = new ArrayList<List<Tensor>>();
        for (int r = 0; r < group.ranks(); r++) states.add(new ArrayList<>());
        for (int i = 0; i < parts(); i++) gather(group, i, all, own, states);
        return states.stream().filter(s -> !s.isEmpty()).toList();
    }

    private void gather(ProcessGroup group, int part, long[] descriptions, List<Tensor> own, List<List<Tensor>> states)
            throws InterruptedException {
        int ranks = group.ranks();
        long most = 0;
        DType type = null;
        for (int r = 0; r < ranks; r++) {
            int at = DESCRIPTION * (r * parts() + part);
            if (descriptions[at] < 0) continue;
            DType its = DType.ofCode((int) descriptions[at]);
            type = type == null ? its : Torch.promoteTypes(type, its);
            most = Math.max(most, descriptions[at + 2] * descriptions[at + 3]);
        }
        if (type == null) return;
        Tensor padded = Torch.zeros(type, most), all = Torch.zeros(type, ranks * most);
        if (!own.isEmpty()) padded.narrow(0, 0, own.get(part).numel()).copy_(own.get(part).flatten());
        if (most > 0) group.allGather(all, padded).await();
        for (int r = 0; r < ranks; r++) {
            int at = DESCRIPTION * (r * parts() + part);
            if (descriptions[at] < 0) continue;
            long rows = descriptions[at + 2], columns = descriptions[at + 3];
            Tensor flat = all.narrow(0, r * most, rows * columns);
            states.get(r).add(descriptions[at + 1] == 2 ? flat.view(rows, columns) : flat);
        }
    }

    /** Frees the state. Closing twice is harmless. */
    @Override public final void close() { reset(); }

    @Override public String toString() {
        Object settings = settings();
        return getClass().getSimpleName() + (settings.equals("") ? "" : " with " + settings);
    }
}
