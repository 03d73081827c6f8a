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
 * The selection of subnetworks for each optimiser step: τ of a model's σ subnetworks train at a time, each on its share of the batch (Lee
 * et al., MLSys 2022). All layers of a model share one schedule, so that subnetwork k is one mask in each of them.
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
 * <p>
 * All selections are drawn in advance by the schedule's own generator, from which layers draw their banks too: one seed gives the same
 * masks, whatever the global generators are used for. After the last step the last selection stays; only a {@link Kind#CYCLE} goes on.
 *
 * <p>
 * Owns the generator and the layers' expanded masks. Close it when training is over. For use by one thread.
 */
public final class GyroSchedule implements AutoCloseable {
    /** The way subnetworks are selected. */
    public enum Kind {
        /**
         * A random order cut into ⌈σ/τ⌉ blocks, each trained once for an equal share of the steps: exactly σ distinct subnetworks. The last
         * block is smaller if τ does not divide σ. With fewer steps than blocks, some blocks are left out.
         */
        PERMUTATION,
        /** τ independent draws every max(1, ⌊steps · τ/σ⌋) steps, as in the published code; some subnetworks never train. */
        RANDOM_WITH_REPLACEMENT,
        /** The next block of a random order at every step, starting over after the last. */
        CYCLE,
        /** The arithmetic of {@link GyroSchedule#composer}. */
        COMPOSER
    }

    private final Kind kind;
    private final int subnetworks, concurrent;
    private final long total, period;
    private final boolean shared;
    private final Generator generator;
    /**
     * The selections one after the other: one list for all layers, or one for each if they are not shared. A list is replaced as a whole,
     * so that a layer notices the change.
     */
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

    /** Creates a {@link Kind#PERMUTATION} that all layers share. */
    public static GyroSchedule of(int subnetworks, int concurrent, long steps, long seed) {
        return of(Kind.PERMUTATION, subnetworks, concurrent, steps, true, seed);
    }

    /**
     * Creates a schedule.
     *
     * @param subnetworks σ, at least 1
     * @param concurrent τ, from 1 to σ
     * @param steps optimiser steps of the whole training, at least 1
     * @param sharedAcrossLayers whether subnetwork k is mask k in every layer; otherwise each layer selects by itself, as in the published
     * code
     * @throws IllegalArgumentException if a number is out of its range
     */
    public static GyroSchedule of(Kind kind, int subnetworks, int concurrent, long steps, boolean sharedAcrossLayers, long seed) {
        if (kind == Kind.COMPOSER) throw new IllegalArgumentException("Kind.COMPOSER counts in epochs: use GyroSchedule.composer");
        check(subnetworks, concurrent, steps);
        return new GyroSchedule(kind, subnetworks, concurrent, steps, Math.max(1, Math.multiplyExact(steps, concurrent) / subnetworks),
                sharedAcrossLayers, seed);
    }

    /**
     * Creates a schedule with the arithmetic of MosaicML Composer's {@code GyroDropoutLayer} (composer/algorithms/gyro_dropout, commit
     * 6405188), for comparisons with it. Each layer by itself makes τ draws with replacement every ⌊I·E/σ⌋·τ forward passes in training;
     * {@link #advance} does nothing. Banks are {@code rand > p} and may have equal rows.
     *
     * <p>
     * Differences: where Composer divides by zero (σ > I·E, p = 1), this method throws an exception. A batch whose size τ does not divide,
     * which Composer refuses or makes empty, gets balanced groups. After I·E passes Composer draws on; here the last selection stays. Its p
     * is one for all layers: {@link GyroOptions#p}.
     *
     * @param iterations I, the iterations of an epoch
     * @param epochs E, the number of epochs
     */
    public static GyroSchedule composer(int subnetworks, int concurrent, long iterations, long epochs, long seed) {
        long total = Math.multiplyExact(iterations, epochs);
        check(subnetworks, concurrent, total);
        if (subnetworks > total)
            throw new IllegalArgumentException(subnetworks + " subnetworks in " + total + " iterations: Composer's period would be 0; "
                    + "use fewer subnetworks or more iterations");
        return new GyroSchedule(Kind.COMPOSER, subnetworks, concurrent, total, total / subnetworks * concurrent, false, seed);
    }

    private static void check(int subnetworks, int concurrent, long steps) {
        if (subnetworks < 1) throw new IllegalArgumentException("the number of subnetworks has to be at least 1, not " + subnetworks);
        if (concurrent < 1)
            throw new IllegalArgumentException("the number of concurrent subnetworks has to be at least 1, not " + concurrent);
        if (concurrent > subnetworks)
            throw new IllegalArgumentException(concurrent + " subnetworks cannot train at a time: there are only " + subnetworks);
        if (steps < 1) throw new IllegalArgumentException("the number of steps has to be at least 1, not " + steps);
    }

    private void draw() {
        try (var scope = Scope.open()) {
            boolean replaced = kind == Kind.RANDOM_WITH_REPLACEMENT || kind == Kind.COMPOSER;
            Tensor order = replaced ? Torch.randint(0, subnetworks, new long[] {Math.multiplyExact((long) selections(), concurrent)},
                    generator, DType.INT64) : Torch.randperm(subnetworks, generator);
            orders.add(order.toLongArray());
            steps.add(new long[1]);
        }
    }

    // ---- state

    public Kind kind() { return kind; }

    /** Returns σ, the number of subnetworks. */
    public int subnetworks() { return subnetworks; }

    /** Returns τ, the largest number of subnetworks that train at a time. */
    public int concurrent() { return concurrent; }

    /** Returns the number of steps for which the schedule was made. */
    public long totalSteps() { return total; }

    /**
     * Returns the number of steps for which a drawn selection trains: for a {@link Kind#PERMUTATION} the mean, rounded down, and 1 for a
     * {@link Kind#CYCLE}.
     */
    public long period() {
        return switch (kind) {
            case PERMUTATION -> Math.max(1, total / selections());
            case CYCLE -> 1;
            case RANDOM_WITH_REPLACEMENT, COMPOSER -> period;
        };
    }

    /** Returns the number of selections: ⌈σ/τ⌉ blocks, or ⌈steps/period⌉ draws. */
    public int selections() {
        return kind == Kind.PERMUTATION || kind == Kind.CYCLE ? Math.ceilDiv(subnetworks, concurrent)
                : Math.toIntExact(Math.ceilDiv(total, period));
    }

    /** Returns the number of steps so far; for a {@link #composer} schedule, the forward passes of the first layer. */
    public long step() {
        return steps.isEmpty() ? 0 : steps.getFirst()[0];
    }

    /** Moves on to the next optimiser step. Call it once a step, however many forward passes the step has. */
    public void advance() {
        if (kind != Kind.COMPOSER) steps.forEach(s -> s[0]++);
    }

    /** Returns the active subnetworks, from 0, in the order of their groups. */
    public long[] active() { return active(0); }

    /**
     * Returns the active subnetworks of one layer.
     *
     * @param layer number of the layer, in the order in which layers were given their masks; matters only if selections are not shared
     */
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

    /** Returns τ, or the size of the last block. */
    int size(int layer) {
        return Math.min(concurrent, order(layer).length - selection(layer) * concurrent);
    }

    long[] order(int layer) { return orders.get(place(layer)); }

    Generator generator() { return generator; }

    private int place(int layer) {
        if (layer < 0 || layer >= Math.max(layers, shared ? 1 : 0)) throw new IndexOutOfBoundsException("layer " + layer + " of " + layers);
        return shared ? 0 : layer;
    }

    // ---- layers

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

    /** Adds a copy of a layer, which selects as the layer does. */
    void joinAsCopy(Runnable atClose) { this.atClose.add(atClose); }

    void forwarded(int layer) {
        if (kind == Kind.COMPOSER) steps.get(layer)[0]++;
    }

    // ---- state dict

    /**
     * Returns the state from which an equal schedule continues. Tensors belong to the current scope. Banks are in the model's state dict.
     */
    public Map<String, Object> stateDict() {
        return Map.of("kind", kind.name(), "subnetworks", (long) subnetworks, "concurrent", (long) concurrent, "total", total,
                "step", Torch.tensor(steps.stream().mapToLong(s -> s[0]).toArray()),
                "order", Torch.tensor(orders.stream().flatMapToLong(Arrays::stream).toArray()),
                "generator", generator.state());
    }

    /**
     * Restores a state of {@link #stateDict}.
     *
     * @throws IllegalArgumentException if the state is of a schedule with other numbers or another number of layers; nothing is changed
     * then
     */
    public void loadStateDict(Map<String, ?> state) {
        same(state, "kind", kind.name());
        same(state, "subnetworks", (long) subnetworks);
        same(state, "concurrent", (long) concurrent);
        same(state, "total", total);
        long[] step = tensor(state, "step").toLongArray(), order = tensor(state, "order").toLongArray();
        int length = kind == Kind.PERMUTATION || kind == Kind.CYCLE ? subnetworks : selections() * concurrent;
        if (step.length != orders.size() || order.length != orders.size() * length)
            throw new IllegalArgumentException("the state has separate selections for " + step.length
                    + " layers, but this schedule has them for " + orders.size());
        for (long k : order)
            if (k < 0 || k >= subnetworks) throw new IllegalArgumentException("the state selects subnetwork " + k + " of " + subnetworks);
        for (long s : step) if (s < 0) throw new IllegalArgumentException("the state is at step " + s);
        generator.setState(tensor(state, "generator"));
        for (int i = 0; i < step.length; i++) {
            steps.get(i)[0] = step[i];
            orders.set(i, Arrays.copyOfRange(order, i * length, (i + 1) * length));
        }
    }

    private static void same(Map<String, ?> state, String key, Object expected) {
        if (!Objects.equals(state.get(key), expected))
            throw new IllegalArgumentException("the state's '" + key + "' is " + state.get(key) + ", but this schedule's is " + expected);
    }

    private static Tensor tensor(Map<String, ?> state, String key) {
        if (state.get(key) instanceof Tensor t) return t;
        throw new IllegalArgumentException("the state has no tensor '" + key + "'");
    }

    /** Frees the generator and the layers' expanded masks; the layers can no longer train. Closing twice is harmless. */
    @Override public void close() {
        atClose.forEach(Runnable::run);
        generator.close();
    }

    @Override public String toString() {
        return kind + " of " + subnetworks + " subnetworks, " + concurrent + " at a time, over " + total + " steps";
    }
}
