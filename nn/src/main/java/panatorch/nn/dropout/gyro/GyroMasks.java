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
 * The masks of one layer for each of a {@link GyroSchedule}'s subnetworks (Lee et al., MLSys 2022): a bank [σ, D], drawn once. The rows of
 * a batch get the masks of the active subnetworks in contiguous groups: row i of B has the mask of subnetwork ⌊i · τ/B⌋ of the τ active
 * ones. Group sizes differ by one row at most, so batches of any size work; a batch of fewer than τ rows leaves some subnetworks out.
 * Because a row's place decides its mask, batches have to be shuffled.
 *
 * <pre>{@code
 * layer.setMasks(new GyroMasks(schedule));     // GyroDropout.replaceIn does it for all layers of a model
 * }</pre>
 *
 * <p>
 * The bank is float32, the buffer {@code bank} of the layer's child module {@code masks}: it is saved with the model and moved by
 * {@code to}. It is drawn at the first training forward, with the width seen there, or loaded before. Its masks are Bernoulli(1 − p)
 * without empty rows, and distinct as far as D allows. It does not change afterwards: a layer whose p changes needs a new bank.
 *
 * <p>
 * Once a selection, the active masks are expanded to the batch's rows in the input's type, and reused while batches keep their size: a step
 * then costs one multiplication. The schedule owns this expanded mask. Masks belong to one layer, or to layers of one width that share
 * them.
 *
 * <p>
 * Not implemented: batches without a dimension for rows, and one bank for several training processes.
 */
public final class GyroMasks extends Module implements MaskSource {
    private final GyroSchedule schedule;
    private final GyroOptions options;
    private final int layer;
    private double drawnFor = Double.NaN;
    private @Nullable Ready ready;
    private @Nullable Groups groups;
    private @Nullable Order order;

    /** An expanded mask and the values it was made from. */
    private record Ready(long[] order, int selection, double p, DType dtype, Device device, long[] shape, Tensor mask) {
        boolean fits(long[] order, int selection, double p, Tensor like, long[] shape) {
            return this.order == order && this.selection == selection && this.p == p && dtype == like.dtype()
                    && Arrays.equals(this.shape, shape) && device.equals(like.device());
        }
    }

    private record Groups(long[] order, int selection, Tensor kept) {}

    /** The schedule's order on a device. It is copied there once, because a copy from Java's memory waits for the device. */
    private record Order(long[] of, Tensor there) {}

    public GyroMasks(GyroSchedule schedule) { this(schedule, GyroOptions.DEFAULT); }

    /**
     * Creates the masks of a layer.
     *
     * @param options options, whose {@code p} and {@code channelLayers} are ignored here: p is the layer's
     */
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

    /** Returns the layer's number in the schedule. */
    public int layer() { return layer; }

    /** Returns the bank [σ, D] of zeros and ones, owned by this module; null before the first training forward. */
    public @Nullable Tensor bank() {
        return bufferOrNull("bank");
    }

    /**
     * Returns the mask [B, …] of the active subnetworks, scaled by {@link GyroOptions.Scale}. It broadcasts to {@code shape}. The schedule
     * owns it.
     *
     * @throws IllegalArgumentException if p is 0 or 1, or the input has no rows or another width than the bank
     * @throws IllegalStateException if p is not the one for which the bank was drawn
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
                if (InferenceMode.isEnabled()) { // an inference tensor could not be reused in training
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

    /** Returns the dimension of features or channels, or −1 for all but the first. */
    private int unit(Tensor like, long[] shape) {
        boolean reduced = !Arrays.equals(shape, like.shape());
        if (shape.length < 2 || reduced && shape.length == 2)
            throw new IllegalArgumentException("gyro masks need batches [B, D], [B, T, D] or [B, C, …], not " + like.describe());
        if (options.units() == GyroOptions.Units.ELEMENTS && !reduced) return -1;
        // layers that drop channels ask for [B, C, 1, …]
        boolean channels = options.units() == GyroOptions.Units.CHANNELS || reduced && shape[1] != 1;
        return shape.length == 3 && !channels ? 2 : 1;
    }

    private static long width(long[] shape, int unit) {
        return unit >= 0 ? shape[unit] : Arrays.stream(shape).skip(1).reduce(1, Math::multiplyExact);
    }

    private Tensor bank(long width, Device device, double p) {
        Tensor bank = bufferOrNull("bank");
        if (bank == null) bank = draw(width, device, p);
        if (bank.size(1) != width)
            throw new IllegalArgumentException("the bank has masks of " + bank.size(1) + " units, but the input has " + width
                    + ": use a dropout layer of its own for each width");
        if (Double.isNaN(drawnFor)) drawnFor = GyroOptions.checkP(p);
        if (p != drawnFor)
            throw new IllegalStateException("the bank was drawn for p = " + drawnFor + ", but the layer's p is now " + p
                    + ": set new GyroMasks");
        if (!bank.device().equals(device)) bank.setData(bank.to(device)); // the model was moved after the bank was loaded or drawn
        return bank;
    }

