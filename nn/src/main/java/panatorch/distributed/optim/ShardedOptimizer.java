package panatorch.distributed.optim;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.distributed.DistributedException;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.checkpoint.Cut;
import panatorch.distributed.checkpoint.Piece;
import panatorch.distributed.checkpoint.Region;
import panatorch.distributed.checkpoint.ShardedCheckpoint;
import panatorch.internal.distributed.Descriptions;
import panatorch.nn.Hooks;
import panatorch.optim.LBFGS;
import panatorch.optim.Optimizer;

/**
 * Spreads the state of an optimiser over the ranks of a group, so that each rank keeps a part of it: ZeRO-1 (Rajbhandari et al., 2020,
 * arXiv:1910.02054), {@code torch.distributed.optim.ZeroRedundancyOptimizer}. Each parameter belongs to one rank, which alone updates it
 * and then sends it to the others. The optimiser stays as it is: schedulers, scalers and trainers use it as before.
 *
 * <pre>{@code
 * try (var parallel = DataParallel.of(model, group); var adam = new AdamW(model.parameters(), AdamW.options(1e-3));
 *         var sharded = ShardedOptimizer.of(adam, group)) {
 *     parallel.beforeForward();
 *     parallel.backward(loss(model.call(input), target));
 *     adam.step();                                       // updates this rank's part, and gets the others'
 * }
 * }</pre>
 *
 * <p>
 * The gradients must be averaged over the ranks before a step, as {@code DataParallel} does. A step frees the gradients of other ranks'
 * parameters before it makes state. The results are those of the optimiser by itself, bit for bit. A step with a closure computes all
 * gradients anew, so it gives the right result but makes the state of all parameters on each rank.
 *
 * <p>
 * {@link Optimizer#stateDict} returns the whole state, as one process has it, so a checkpoint can be loaded by any number of ranks; all
 * ranks call it, and get other ranks' tensors in the current scope. {@link Optimizer#loadStateDict} takes a whole state on every rank, and
 * keeps this rank's part.
 *
 * <p>
 * Steps and state dicts are collectives: all ranks call them in the same order. Failures are those of {@link ProcessGroup}; an interrupt is
 * a {@link DistributedException}, which breaks the group. For use by one thread. {@link #close} it before the group and the optimiser.
 */
public final class ShardedOptimizer implements AutoCloseable {
    private final Optimizer optimizer;
    private final ProcessGroup group;
    private final List<Tensor> parameters;
    private final int[] owners;
    private final List<Hooks.Handle> hooks;
    /** Whether state dicts are now those of this rank. */
    private boolean divided;

    private ShardedOptimizer(Optimizer optimizer, ProcessGroup group) {
        this.optimizer = optimizer;
        this.group = group;
        parameters = parameters(optimizer);
        owners = owners(parameters, group.ranks());
        Map<String, ?> whole = optimizer.stateDict();
        hooks = List.of(optimizer.beforeStep(o -> freeOthersGradients()), optimizer.afterStep(o -> exchangeParameters()),
                optimizer.afterStateDict(this::whole), optimizer.beforeLoadStateDict(this::own));
        optimizer.loadStateDict(whole);
    }

    /**
     * Spreads the state of an optimiser. All ranks call this method. Where the optimiser has a state already, each rank keeps its part. No
     * parameters may be added to the optimiser later.
     *
     * @throws IllegalArgumentException if the ranks have different parameters, on every rank; or if the optimiser is {@link LBFGS}, whose
     * state spans all parameters
     * @throws UnsupportedOperationException if there are ranks in Python
     * @throws DistributedException if a rank is missing
     */
    public static ShardedOptimizer of(Optimizer optimizer, ProcessGroup group) throws InterruptedException {
        if (optimizer instanceof LBFGS)
            throw new IllegalArgumentException("LBFGS cannot be sharded, because its state spans all parameters; use another optimiser");
        List<String> all = group.allGather(String.join("\n", parameters(optimizer).stream().map(Descriptions::of).toList()));
        for (int r = 1; r < all.size(); r++) requireSame(all.getFirst(), r, all.get(r));
        return new ShardedOptimizer(optimizer, group);
    }

    private static void requireSame(String first, int rank, String other) {
        List<String> mine = first.lines().toList(), theirs = other.lines().toList();
        for (int i = 0; i < Math.max(mine.size(), theirs.size()); i++) {
            String a = i < mine.size() ? mine.get(i) : "missing", b = i < theirs.size() ? theirs.get(i) : "missing";
            if (!a.equals(b))
                throw new IllegalArgumentException("The ranks must have the same parameters, but parameter " + i + " of the optimiser is "
                        + a + " on rank 0 and " + b + " on rank " + rank + ".");
        }
    }

    private static List<Tensor> parameters(Optimizer optimizer) {
        return optimizer.groups().stream().flatMap(g -> g.parameters().stream()).toList();
    }

