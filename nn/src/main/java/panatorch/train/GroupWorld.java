package panatorch.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.ReduceOp;
import panatorch.distributed.fsdp.FullyShardedDataParallel;
import panatorch.nn.Hooks;
import panatorch.nn.Module;
import panatorch.nn.parallel.DataParallel;
import panatorch.optim.Optimizer;

/** The ranks of a process group, which train one model in data parallel. */
final class GroupWorld implements World {
    /** A series of collectives. */
    @FunctionalInterface
    private interface Collective<T> {
        T run() throws InterruptedException;
    }

    /** The way in which gradients are exchanged. */
    private interface Gradients extends AutoCloseable {
        void beforeForward(boolean last) throws InterruptedException;

        void backward(Tensor loss) throws InterruptedException;

        @Override void close();
    }

    private record OfWholeModel(DataParallel parallel) implements Gradients {
        @Override public void beforeForward(boolean last) throws InterruptedException { parallel.beforeForward(last); }

        @Override public void backward(Tensor loss) throws InterruptedException { parallel.backward(loss); }

        @Override public void close() { parallel.close(); }
    }

    private record OfRows(FullyShardedDataParallel sharded, Hooks.Handle attached) implements Gradients {
        @Override public void beforeForward(boolean last) {}

        @Override public void backward(Tensor loss) throws InterruptedException { sharded.backward(loss); }

        @Override public void close() { attached.close(); }
    }

    private static final long NOBODY = Long.MAX_VALUE;

    private final ProcessGroup group;
    private final Gradients gradients;
    private final Uneven uneven;
    private boolean seeded;

    /** @param optimizer the optimiser, whose state dict becomes that of whole parameters if the model is divided */
    GroupWorld(Module model, Optimizer optimizer, TrainerBuilder.Distribution distribution) {
        group = distribution.group();
        uneven = distribution.uneven();
        gradients = distribution.sharded() instanceof FullyShardedDataParallel sharded ? new OfRows(sharded, sharded.attach(optimizer))
                : new OfWholeModel(run(group, () -> DataParallel.of(model, distribution.group(), distribution.options())));
    }

    /** A trainer's methods cannot throw InterruptedException. */
    private static <T> T run(ProcessGroup group, Collective<T> collective) {
        try {
            return collective.run();
        } catch (InterruptedException e) {
            throw group.interrupted(e);
        }
    }

    private List<String> allGather(String text) {
        return run(group, () -> group.allGather(text));
    }

    @Override public int rank() { return group.rank(); }

    @Override public int ranks() { return group.ranks(); }

    @Override public int begin(Trainer trainer, int batches, long epochs) {
        String position =
                trainer.finishedEpochs + " of " + epochs + " epochs, " + trainer.batch + " batches and " + trainer.steps + " steps";
        List<String> all = allGather(batches + "\t" + position);
        int fewest = batches;
        for (int r = 0; r < all.size(); r++) {
            String[] other = all.get(r).split("\t"), first = all.getFirst().split("\t");
            if (!other[1].equals(first[1]))
                throw new IllegalArgumentException("The ranks must go on from the same checkpoint to the same epoch, but rank 0 has "
                        + "finished " + first[1] + ", and rank " + r + " has finished " + other[1] + ". Load the same file on all ranks.");
            if (uneven == Uneven.ERROR && !other[0].equals(first[0]))
                throw new IllegalArgumentException("The ranks must have the same number of batches in an epoch, but rank 0 has " + first[0]
                        + ", and rank " + r + " has " + other[0]
                        + ". Share the data by DataLoader's rank(rank, ranks), or pass Uneven.SHORTEST to leave out the rest.");
            fewest = Math.min(fewest, Integer.parseInt(other[0]));
        }
        if (!seeded) seed(trainer.steps);
        return fewest;
    }

    @Override public void beforeForward(boolean last) {
        run(group, () -> {
            gradients.beforeForward(last);
            return last;
        });
    }

    @Override public void backward(Tensor loss) {
        run(group, () -> {
            gradients.backward(loss);
            return loss;
        });
    }

    @Override public @Nullable String agreed(@Nullable String stopReason) {
        long first;
        try (var scope = Scope.open()) {
            Tensor asking = Torch.tensor(new long[] {stopReason == null ? NOBODY : group.rank()}).cpu();
            run(group, () -> {
                group.allReduce(ReduceOp.MIN, asking).await();
                return asking;
            });
            first = asking.itemLong();
        }
        return first == NOBODY ? null : allGather(stopReason == null ? "" : stopReason).get((int) first);
    }

    @Override public void reduce(Averages averages) {
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            var own = new LinkedHashMap<String, Tensor>();
            averages.tensors().forEach((name, t) -> own.put(name, t.clone()));
            List<Map<String, Tensor>> all = allGather(own);
            averages.reset();
            all.forEach(averages::add); // in the order of the ranks, so that all have the same bits
        }
    }

    @Override public void syncBuffers(Module module) {
        run(group, () -> {
            group.broadcast(0, new ArrayList<>(module.namedBuffers().values()));
            return module;
        });
    }

    @Override public List<Map<String, Tensor>> allGather(Map<String, Tensor> own) {
        return run(group, () -> group.allGather(own));
    }

    @Override public void seed(long steps) {
        seeded = true;
        if (group.rank() == 0) return; // so that one rank draws what a process without a group draws
        try (var scope = Scope.open()) {
            long seed = Torch.randint(Long.MAX_VALUE, new long[] {1}).itemLong();
            for (long part : new long[] {group.rank(), steps}) seed = new SplittableRandom(seed + part).nextLong();
            Torch.manualSeed(seed);
        }
    }

    @Override public void clipNorm(List<Tensor> parameters, double max) {
        if (gradients instanceof OfRows rows) run(group, () -> rows.sharded.clipGradNorm(max));
        else World.super.clipNorm(parameters, max);
    }

    @Override public boolean dividesModel() { return gradients instanceof OfRows; }

    @Override public void close() { gradients.close(); }
}
