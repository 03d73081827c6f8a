package panatorch.serve;

import java.util.ArrayList;
import java.util.List;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.export.Signature;

/** The runs of a worker before its first request: each sample alone and as a full batch, for every bucket. */
final class WarmUp {
    private final Contract contract;
    private final Buckets buckets;
    private final List<List<Tensor>> samples = new ArrayList<>();
    private final long maxRows;

    /** @throws IllegalArgumentException if a sample does not fit the signature */
    WarmUp(Contract contract, Buckets buckets, List<Request> samples, long maxRows) {
        this.contract = contract;
        this.buckets = buckets;
        this.maxRows = maxRows;
        for (Request r : samples) this.samples.add(r.inOrder(contract.inputNames));
        this.samples.forEach(contract::check);
    }

    void run(BatchRunner runner) {
        samples.forEach(s -> run(runner, s));
        if (!samples.isEmpty() || !buckets.complete()) return;
        try (var scope = Scope.open()) {
            var zeros = new ArrayList<Tensor>();
            for (int i = 0; i < contract.inputs.size(); i++) {
                Signature.TensorValue t = contract.inputs.get(i);
                long[] shape = t.dims().stream().mapToLong(d -> d instanceof Signature.Fixed f ? f.size() : 1).toArray();
                zeros.add(Torch.full(shape, 0, t.dtype()));
            }
            run(runner, zeros);
        }
    }

    private void run(BatchRunner runner, List<Tensor> sample) {
        long[] actual = contract.check(sample);
        if (!contract.batched) {
            run(runner, sample, actual);
            return;
        }
        for (long[] sizes : buckets.combinations(actual)) {
            for (long rows : maxRows == 1 ? new long[] {1} : new long[] {1, maxRows}) {
                try (var scope = Scope.open()) {
                    var inputs = new ArrayList<Tensor>();
                    for (int i = 0; i < sample.size(); i++) {
                        Tensor one = buckets.resize(sample.get(i), i, sizes).narrow(0, 0, 1);
                        long[] shape = one.shape();
                        shape[0] = rows;
                        inputs.add(one.expand(shape).contiguous());
                    }
                    long[] all = sizes.clone();
                    all[0] = rows;
                    run(runner, inputs, all);
                }
            }
        }
    }

    private void run(BatchRunner runner, List<Tensor> inputs, long[] sizes) {
        long rows = contract.batched ? sizes[0] : 1;
        var request = new Pending(Parcel.of(inputs), rows, sizes, sizes, contract.batched, 0, Long.MAX_VALUE);
        runner.run(List.of(request)).forEach(Parcel::discard);
    }
}