    /** Returns the rank of each parameter. The largest ones are dealt first, each to the rank that has the fewest elements. */
    static int[] owners(List<Tensor> parameters, int ranks) {
        long[] elements = parameters.stream().mapToLong(Tensor::numel).toArray(), load = new long[ranks];
        var owners = new int[elements.length];
        List<Integer> largestFirst = IntStream.range(0, owners.length).boxed().sorted(Comparator.comparingLong(i -> -elements[i])).toList();
        for (int i : largestFirst) {
            int least = 0;
            for (int r = 1; r < ranks; r++) if (load[r] < load[least]) least = r;
            owners[i] = least;
            load[least] += elements[i];
        }
        return owners;
    }

    // ---- steps

    private void freeOthersGradients() {
        if (parameters(optimizer).size() != owners.length)
            throw new IllegalStateException("parameters were added to the optimiser after it was sharded; add them before");
        for (int i = 0; i < owners.length; i++) if (owners[i] != group.rank()) parameters.get(i).setGrad(null);
    }

    private void exchangeParameters() {
        try {
            for (int r = 0; r < group.ranks(); r++) {
                int owner = r;
                group.broadcast(r, IntStream.range(0, owners.length).filter(i -> owners[i] == owner).mapToObj(parameters::get)
                        .filter(Tensor::requiresGrad).toList());
            }
        } catch (InterruptedException e) {
            throw group.interrupted(e);
        }
    }

    // ---- state

    /**
     * Returns the state for {@link ShardedCheckpoint#save}: this rank's part, which this rank alone writes. No message is sent.
     */
    public Map<String, Object> shardedStateDict() {
        divided = true;
        try {
            Map<String, Object> all = optimizer.stateDict();
            var states = new TreeMap<Long, Object>();
            ((Map<?, ?>) all.getOrDefault("state", Map.of())).forEach((index, entries) -> {
                long i = ((Number) index).longValue();
                if (owners[(int) i] != group.rank()) return;
                var own = new LinkedHashMap<String, Object>();
                ((Map<?, ?>) entries).forEach((key, value) -> own.put((String) key, Piece.whole(tensor((String) key, value))));
                states.put(i, own);
            });
            all.put("state", states);
            return all;
        } finally {
            divided = false;
        }
    }

    /**
     * Returns the cut of {@link ShardedCheckpoint#load} that leaves out the state of other ranks' parameters. The result goes to
     * {@link Optimizer#loadStateDict}.
     *
     * @param key key of the optimiser's state dict in the checkpoint
     */
    public Cut cut(String key) {
        return (path, shape) -> {
            boolean others = path.size() == 4 && path.get(0).equals(key) && path.get(1).equals("state")
                    && owners[Math.min(owners.length - 1, Integer.parseInt(path.get(2)))] != group.rank();
            return others ? null : Region.whole(shape);
        };
    }

    /** Replaces the state of this rank's parameters by that of all. */
    private Map<String, Object> whole(Map<String, Object> own) {
        if (divided) return own;
        var tensors = new LinkedHashMap<String, Tensor>();
        ((Map<?, ?>) own.getOrDefault("state", Map.of())).forEach((index, entries) -> {
            if (owners[((Number) index).intValue()] == group.rank())
                ((Map<?, ?>) entries).forEach((key, value) -> tensors.put(index + "." + key, tensor(String.valueOf(key), value)));
        });
        var states = new TreeMap<Long, Map<String, Tensor>>();
        try {
            for (Map<String, Tensor> part : group.allGather(tensors))
                part.forEach((name, t) -> {
                    String[] parts = name.split("\\.", 2);
                    states.computeIfAbsent(Long.valueOf(parts[0]), i -> new LinkedHashMap<>()).put(parts[1], t);
                });
        } catch (InterruptedException e) {
            throw group.interrupted(e);
        }
        var all = new LinkedHashMap<>(own);
        all.put("state", new LinkedHashMap<>(states));
        return all;
    }

    private static Tensor tensor(String key, @Nullable Object value) {
        if (value instanceof Tensor t) return t;
        if (value instanceof Number n) return Aten.scalarTensor(n, DType.FLOAT32); // old checkpoints hold step counts as plain numbers
        throw new IllegalStateException("the optimiser's state '" + key + "' is " + value + ", which is no tensor and cannot be gathered");
    }

    /** Leaves out the state of other ranks' parameters. What is no state of an optimiser is left to the optimiser to refuse. */
    private Map<String, ?> own(Map<String, ?> whole) {
        if (!(whole.get("state") instanceof Map<?, ?> states) || !(whole.get("param_groups") instanceof List<?> groups)) return whole;
        var indices = new ArrayList<@Nullable Object>();
        for (Object g : groups) if (g instanceof Map<?, ?> m && m.get("params") instanceof List<?> some) indices.addAll(some);
        var others = new HashSet<Long>();
        for (int i = 0; i < Math.min(owners.length, indices.size()); i++)
            if (owners[i] != group.rank() && indices.get(i) instanceof Number n) others.add(n.longValue());
        var kept = new LinkedHashMap<@Nullable Object, @Nullable Object>(states);
        kept.keySet().removeIf(index -> index instanceof Number n && others.contains(n.longValue()));
        var own = new LinkedHashMap<String, @Nullable Object>(whole);
        own.put("state", kept);
        return own;
    }

    /** Leaves the optimiser to this rank alone, with the state of this rank's parameters. Closing twice is harmless. */
    @Override public void close() {
        hooks.forEach(Hooks.Handle::close);
    }
}
