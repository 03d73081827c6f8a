package panatorch.nn.dropout.gyro;

import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.InferenceMode;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.nn.MaskSource;
import panatorch.nn.Module;

/**
 * A layer's mask of each of a {@link GyroSchedule}'s subnetworks (Lee et al., MLSys 2022): a bank [σ, D], drawn once, of which the batch's rows get
 * those that train now, in contiguous groups: row i of B has the mask of subnetwork ⌊i · τ/B⌋ of the τ that are active. So group sizes differ by one
 * row at most, and any batch will do; one of fewer than τ rows leaves some subnetworks out. As a row's place decides its mask, batches
 * have to be shuffled.
 *
 * <pre>{@code
 * layer.setMasks(new GyroMasks(schedule));     // GyroDropout.replaceIn does it for all layers of a model
 * }</pre>
 *
 * <p>The bank is float32, a buffer {@code bank} of the child {@code masks} of its layer: saved with the model, moved by {@code to}. It is drawn at
 * the first training forward, of the width seen there, or loaded before. Its masks are Bernoulli(1 − p) without empty rows, and distinct while D allows.
 * It does not change afterwards: a layer whose p changes needs another.
 *
 * <p>What is active is multiplied out to the batch's rows in the input's type once a selection, and used as long as batches stay of one size: a step then costs one multiplication.
 * The schedule owns this mask. Masks belong to one layer, or to layers of one width that should have the same.
 *
 * <p>Not done: batches without a dimension for rows, and training under several processes with one bank.
 */
public final class GyroMasks extends Module implements MaskSource {
    private final GyroSchedule schedule;
    private final GyroOptions options;
    private final int layer;
    private double drawnFor = Double.NaN;
    private @Nullable Ready ready;
    private @Nullable Groups groups;
    private @Nullable Order order;

    /** What a mask was made of, and the mask. */
    private record Ready(long[] order, int selection, double p, DType dtype, Device device, long[] shape, Tensor mask) {
        boolean fits(long[] order, int selection, double p, Tensor like, long[] shape) {
            return this.order == order && this.selection == selection && this.p == p && dtype == like.dtype() && Arrays.equals(this.shape, shape) && device.equals(like.device());
        }
    }

    private record Groups(long[] order, int selection, Tensor kept) {}

    /** The schedule's order on a device: copied there once, as a copy from Java's memory makes the device wait. */
    private record Order(long[] of, Tensor there) {}

    public GyroMasks(GyroSchedule schedule) { this(schedule, GyroOptions.DEFAULT); }

    /** @param options of which {@code p} and {@code channelLayers} say nothing here: p is the layer's */
    public GyroMasks(GyroSchedule schedule, GyroOptions options) {
        this.schedule = schedule;
        this.options = options;
        buffer("bank", null);
        layer = schedule.join(this::forget);
    }

    private GyroMasks(GyroMasks original) {
        schedule = original.schedule;
        options = original.options;
        drawnFor = original.drawnFor;
        layer = original.layer;
        buffer("bank", null);
        schedule.joinAsCopy(this::forget);
    }

    public GyroSchedule schedule() { return schedule; }

    public GyroOptions options() { return options; }

    /** The layer's number in the schedule. */
    public int layer() { return layer; }

    /** [σ, D] of zeros and ones, this module's own; null before the first training forward. */
    public @Nullable Tensor bank() { return bufferOrNull("bank"); }