    private Tensor draw(long width, Device device, double p) {
        GyroOptions.checkP(p);
        if (width < 1) throw new IllegalArgumentException("the input's rows have no units to mask");
        if (InferenceMode.isEnabled())
            throw new IllegalStateException("the first training forward draws the bank and cannot run in inference mode");
        int count = schedule.subnetworks(), group = options.group();
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor drawn = schedule.kind() == GyroSchedule.Kind.COMPOSER ? MaskBank.published(count, width, p, schedule.generator())
                    : group == 1 ? MaskBank.independent(count, width, p, schedule.generator())
                            : MaskBank.grouped(count, width, group, kept(width, p), schedule.generator());
            Tensor bank = drawn.to(device);
            setBuffer("bank", bank);
            return bank;
        }
    }

    /** Returns the number of groups that a mask keeps, for {@code group} above 1. */
    private long kept(long width, double p) {
        if (width % options.group() != 0)
            throw new IllegalArgumentException("groups of " + options.group() + " do not divide " + width + " units");
        long kept = Math.round((1 - p) * width / options.group());
        if (kept == 0)
            throw new IllegalArgumentException("a drop probability of " + p + " keeps none of the " + width / options.group() + " groups");
        return kept;
    }

    /** Returns the active masks of the bank, [τ, D]. */
    private Tensor active(Tensor bank) {
        Order o = order;
        if (o == null || o.of != schedule.order(layer) || !o.there.device().equals(bank.device())) {
            if (o != null) o.there.close();
            order = o = new Order(schedule.order(layer), Torch.tensor(schedule.order(layer)).to(bank.device()).escape());
        }
        return bank.indexSelect(0, o.there.narrow(0, (long) schedule.selection(layer) * schedule.concurrent(), schedule.size(layer)));
    }

    /**
     * Scales the active masks.
     *
     * @param active masks [τ, D] of zeros and ones
     */
    private Tensor scaled(Tensor active, long width, double p) {
        if (options.scale() == GyroOptions.Scale.EMPIRICAL) return active.div(active.mean(DType.FLOAT64)); // does not wait for the device
        return active.div(keep(width, p));
    }

    private double keep(long width, double p) { return options.group() == 1 ? 1 - p : (double) (kept(width, p) * options.group()) / width; }

    /** Expands [τ, D] → [B, …], with 1 in the dimensions that share a value; [1, …] if τ is 1. */
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
     * Returns the groups that the active subnetworks keep: int64 [τ, k], in order. The tensor belongs to the current scope.
     *
     * @param features features [B, D]; the bank is drawn for them if it is missing
     * @throws IllegalStateException if masks are not block-wise
     */
    Tensor keptGroups(Tensor features, double p) {
        if (options.group() == 1)
            throw new IllegalStateException("masks of single units keep different numbers of units; set GyroOptions.group above 1");
        Tensor bank = bank(features.size(1), features.device(), p);
        Groups g = groups;
        if (g == null || g.order != schedule.order(layer) || g.selection != schedule.selection(layer)
                || !g.kept.device().equals(features.device())) {
            try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
                Tensor perGroup = active(bank).unflatten(1, new long[] {-1, options.group()}).select(2, 0);
                Tensor kept = perGroup.argsort(true, 1, true).narrow(1, 0, kept(features.size(1), p)).contiguous();
                if (g != null) g.kept.close();
                groups = g = new Groups(schedule.order(layer), schedule.selection(layer), kept.escape());
            }
        }
        return g.kept;
    }

    /** Returns the fraction of units that a mask of groups keeps. */
    double keepProbability(Tensor features, double p) {
        return keep(features.size(1), p);
    }

    /** Returns the mask of one subnetwork for all rows. It belongs to the current scope. */
    Tensor single(Tensor bank, int subnetwork, Tensor like, long[] shape, double p) {
        return rows(scaled(bank.narrow(0, subnetwork, 1).to(like.dtype()), bank.size(1), p), shape, unit(like, shape));
    }

    /** Frees the expanded mask. It is made again when it is needed. */
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
        if (bank.dim() != 2 || bank.size(0) != schedule.subnetworks())
            throw new IllegalArgumentException("the bank of " + schedule.subnetworks() + " subnetworks has to be [" + schedule.subnetworks()
                    + ", D]; the state has " + bank.describe());
        setBuffer("bank", Torch.empty(bank.shape()));
    }

    @Override protected Module recreate() { return new GyroMasks(this); }

    @Override public void close() {
        forget();
        super.close();
    }

    @Override protected String describe() { return schedule + (options.group() > 1 ? ", groups of " + options.group() : ""); }
}
