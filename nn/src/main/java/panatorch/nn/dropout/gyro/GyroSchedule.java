package panatorch.nn.dropout.gyro;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import panatorch.DType;
import panatorch.Generator;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;

/**
 * Which of a model's σ subnetworks train at an optimiser step: τ of them at a time, each on its share of the batch (Lee et al., MLSys 2022).
 * One schedule is for all layers of a model, so that subnetwork k is one mask in each of them.
 *
 * <pre>{@code
 * try (var schedule = GyroSchedule.of(256, 16, stepsPerEpoch * epochs, seed)) {
 *     GyroDropout.replaceIn(model, schedule);
 *     for (…) {
 *         loss.backward();
 *         optimizer.step();
 *         schedule.advance();
 *     }
 * }
 * }</pre>
 *
 * <p>All selections are drawn beforehand by a generator of its own, from which layers draw their banks too: one seed gives the same masks, whatever
 * the global generators are used for. Beyond the last step the last selection stays, but a {@link Kind#CYCLE} goes on.
 *
 * <p>Owns the generator, and masks that layers have made ready; close it when training is over. One thread's.
 */
public final class GyroSchedule implements AutoCloseable {
    /** How subnetworks are selected. */
    public enum Kind {
        /**
         * A random order cut into ⌈σ/τ⌉ blocks, each trained once for an equal part of the steps: exactly σ distinct subnetworks. The last block is
         * smaller if τ does not divide σ. With fewer steps than blocks some are left out.
         */
        PERMUTATION,
        /** τ independent draws every max(1, ⌊steps · τ/σ⌋) steps, as the published codes draw; some subnetworks never train. */
        RANDOM_WITH_REPLACEMENT,
        /** The next block of a random order at every step, and again from the first. */
        CYCLE,
        /** {@link GyroSchedule#composer}. */
        COMPOSER
    }

    private final Kind kind;
    private final int subnetworks, concurrent;
    private final long total, period;
    private final boolean shared;
    private final Generator generator;
    /** The selections one after the other: of all layers, or if they are not shared of each. Replaced as a whole, so that a layer sees that it changed. */
    private final List<long[]> orders = new ArrayList<>();
    private final List<long[]> steps = new ArrayList<>();
    private final List<Runnable> atClose = new ArrayList<>();
    private int layers;

    private GyroSchedule(Kind kind, int subnetworks, int concurrent, long total, long period, boolean shared, long seed) {
        this.kind = kind;
        this.subnetworks = subnetworks;
        this.concurrent = concurrent;
        this.total = total;
        this.period = period;
        this.shared = shared;
        generator = Generator.of(seed);
        if (shared) draw();
    }

    /** {@link Kind#PERMUTATION}, shared by all layers. */
    public static GyroSchedule of(int subnetworks, int concurrent, long steps, long seed) { return of(Kind.PERMUTATION, subnetworks, concurrent, steps, true, seed); }

    /**
     * @param subnetworks σ, from 1
     * @param concurrent τ, from 1 to σ
     * @param steps of the optimiser in the whole training, from 1
     * @param sharedAcrossLayers whether subnetwork k is mask k in every layer; otherwise each layer selects for itself, as in the published codes
     * @throws IllegalArgumentException for any other number
     */
    public static GyroSchedule of(Kind kind, int subnetworks, int concurrent, long steps, boolean sharedAcrossLayers, long seed) {
        if (kind == Kind.COMPOSER) throw new IllegalArgumentException("Composer counts in epochs: use GyroSchedule.composer");
        check(subnetworks, concurrent, steps);
        return new GyroSchedule(kind, subnetworks, concurrent, steps, Math.max(1, Math.multiplyExact(steps, concurrent) / subnetworks), sharedAcrossLayers, seed);
    }

