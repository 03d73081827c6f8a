package panatorch.distributed.fsdp;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.DistributedException;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.ReduceOp;
import panatorch.distributed.checkpoint.ShardedCheckpoint;
import panatorch.nn.Hooks;
import panatorch.nn.Module;
import panatorch.nn.TensorRule;
import panatorch.nn.parallel.DataParallel;
import panatorch.optim.Optimizer;
import panatorch.serialize.MalformedFileException;

/**
 * Trains a model whose parameters, gradients and optimiser state are divided among the ranks of a group: ZeRO-3 (Rajbhandari et al., 2020,
 * arXiv:1910.02054), {@code torch.distributed.fsdp.fully_shard}. Each rank has its own part of a batch, as with {@link DataParallel}, but
 * keeps only its rows of each parameter.
 *
 * <pre>{@code
 * try (var group = ProcessGroup.join();
 *         var sharded = FullyShardedDataParallel.of(model, group, m -> m instanceof Block);
 *         var adam = new AdamW(model.parameters(), AdamW.options(1e-3));
 *         var whole = sharded.attach(adam)) {
 *     for (Batch batch : partOfThisRank) {
 *         try (var scope = Scope.open()) {
 *             adam.zeroGrad();
 *             sharded.backward(loss(model.call(batch.input()), batch.target()));
 *             sharded.clipGradNorm(1);
 *             adam.step();
 *         }
 *     }
 * }
 * }</pre>
 *
 * <p>
 * The model is divided into <em>units</em>: the modules for which a condition holds, and the whole model, which has the parameters that are
 * in no other unit or in several of them. A unit gathers its parameters when its module is called, and frees them afterwards. In
 * {@link #backward} it gathers them again, and sends each rank the mean of the ranks' gradients of its rows. The parameters of the next
 * unit are gathered meanwhile. So the memory of a rank is near {@code 1/ranks} of the whole, and two units.
 *
 * <p>
 * The model's {@linkplain Module#parameters parameters} become this rank's rows: parameter [n, …] is divided along its first dimension as
 * by {@code torch.chunk}, so that the last ranks may have fewer rows or none. An optimiser that treats each element by itself, such as SGD
 * and Adam, makes the step of a single process. Those with a norm of each parameter or with matrices (LARS, LAMB, Adafactor, Muon, LBFGS)
 * do not, and {@link #attach} refuses them.
 *
 * <p>
 * {@link Module#stateDict} of the model returns whole parameters, under the names of a single process, as copies in the current scope, and
 * {@link Module#loadStateDict} takes them. All ranks call {@code stateDict}, since it is a collective. Buffers are untouched: each rank has
 * all of them.
 *
 * <p>
 * All ranks make the same calls, with the same number of batches, and their losses depend on the same units. Call units by
 * {@link Module#call} or {@link Module#callAll}. The loss must depend on what units return, rather than on tensors in their fields. A
 * module sees its whole parameters by {@link Module#parameter(String)}, and only while it is called; a module that keeps a parameter in a
 * field has only this rank's rows there. Ranks with one seed draw the same dropout masks; seed them with their rank. There are no
 * derivatives of derivatives. {@code GradScaler} is not supported, as each rank would judge its own rows.
 *
 * <p>
 * Failures are those of {@link ProcessGroup}. An interrupt is a {@link DistributedException}, which breaks the group. For use by one
 * thread. {@link #close} it before the group. The model stays open, but cannot be called any more.
 */
public final class FullyShardedDataParallel implements AutoCloseable {
    /**
     * Settings, which all ranks give alike.
     *
     * @param reshardAfterForward whether a unit frees its parameters after its forward pass and gathers them again for backward; if not, it
     * keeps them until then, which takes more memory and fewer messages. The unit of the whole model always keeps its own
     * @param prefetch whether the next unit's parameters are gathered while a unit computes
     * @param gatherType type of gathered floating-point parameters and of the units' inputs, such as bfloat16, while each rank's rows keep
     * their own type; null for that of the parameters
     * @param reduceType type in which gradients are sent and added; null for that of the parameters
     */
    public record Options(boolean reshardAfterForward, boolean prefetch, @Nullable DType gatherType, @Nullable DType reduceType) {
        /** Returns the usual settings: resharding after forward, prefetching, and the parameters' own types. */
        public static Options standard() {
            return new Options(true, true, null, null);
        }

        /** Returns these settings with another {@link #reshardAfterForward}. */
        public Options reshardAfterForward(boolean on) {
            return new Options(on, prefetch, gatherType, reduceType);
        }