    /**
     * The mask [B, …] of the subnetworks that are active, by {@link GyroOptions.Scale}; it broadcasts to {@code shape}. The mask is the schedule's.
     *
     * @throws IllegalArgumentException if p is 0 or 1, or the input has no rows or is of another width than the bank
     * @throws IllegalStateException if p is not what the bank was drawn for
     */
    @Override public Tensor mask(Tensor like, long[] shape, double p) {
        int unit = unit(like, shape);
        Tensor bank = bank(width(shape, unit), like.device(), p);
        long[] order = schedule.order(layer);
        int selection = schedule.selection(layer);
        Ready r = ready;
        if (r == null || !r.fits(order, selection, p, like, shape)) {
            try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                Tensor mask = rows(scaled(active(bank).to(like.dtype()), bank.size(1), p), shape, unit);
                if (InferenceMode.isEnabled()) { // no training step could use it
                    schedule.forwarded(layer);
                    return scope.move(mask);
                }
                if (r != null) r.mask.close();
                ready = r = new Ready(order, selection, p, like.dtype(), like.device(), shape.clone(), mask.escape());
            }
        }
        schedule.forwarded(layer);
        return r.mask;
    }

    /** The dimension of features or channels; −1 for all but the first. */
    private int unit(Tensor like, long[] shape) {
        boolean reduced = !Arrays.equals(shape, like.shape());
        if (shape.length < 2 || reduced && shape.length == 2) throw new IllegalArgumentException("gyro masks are of batches [B, D], [B, T, D] or [B, C, …], and this is " + like.describe());
        if (options.units() == GyroOptions.Units.ELEMENTS && !reduced) return -1;
        boolean channels = options.units() == GyroOptions.Units.CHANNELS || reduced && shape[1] != 1; // a layer that drops channels asks for [B, C, 1, …]
        return shape.length == 3 && !channels ? 2 : 1;
    }

    private static long width(long[] shape, int unit) {
        return unit >= 0 ? shape[unit] : Arrays.stream(shape).skip(1).reduce(1, Math::multiplyExact);
    }

    private Tensor bank(long width, Device device, double p) {
        Tensor bank = bufferOrNull("bank");
        if (bank == null) bank = draw(width, device, p);
        if (bank.size(1) != width) throw new IllegalArgumentException("the bank has masks of " + bank.size(1) + " units, and the input has " + width + ": a layer that is used for several widths needs a layer for each");
        if (Double.isNaN(drawnFor)) drawnFor = GyroOptions.checkP(p);
        if (p != drawnFor) throw new IllegalStateException("the bank was drawn for p = " + drawnFor + ", and the layer's p is " + p + " now: gyro dropout keeps its masks");
        if (!bank.device().equals(device)) bank.setData(bank.to(device)); // it was loaded, or drawn, before the model moved
        return bank;
    }

    private Tensor draw(long width, Device device, double p) {
        GyroOptions.checkP(p);
        if (width < 1) throw new IllegalArgumentException("there is nothing to mask in rows of no units");
        if (InferenceMode.isEnabled()) throw new IllegalStateException("the bank is drawn by the first training forward, and this one is in inference mode");
        int count = schedule.subnetworks(), group = options.group();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor drawn = schedule.kind() == GyroSchedule.Kind.COMPOSER ? MaskBank.published(count, width, p, schedule.generator())
                    : group == 1 ? MaskBank.independent(count, width, p, schedule.generator()) : MaskBank.grouped(count, width, group, kept(width, p), schedule.generator());
            Tensor bank = drawn.to(device);
            setBuffer("bank", bank);
            return bank;
        }
    }

    /** Of how many groups a mask keeps, {@code group} being above 1. */
    private long kept(long width, double p) {
        if (width % options.group() != 0) throw new IllegalArgumentException("groups of " + options.group() + " do not divide " + width + " units");
        long kept = Math.round((1 - p) * width / options.group());
        if (kept == 0) throw new IllegalArgumentException("a drop probability of " + p + " keeps none of " + width / options.group() + " groups");
        return kept;
    }

    /** What is active of the bank: [τ, D]. */
    private Tensor active(Tensor bank) {
        Order o = order;
        if (o == null || o.of != schedule.order(layer) || !o.there.device().equals(bank.device())) {
            if (o != null) o.there.close();
            order = o = new Order(schedule.order(layer), Torch.tensor(schedule.order(layer)).to(bank.device()).escape());
        }
        return bank.indexSelect(0, o.there.narrow(0, (long) schedule.selection(layer) * schedule.concurrent(), schedule.size(layer)));
    }

    /** @param active [τ, D] of zeros and ones */
    private Tensor scaled(Tensor active, long width, double p) {
        if (options.scale() == GyroOptions.Scale.EMPIRICAL) return active.div(active.mean(DType.FLOAT64)); // without waiting for the device
        return active.div(keep(width, p));
    }

    private double keep(long width, double p) { return options.group() == 1 ? 1 - p : (double) (kept(width, p) * options.group()) / width; }

    /** [τ, D] → [B, …], with 1 in the dimensions that share a value; [1, …] if τ is 1. */
    private static Tensor rows(Tensor active, long[] shape, int unit) {
        long count = active.size(0), batch = shape[0];
        long[] view = shape.clone();
        for (int i = 1; i < view.length; i++) if (unit >= 0 && i != unit) view[i] = 1;
        if (count == 1) view[0] = 1;
        else if (batch % count == 0) active = active.unsqueeze(1).expand(count, batch / count, active.size(1));
        else active = active.indexSelect(0, Aten.arange(batch, DType.INT64, null, active.device()).mul(count).floorDivide(batch));
        return active.reshape(view);
    }

    /**
     * The groups that active subnetworks keep: int64 [τ, k], in order. It belongs to the current scope.
     *
     * @param features [B, D], which the bank is drawn for if it is not there
     * @throws IllegalStateException if masks are not block-wise
     */
    Tensor keptGroups(Tensor features, double p) {
        if (options.group() == 1) throw new IllegalStateException("only masks of groups keep equally many units each: GyroOptions.group");
        Tensor bank = bank(features.size(1), features.device(), p);
        Groups g = groups;
        if (g == null || g.order != schedule.order(layer) || g.selection != schedule.selection(layer) || !g.kept.device().equals(features.device())) {
            try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                Tensor perGroup = active(bank).unflatten(1, new long[] {-1, options.group()}).select(2, 0);
                Tensor kept = perGroup.argsort(true, 1, true).narrow(1, 0, kept(features.size(1), p)).contiguous();
                if (g != null) g.kept.close();
                groups = g = new Groups(schedule.order(layer), schedule.selection(layer), kept.escape());
            }
        }
        return g.kept;
    }

    /** The share of units that a mask of groups keeps. */
    double keepProbability(Tensor features, double p) { return keep(features.size(1), p); }

    /** The mask of one subnetwork for all rows; of the current scope. */
    Tensor single(Tensor bank, int subnetwork, Tensor like, long[] shape, double p) {
        return rows(scaled(bank.narrow(0, subnetwork, 1).to(like.dtype()), bank.size(1), p), shape, unit(like, shape));
    }

    /** Frees what is ready; it is made anew when it is needed. */
    void forget() {
        if (order != null) order.there.close();
        if (ready != null) ready.mask.close();
        if (groups != null) groups.kept.close();
        ready = null;
        groups = null;
        order = null;
    }

    @Override protected void beforeLoad(Map<String, Tensor> own) {
        forget();
        Tensor bank = own.get("bank");
        if (bank == null || bufferOrNull("bank") != null) return;
        if (bank.dim() != 2 || bank.size(0) != schedule.subnetworks()) throw new IllegalArgumentException("a bank of " + schedule.subnetworks() + " subnetworks is [" + schedule.subnetworks() + ", D], and the state has " + bank.describe());
        setBuffer("bank", Torch.empty(bank.shape()));
    }

    @Override protected Module recreate() { return new GyroMasks(this); }

    @Override public void close() {
        forget();
        super.close();
    }

    @Override protected String describe() { return schedule + (options.group() > 1 ? ", groups of " + options.group() : ""); }
}