    /**
     * The arithmetic of MosaicML Composer's {@code GyroDropoutLayer} (composer/algorithms/gyro_dropout, commit 6405188), for comparisons with it:
     * τ draws with replacement every ⌊I·E/σ⌋·τ forward passes in training, for each layer apart; {@link #advance} does nothing. Banks are
     * {@code rand > p}, and may have equal rows.
     * Where it divides by zero (σ > I·E, p = 1) there is an error with a sentence; a batch that τ does not divide, which it refuses or makes empty,
     * gets balanced groups; after I·E passes it draws on, and here the last selection stays. Its p is one for all layers: {@link GyroOptions#p}.
     *
     * @param iterations I of an epoch; @param epochs E
     */
    public static GyroSchedule composer(int subnetworks, int concurrent, long iterations, long epochs, long seed) {
        long total = Math.multiplyExact(iterations, epochs);
        check(subnetworks, concurrent, total);
        if (subnetworks > total) throw new IllegalArgumentException(subnetworks + " subnetworks in " + total + " iterations: the published period is then 0, and its code divides by it");
        return new GyroSchedule(Kind.COMPOSER, subnetworks, concurrent, total, total / subnetworks * concurrent, false, seed);
    }

    private static void check(int subnetworks, int concurrent, long steps) {
        if (subnetworks < 1) throw new IllegalArgumentException("at least one subnetwork is needed, not " + subnetworks);
        if (concurrent < 1) throw new IllegalArgumentException("at least one subnetwork trains at a time, not " + concurrent);
        if (concurrent > subnetworks) throw new IllegalArgumentException(concurrent + " subnetworks at a time, and there are " + subnetworks);
        if (steps < 1) throw new IllegalArgumentException("training is of at least one step, not of " + steps);
    }

    private void draw() {
        try (var scope = Scope.open()) {
            boolean replaced = kind == Kind.RANDOM_WITH_REPLACEMENT || kind == Kind.COMPOSER;
            Tensor order = replaced ? Torch.randint(0, subnetworks, new long[] {Math.multiplyExact((long) selections(), concurrent)}, generator, DType.INT64) : Torch.randperm(subnetworks, generator);
            orders.add(order.toLongArray());
            steps.add(new long[1]);
        }
    }

    // ---- what it says

    public Kind kind() { return kind; }

    /** σ. */
    public int subnetworks() { return subnetworks; }

    /** τ, at most so many train at a time. */
    public int concurrent() { return concurrent; }

    /** The steps that it was made for. */
    public long totalSteps() { return total; }

    /** For how many steps a drawn selection trains; of a {@link Kind#PERMUTATION} the mean, rounded down, and 1 of a {@link Kind#CYCLE}. */
    public long period() {
        return switch (kind) {
            case PERMUTATION -> Math.max(1, total / selections());
            case CYCLE -> 1;
            case RANDOM_WITH_REPLACEMENT, COMPOSER -> period;
        };
    }

    /** How many selections there are: ⌈σ/τ⌉ blocks, or ⌈steps/period⌉ draws. */
    public int selections() {
        return kind == Kind.PERMUTATION || kind == Kind.CYCLE ? Math.ceilDiv(subnetworks, concurrent) : Math.toIntExact(Math.ceilDiv(total, period));
    }

    /** Steps so far; of a {@link #composer} schedule the forward passes of the first layer. */
    public long step() { return steps.isEmpty() ? 0 : steps.getFirst()[0]; }

    /** An optimiser step is over, however many forward passes it was made of. */
    public void advance() {
        if (kind != Kind.COMPOSER) steps.forEach(s -> s[0]++);
    }

    /** The subnetworks, from 0, that train now in the layers; in their groups' order. */
    public long[] active() { return active(0); }

    /** @param layer in the order in which layers were given their masks; matters only if selections are not shared */
    public long[] active(int layer) {
        int from = selection(layer) * concurrent;
        return Arrays.copyOfRange(order(layer), from, from + size(layer));
    }

