package panatorch.distributed;

import java.util.List;
import java.util.function.UnaryOperator;
import panatorch.Function;
import panatorch.Tensor;

/**
 * Collectives with derivatives, for models whose computation is spread over ranks: {@code torch.distributed.nn.functional}. Each returns a
 * new tensor of the current scope and waits until the result is there.
 *
 * <pre>{@code
 * Tensor mean = Collectives.allReduce(group, ReduceOp.AVG, x.mean());   // over all ranks
 * mean.backward();                                                      // on all ranks
 * }</pre>
 *
 * <p>
 * The gradient is that of the sum of all ranks' losses. The backward pass of a collective is a collective too: all ranks must differentiate
 * the same results, in the same order, and their inputs must require gradients alike. Derivatives of derivatives exist.
 *
 * <p>
 * Failures are those of {@link ProcessGroup}, in the forward and in the backward pass. An interrupt is a {@link DistributedException},
 * which breaks the group; the thread stays interrupted.
 */
public final class Collectives {
    private Collectives() {}

    private static final class Linear extends Function {
        private final UnaryOperator<Tensor> map, adjoint;

        Linear(UnaryOperator<Tensor> map, UnaryOperator<Tensor> adjoint) {
            this.map = map;
            this.adjoint = adjoint;
        }

        @Override protected List<Tensor> forward(Context context, List<Tensor> inputs) {
            return List.of(map.apply(inputs.getFirst()));
        }

        @Override protected List<Tensor> backward(Context context, List<Tensor> gradients) {
            return List.of(adjoint.apply(gradients.getFirst()));
        }
    }

    private static Tensor linear(Tensor x, UnaryOperator<Tensor> map, UnaryOperator<Tensor> adjoint) {
        return new Linear(map, adjoint).apply(x);
    }

    /** Waits for a collective that writes {@code result}. */
    private static Tensor await(ProcessGroup group, Tensor result, Calls.Action<Work> start) {
        try (Work work = start.run()) {
            work.await();
            return result;
        } catch (InterruptedException e) {
            throw group.interrupted(e);
        }
    }

    /**
     * Combines the tensors of all ranks.
     *
     * @param op {@link ReduceOp#SUM} or {@link ReduceOp#AVG}
     * @return tensor of the shape of {@code x}, alike on all ranks
     */
    public static Tensor allReduce(ProcessGroup group, ReduceOp op, Tensor x) {
        checkLinear(op);
        return linear(x, t -> {
            Tensor y = t.clone();
            return await(group, y, () -> group.allReduce(op, y));
        }, g -> allReduce(group, op, g));
    }

    /**
     * Combines the tensors of all ranks on rank {@code root}.
     *
     * @param op {@link ReduceOp#SUM} or {@link ReduceOp#AVG}
     * @return tensor of the shape of {@code x}; zeros on the other ranks
     */
    public static Tensor reduce(ProcessGroup group, ReduceOp op, int root, Tensor x) {
        checkLinear(op);
        return linear(x, t -> {
            Tensor y = t.clone();
            await(group, y, () -> group.reduce(op, root, y));
            return group.rank() == root ? y : y.zero_();
        }, g -> shared(group, op, broadcast(group, root, g)));
    }

    /** Returns the tensor of rank {@code root} on all ranks; the tensors of the others only tell type and shape. */
    public static Tensor broadcast(ProcessGroup group, int root, Tensor x) {
        return linear(x, t -> {
            Tensor y = t.clone();
            return await(group, y, () -> group.broadcast(root, y));
        }, g -> reduce(group, ReduceOp.SUM, root, g));
    }

    /**
     * Puts the tensors of all ranks one after the other.
     *
     * @param x tensor [N, …], of the same shape on all ranks
     * @return tensor [ranks · N, …]
     */
    public static Tensor allGather(ProcessGroup group, Tensor x) {
        if (x.dim() == 0) throw new IllegalArgumentException("all-gather takes a tensor with a first dimension; call unsqueeze(0)");
        return linear(x, t -> {
            long[] shape = t.shape();
            shape[0] *= group.ranks();
            Tensor y = t.newEmpty(shape);
            return await(group, y, () -> group.allGather(y, t));
        }, g -> reduceScatter(group, ReduceOp.SUM, g));
    }

    /**
     * Combines the tensors of all ranks, and returns rank r's part r of the result.
     *
     * @param op {@link ReduceOp#SUM} or {@link ReduceOp#AVG}
     * @param x tensor [ranks · N, …]
     * @return tensor [N, …]
     */
    public static Tensor reduceScatter(ProcessGroup group, ReduceOp op, Tensor x) {
        checkLinear(op);
        checkParts("reduce-scatter", group, x);
        return linear(x, t -> {
            long[] shape = t.shape();
            shape[0] /= group.ranks();
            Tensor y = t.newEmpty(shape);
            return await(group, y, () -> group.reduceScatter(op, y, t));
        }, g -> shared(group, op, allGather(group, g)));
    }

    /**
     * Sends part r to rank r, and returns the parts that arrive, in the order of the ranks.
     *
     * @param x tensor [ranks · N, …], of the same shape on all ranks
     * @return tensor of the shape of {@code x}
     */
    public static Tensor allToAll(ProcessGroup group, Tensor x) {
        checkParts("all-to-all", group, x);
        return linear(x, t -> {
            Tensor y = t.newEmpty(t.shape());
            return await(group, y, () -> group.allToAll(y, t));
        }, g -> allToAll(group, g));
    }

    private static Tensor shared(ProcessGroup group, ReduceOp op, Tensor gradient) {
        return op == ReduceOp.AVG ? gradient.div(group.ranks()) : gradient;
    }

    private static void checkLinear(ReduceOp op) {
        if (op != ReduceOp.SUM && op != ReduceOp.AVG)
            throw new IllegalArgumentException(op + " has no derivative here; take SUM or AVG, or a method of ProcessGroup");
    }

    private static void checkParts(String what, ProcessGroup group, Tensor x) {
        if (x.dim() == 0 || x.size(0) % group.ranks() != 0)
            throw new IllegalArgumentException(what + " takes a tensor whose first dimension is a multiple of the " + group.ranks()
                    + " ranks, not " + x.describe());
    }
}