        /** Returns these settings with another {@link #prefetch}. */
        public Options prefetch(boolean on) {
            return new Options(reshardAfterForward, on, gatherType, reduceType);
        }

        /** Returns these settings with another {@link #gatherType}. */
        public Options gatherType(@Nullable DType type) {
            return new Options(reshardAfterForward, prefetch, type, reduceType);
        }

        /** Returns these settings with another {@link #reduceType}. */
        public Options reduceType(@Nullable DType type) {
            return new Options(reshardAfterForward, prefetch, gatherType, type);
        }
    }

    private final Module model;
    private final ProcessGroup group;
    private final List<Unit> units;
    private final Passes passes;
    private final WholeState state;
    private final List<Hooks.Handle> hooks;
    private boolean closed;

    private FullyShardedDataParallel(Module model, ProcessGroup group, Predicate<? super Module> isUnit, Options options)
            throws InterruptedException {
        this.model = model;
        this.group = group;
        if (group.withPython()) throw new UnsupportedOperationException("sharded parameters are not possible with ranks in Python");
        var division = new Division(model, isUnit);
        DataParallel.requireSameModel(model, group);
        requireSame(options + ", units " + division.names());
        units = division.shard(group, options);
        passes = new Passes(group, options, units);
        state = new WholeState(group, division.names(units));
        hooks = state.attach(model);
    }

    /** Divides a model with the usual settings. All ranks call this method, and get their rows of rank 0's parameters. */
    public static FullyShardedDataParallel of(Module model, ProcessGroup group, Predicate<? super Module> units)
            throws InterruptedException {
        return of(model, group, units, Options.standard());
    }

    /**
     * Divides a model. All ranks call this method, and get their rows of rank 0's parameters; buffers become those of rank 0. Create the
     * optimiser afterwards, or from the same parameters before its first step.
     *
     * @param model the model, whole on each rank, whose parameters must not be replaced, moved or converted later
     * @param units condition for the modules that are units beside the model, such as the blocks of a transformer; one for nothing else
     * divides the model as one unit, whose parameters are all gathered at once
     * @throws IllegalArgumentException on every rank if their models, units or options differ, if there is no parameter, or if a parameter
     * is computed by a {@link TensorRule}, as by a parametrization
     * @throws UnsupportedOperationException if there are ranks in Python
     * @throws DistributedException if a rank is missing
     */
    public static FullyShardedDataParallel of(Module model, ProcessGroup group, Predicate<? super Module> units, Options options)
            throws InterruptedException {
        return new FullyShardedDataParallel(model, group, units, options);
    }

    private void requireSame(String own) throws InterruptedException {
        List<String> all = group.allGather(own);
        for (int r = 1; r < all.size(); r++)
            if (!all.get(r).equals(all.getFirst()))
                throw new IllegalArgumentException("The ranks must divide their models alike, but rank 0 has " + all.getFirst()
                        + ", and rank " + r + " has " + all.get(r) + ".");
    }

    /** Returns the model. */
    public Module model() { return model; }

    /** Returns the group. */
    public ProcessGroup group() { return group; }

    // ---- training

    /** Computes the gradients of a loss, and adds the mean over the ranks to those of this rank's rows. */
    public void backward(Tensor loss) throws InterruptedException {
        backward(loss, true);
    }

    /**
     * Computes the gradients of a loss.
     *
     * @param loss tensor of one element
     * @param sync whether the gradients are averaged over the ranks and added to those of this rank's rows. If not, this rank keeps its
     * gradients of the whole parameters, and the next call that averages averages the sums; that takes fewer messages and the memory of
     * whole gradients
     * @throws DistributedException if a rank is missing or makes another call; the group is broken then
     */
    public void backward(Tensor loss, boolean sync) throws InterruptedException {
        requireOpen();
        passes.backward(loss, sync);
    }

