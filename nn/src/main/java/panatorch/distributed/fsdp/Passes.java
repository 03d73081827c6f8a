package panatorch.distributed.fsdp;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Tensor;
import panatorch.distributed.ProcessGroup;
import panatorch.nn.Hooks;

/**
 * The forward and backward passes of a model's units: gathers, releases and reduces their parameters by hooks, in the order of the calls.
 */
final class Passes {
    /** A collective, or a series of them. */
    @FunctionalInterface
    interface Collective {
        void run() throws InterruptedException;
    }

    private final ProcessGroup group;
    private final FullyShardedDataParallel.Options options;
    private final List<Unit> units;
    private final Unit root;
    private final List<Hooks.Handle> hooks = new ArrayList<>();
    /** The units in the order of this pass's calls, and of those of the pass before it. */
    private List<Unit> order = new ArrayList<>(), orderBefore = List.of();
    private final Queue<Bucket.Reduction> reductions = new ArrayDeque<>();
    private boolean backward, syncs;

    /** @param units the units, of which the first is that of the whole model */
    Passes(ProcessGroup group, FullyShardedDataParallel.Options options, List<Unit> units) {
        this.group = group;
        this.options = options;
        this.units = units;
        root = units.getFirst();
        for (Unit u : units) {
            hooks.add(u.module.hooks().beforeForward((m, inputs) -> before(u, inputs)));
            hooks.add(u.module.hooks().afterForward((m, inputs, outputs) -> after(u, outputs)));
        }
    }

    /** Runs collectives where an {@link InterruptedException} cannot be thrown. */
    private void run(Collective collective) {
        try {
            collective.run();
        } catch (InterruptedException e) {
            throw group.interrupted(e);
        }
    }

    // ---- forward

    private List<? extends @Nullable Tensor> before(Unit u, List<? extends @Nullable Tensor> inputs) {
        if (u == root && !backward) {
            orderBefore = order;
            order = new ArrayList<>();
            for (Unit other : units) other.calls = 0; // a forward pass may have ended by an exception
        }
        run(() -> {
            u.gather();
            u.calls++;
            if (!backward) prefetchForward(u);
        });
        var given = new ArrayList<@Nullable Tensor>();
        DType type = options.gatherType();
        for (Tensor t : inputs) given.add(t != null && type != null && t.isFloatingPoint() ? t.to(type) : t);
        return NoGrad.isGradEnabled() ? watched(u, given) : given;
    }

    private void prefetchForward(Unit u) throws InterruptedException {
        int i = order.size();
        order.add(u);
        if (options.prefetch() && group.ranks() > 1 && i + 1 < orderBefore.size() && orderBefore.get(i) == u)
            orderBefore.get(i + 1).start();
    }

    /** Lets the backward pass tell when it has passed a call: when the gradients of all of the call's inputs are known. */
    private List<@Nullable Tensor> watched(Unit u, List<@Nullable Tensor> inputs) {
        var unknown = new AtomicInteger();
        for (int i = 0; i < inputs.size(); i++) {
            Tensor t = inputs.get(i);
            if (t == null || !t.requiresGrad()) continue;
            if (unknown.getAndIncrement() == 0) u.pending++;
            Tensor own = t.alias(); // so that gradients from elsewhere are not waited for
            own.registerHook(gradient -> {
                if (unknown.decrementAndGet() == 0) run(() -> passed(u));
                return null;
            });
            inputs.set(i, own);
        }
        return inputs;
    }

    private @Nullable List<Tensor> after(Unit u, List<Tensor> outputs) {
        u.calls--;
        boolean recorded = false;
        if (NoGrad.isGradEnabled()) for (Tensor t : outputs) {
            if (t == null || !t.requiresGrad()) continue;
            recorded = true;
            t.registerHook(gradient -> {
                run(() -> enter(u));
                return null;
            });
        }
        if (!backward && (!recorded || options.reshardAfterForward() && u != root)) u.release();
        return null;
    }

    // ---- backward

    private void enter(Unit u) throws InterruptedException {
        if (!backward)
            throw new IllegalStateException("the gradients of a sharded model are computed by backward(loss) of its "
                    + "FullyShardedDataParallel, rather than by loss.backward()");
        if (u.entered && u.isWhole()) return;
        u.entered = true;
        u.reduced = false;
        u.gather();
        int i = order.lastIndexOf(u);
        if (!options.prefetch() || group.ranks() == 1) return;
        while (--i >= 0) {
            Unit next = order.get(i);
            if (next.entered) continue;
            next.start();
            return;
        }
    }

    /** Is called when the gradients of one call of a unit are there. */
    private void passed(Unit u) throws InterruptedException {
        if (u.pending > 0 && --u.pending > 0) return;
        u.release();
        if (syncs) reduce(u);
    }

    private void reduce(Unit u) throws InterruptedException {
        u.reduced = true;
        finishReductions(); // one at a time, so that its memory is freed
        for (Bucket b : u.buckets) if (b.reduce() instanceof Bucket.Reduction r) reductions.add(r);
    }

    private void finishReductions() throws InterruptedException {
        for (Bucket.Reduction r = reductions.poll(); r != null; r = reductions.poll()) r.finish();
    }

    /**
     * Computes the gradients of a loss.
     *
     * @param sync whether they are reduced
     */
    void backward(Tensor loss, boolean sync) throws InterruptedException {
        if (backward) throw new IllegalStateException("backward is running already");
        backward = true;
        syncs = sync;
        boolean done = false;
        try {
            loss.backward();
            for (Unit u : units) {
                boolean due = u.entered && !u.reduced;
                u.calls = 0;
                u.settle();
                if (due && sync) reduce(u);
            }
            finishReductions();
            done = true;
        } finally {
            backward = false;
            for (Unit u : units) {
                u.entered = false;
                u.pending = 0;
                if (!done) u.reset();
            }
            reductions.forEach(Bucket.Reduction::close);
            reductions.clear();
        }
    }

    void close() {
        hooks.forEach(Hooks.Handle::close);
        reductions.forEach(Bucket.Reduction::close);
        reductions.clear();
    }
}
