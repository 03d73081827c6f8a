package panatorch.distributed.fsdp;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import panatorch.DType;
import panatorch.Layout;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.ReduceOp;
import panatorch.distributed.Work;

/** The parameters of a unit that have one type. They are gathered, and their gradients are reduced, in one message. */
final class Bucket implements AutoCloseable {
    final List<Parameter> parameters;
    private final ProcessGroup group;
    private final DType type, reduceType;
    private final long length;
    private @Nullable Tensor gathered;
    private @Nullable Work work;

    /**
     * @param type type of the gathered parameters
     * @param reduceType type in which gradients are added
     */
    Bucket(List<Parameter> parameters, ProcessGroup group, DType type, DType reduceType) {
        this.parameters = parameters;
        this.group = group;
        this.type = type;
        this.reduceType = reduceType;
        length = parameters.stream().mapToLong(p -> p.part).sum();
    }

    /** Begins to gather the parameters. */
    void start() throws InterruptedException {
        var device = parameters.getFirst().shard.device();
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            Tensor own = Torch.empty(type, device, length), all = Torch.empty(type, device, group.ranks() * length);
            long at = 0;
            for (Parameter p : parameters) {
                p.copyOwn(p.shard.detach(), own.narrow(0, at, p.part));
                at += p.part;
            }
            work = group.allGather(all, own);
            gathered = all.escape();
        }
    }

    /** Waits for the parameters, and gives the whole ones memory. */
    void finish() throws InterruptedException {
        Tensor all = Objects.requireNonNull(gathered);
        Objects.requireNonNull(work).await();
        work = null;
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            Tensor parts = all.view(group.ranks(), length);
            long at = 0;
            for (Parameter p : parameters) {
                p.whole.allocate();
                p.copyParts(parts.narrow(1, at, p.part));
                at += p.part;
            }
        }
        drop();
        // Whether a parameter is trained may have been changed meanwhile.
        for (Parameter p : parameters)
            if (p.whole.tensor().requiresGrad() != p.shard.requiresGrad()) p.whole.tensor().requiresGrad_(p.shard.requiresGrad());
    }

    void release() {
        for (Parameter p : parameters) p.whole.release();
    }

    private void drop() {
        if (work != null) work.close();
        if (gathered != null) gathered.close();
        work = null;
        gathered = null;
    }

    /** The gradients of a bucket on their way to the ranks that keep them. */
    final class Reduction implements AutoCloseable {
        private final List<Parameter> trained;
        private final Tensor own;
        private final Work work;

        private Reduction(List<Parameter> trained, Tensor own, Work work) {
            this.trained = trained;
            this.own = own;
            this.work = work;
        }

        /** Waits for this rank's parts, and adds them to the gradients of the shards. */
        void finish() throws InterruptedException {
            work.await();
            try (var scope = Scope.open(); var off = NoGrad.enter()) {
                int n = trained.size();
                double[] uses = own.narrow(0, own.numel() - n, n).toDoubleArray();
                long at = 0;
                for (int i = 0; i < n; i++) {
                    Parameter p = trained.get(i);
                    if (uses[i] > 0) add(p, p.shaped(own.narrow(0, at, p.part)).div(group.ranks()).to(p.shard.dtype()));
                    at += p.part;
                }
            } finally {
                close();
            }
        }

        private static void add(Parameter p, Tensor gradient) {
            Tensor before = p.shard.grad();
            if (before == null) p.shard.setGrad(gradient);
            else before.add_(gradient);
        }

        @Override public void close() {
            work.close();
            own.close();
        }
    }

    /** Begins to add the gradients of all ranks; null if nothing is trained. The gradients of the whole parameters are freed. */
    @Nullable Reduction reduce() throws InterruptedException {
        List<Parameter> trained = parameters.stream().filter(p -> p.whole.tensor().requiresGrad()).toList();
        if (trained.isEmpty()) return null;
        int ranks = group.ranks();
        // One more element for each parameter is the number of ranks that have a gradient: one that no rank has stays absent.
        long part = trained.stream().mapToLong(p -> p.part).sum() + trained.size();
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            Tensor all = Torch.zeros(reduceType, parameters.getFirst().shard.device(), ranks, part);
            Tensor own = all.newEmpty(part);
            long at = 0, use = part - trained.size();
            for (Parameter p : trained) {
                Tensor gradient = p.whole.tensor().grad();
                if (gradient != null) {
                    p.divide(gradient.layout() == Layout.STRIDED ? gradient : gradient.toDense(), all.narrow(1, at, p.part));
                    all.select(1, use).fill_(1);
                    p.whole.tensor().setGrad(null);
                    gradient.close();
                }
                at += p.part;
                use++;
            }
            return new Reduction(trained, own.escape(), group.reduceScatter(ReduceOp.SUM, own, all));
        }
    }

    /** Frees gradients that were not reduced. */
    void freeGradients() {
        for (Parameter p : parameters) p.whole.tensor().setGrad(null);
    }

    @Override public void close() {
        drop();
        parameters.forEach(Parameter::close);
    }
}