    int selection(int layer) {
        long step = steps.get(place(layer))[0];
        int last = selections() - 1;
        return (int) switch (kind) {
            case PERMUTATION -> Math.min(Math.multiplyExact(step, last + 1L) / total, last);
            case CYCLE -> step % (last + 1L);
            case RANDOM_WITH_REPLACEMENT, COMPOSER -> Math.min(step / period, last);
        };
    }

    /** τ, or what the last block has. */
    int size(int layer) { return Math.min(concurrent, order(layer).length - selection(layer) * concurrent); }

    long[] order(int layer) { return orders.get(place(layer)); }

    Generator generator() { return generator; }

    private int place(int layer) {
        if (layer < 0 || layer >= Math.max(layers, shared ? 1 : 0)) throw new IndexOutOfBoundsException("layer " + layer + " of " + layers);
        return shared ? 0 : layer;
    }

    // ---- its layers

    /**
     * Returns the number of a new layer.
     *
     * @param atClose frees what the layer has made ready, when the schedule is closed
     */
    int join(Runnable atClose) {
        if (!shared) draw();
        this.atClose.add(atClose);
        return layers++;
    }

    /** Adds a copy of a layer, which selects as that does. */
    void joinAsCopy(Runnable atClose) { this.atClose.add(atClose); }

    void forwarded(int layer) {
        if (kind == Kind.COMPOSER) steps.get(layer)[0]++;
    }

    // ---- going on later

    /** All that an equal schedule goes on from; tensors belong to the current scope. Banks are in the model's state dict. */
    public Map<String, Object> stateDict() {
        return Map.of("kind", kind.name(), "subnetworks", (long) subnetworks, "concurrent", (long) concurrent, "total", total,
                "step", Torch.tensor(steps.stream().mapToLong(s -> s[0]).toArray()),
                "order", Torch.tensor(orders.stream().flatMapToLong(Arrays::stream).toArray()),
                "generator", generator.state());
    }

    /** @throws IllegalArgumentException if the state is of a schedule of other numbers, or of another number of layers; nothing is changed then */
    public void loadStateDict(Map<String, ?> state) {
        same(state, "kind", kind.name());
        same(state, "subnetworks", (long) subnetworks);
        same(state, "concurrent", (long) concurrent);
        same(state, "total", total);
        long[] step = tensor(state, "step").toLongArray(), order = tensor(state, "order").toLongArray();
        int length = kind == Kind.PERMUTATION || kind == Kind.CYCLE ? subnetworks : selections() * concurrent;
        if (step.length != orders.size() || order.length != orders.size() * length)
            throw new IllegalArgumentException("the state is of a schedule with selections for " + step.length + " layers apart, and this one has them for " + orders.size());
        for (long k : order) if (k < 0 || k >= subnetworks) throw new IllegalArgumentException("the state selects subnetwork " + k + " of " + subnetworks);
        for (long s : step) if (s < 0) throw new IllegalArgumentException("the state is at step " + s);
        generator.setState(tensor(state, "generator"));
        for (int i = 0; i < step.length; i++) {
            steps.get(i)[0] = step[i];
            orders.set(i, Arrays.copyOfRange(order, i * length, (i + 1) * length));
        }
    }

    private static void same(Map<String, ?> state, String key, Object expected) {
        if (!Objects.equals(state.get(key), expected)) throw new IllegalArgumentException("the state's '" + key + "' is " + state.get(key) + ", and this schedule's " + expected);
    }

    private static Tensor tensor(Map<String, ?> state, String key) {
        if (state.get(key) instanceof Tensor t) return t;
        throw new IllegalArgumentException("the state has no tensor '" + key + "'");
    }

    /** Frees the generator and what its layers have made ready; training with them is over. Closing twice is harmless. */
    @Override public void close() {
        atClose.forEach(Runnable::run);
        generator.close();
    }

    @Override public String toString() { return kind + " of " + subnetworks + " subnetworks, " + concurrent + " at a time, over " + total + " steps"; }
}