    /**
     * Multiplies all gradients by {@code min(1, maxNorm/(‖g‖ + 1e-6))}, where the norm is the Euclidean one of all ranks' gradients as one
     * vector (Pascanu, Mikolov and Bengio 2012, arXiv:1211.5063). All ranks call this method.
     *
     * @return the norm before clipping, the same on all ranks
     */
    public double clipGradNorm(double maxNorm) throws InterruptedException {
        requireOpen();
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            var gradients = new ArrayList<Tensor>();
            for (Tensor p : model.parameters()) if (p.grad() instanceof Tensor g) gradients.add(g);
            Tensor sum = Torch.zeros(DType.FLOAT64, model.parameters().getFirst().device(), 1);
            for (Tensor g : gradients) sum.add_(Aten.dot(g.reshape(-1), g.reshape(-1)).to(DType.FLOAT64));
            group.allReduce(ReduceOp.SUM, sum).await();
            double norm = Math.sqrt(sum.itemDouble()), factor = maxNorm / (norm + 1e-6);
            // As in PyTorch, a norm that is not finite makes the gradients so, too.
            if (!(factor >= 1)) for (Tensor g : gradients) g.mul_(factor);
            return norm;
        }
    }

    /**
     * Lets {@link Optimizer#stateDict} return the state of whole parameters, as copies in the current scope, and
     * {@link Optimizer#loadStateDict} take it, so that checkpoints fit any number of ranks. All ranks call {@code stateDict}, since it is a
     * collective.
     *
     * @return a handle that ends this
     * @throws IllegalArgumentException if the optimiser has other parameters than the model's, or its steps depend on whole parameters
     */
    public Hooks.Handle attach(Optimizer optimizer) {
        requireOpen();
        return state.attach(optimizer);
    }

    // ---- checkpoints

    private static final String MODEL = "model", OPTIMIZER = "optimizer";

    /**
     * Writes a checkpoint of the model, an optimiser and other values. All ranks call this method, and each writes its own rows, so no rank
     * needs memory for the whole. {@link ShardedCheckpoint#load(Path)} reads it in one process.
     *
     * @param folder folder for {@link ShardedCheckpoint#save}; a checkpoint in it is replaced
     * @param others other entries of the state, such as the number of the epoch, beside {@code model} and {@code optimizer}
     * @throws IOException on every rank if one of them cannot write
     */
    public void save(Path folder, Optimizer optimizer, Map<String, ?> others) throws IOException, InterruptedException {
        requireOpen();
        try (var scope = Scope.open()) {
            var all = new LinkedHashMap<String, Object>(others);
            all.put(MODEL, state.pieces(model));
            all.put(OPTIMIZER, state.pieces(optimizer));
            ShardedCheckpoint.save(folder, group, all);
        }
    }

    /**
     * Loads a checkpoint of {@link #save}, of any number of ranks; or one that {@link ShardedCheckpoint#save} has written of the state
     * dicts {@code model} and {@code optimizer}. Each rank reads its own rows, and waits for no other.
     *
     * @return the other entries; tensors belong to the current scope
     * @throws MalformedFileException if a file is missing or damaged
     * @throws IllegalArgumentException if the model or the optimiser is another
     */
    public Map<String, Object> load(Path folder, Optimizer optimizer) throws IOException {
        requireOpen();
        try (var scope = Scope.open()) {
            Map<String, Object> all = ShardedCheckpoint.load(folder, state.cut(MODEL, Map.of(OPTIMIZER, optimizer)));
            state.loadDivided(model, tensors(folder, all.remove(MODEL)));
            if (!(all.remove(OPTIMIZER) instanceof Map<?, ?> dict)) throw new MalformedFileException(folder, "it has no optimiser");
            @SuppressWarnings("unchecked") var entries = (Map<String, ?>) dict;
            state.loadDivided(optimizer, entries);
            keep(scope, all.values());
            return all;
        }
    }

    private static Map<String, Tensor> tensors(Path folder, @Nullable Object dict) throws MalformedFileException {
        var tensors = new LinkedHashMap<String, Tensor>();
        if (!(dict instanceof Map<?, ?> entries)) throw new MalformedFileException(folder, "it has no model");
        for (var e : entries.entrySet()) {
            if (!(e.getValue() instanceof Tensor t)) throw new MalformedFileException(folder, "its entry " + e.getKey() + " is no tensor");
            tensors.put((String) e.getKey(), t);
        }
        return tensors;
    }

    private static void keep(Scope scope, Collection<?> values) {
        for (Object v : values) {
            if (v instanceof Tensor t) scope.keep(t);
            else if (v instanceof Map<?, ?> m) keep(scope, m.values());
            else if (v instanceof Collection<?> c) keep(scope, c);
        }
    }

    private void requireOpen() {
        if (closed) throw new IllegalStateException("this FullyShardedDataParallel is closed");
    }

    /** Frees gathered parameters and removes the hooks. The model keeps this rank's rows. Closing twice is harmless. */
    @Override public void close() {
        if (closed) return;
        closed = true;
        passes.close();
        hooks.forEach(Hooks.Handle::close);
        state.close();
        units.forEach(Unit::close);
    }
}
