package panatorch.serve;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;

/** Runs the requests of a batch as one: pads and joins their inputs, and splits the outputs. */
final class BatchRunner {
    private final Model model;
    private final Contract contract;
    private final Buckets buckets;
    private final @Nullable Device device;

    /** @param device where the model computes; null if it takes inputs where they are */
    BatchRunner(Model model, Contract contract, Buckets buckets, @Nullable Device device) {
        this.device = device;
        this.model = model;
        this.contract = contract;
        this.buckets = buckets;
    }

    /**
     * Returns the outputs of each request, which share memory with nothing. Afterwards the requests have no inputs any more; if several
     * failed together, they have, so that each can run alone.
     */
    List<Parcel> run(List<Pending> batch) {
        try (var scope = Scope.open()) {
            batch.forEach(Pending::open);
            try {
                return runOpened(batch);
            } catch (Throwable e) {
                if (batch.size() > 1) batch.forEach(Pending::pack);
                throw e;
            }
        }
    }

    private List<Parcel> runOpened(List<Pending> batch) {
        long rows = 0;
        for (Pending p : batch) rows += p.rows;
        long fill = contract.batched ? Math.max(0, contract.symbols.getFirst().range().min() - rows) : 0;
        var inputs = new ArrayList<Tensor>(contract.inputs.size());
        for (int i = 0; i < contract.inputs.size(); i++) inputs.add(on(device, input(batch, i, fill)));
        List<Tensor> outputs = model.run(inputs);
        if (device != null) outputs = outputs.stream().map(t -> on(Device.CPU, t)).toList();
        check(outputs, rows + fill);
        var parcels = new ArrayList<Parcel>(batch.size());
        for (List<Tensor> parts : split(outputs, batch, fill)) parcels.add(Parcel.of(parts));
        return parcels;
    }

    private static Tensor on(@Nullable Device device, Tensor t) {
        return device == null || t.device().equals(device) ? t : t.to(device);
    }

    private Tensor input(List<Pending> batch, int i, long fill) {
        var parts = new ArrayList<Tensor>(batch.size() + 1);
        for (Pending p : batch) {
            Tensor t = p.inputs.get(i);
            parts.add(p.actual == p.padded ? t : buckets.resize(t, i, p.padded));
        }
        if (fill > 0) {
            long[] shape = parts.getFirst().shape();
            shape[0] = fill;
            parts.add(parts.getFirst().narrow(0, 0, 1).expand(shape));
        }
        return parts.size() == 1 ? parts.getFirst() : Aten.cat(parts);
    }

    private void check(List<Tensor> outputs, long rows) {
        if (outputs.size() != contract.outputs.size())
            throw new IllegalStateException("the model returned " + outputs.size() + " tensors for the outputs " + contract.outputNames);
        if (!contract.batched) return;
        for (int i = 0; i < outputs.size(); i++) {
            Tensor t = outputs.get(i);
            if (t.dim() == 0 || t.size(0) != rows)
                throw new IllegalStateException("the model returned " + t.describe() + " for the output '" + contract.outputNames.get(i)
                        + "' of a batch of " + rows + " rows; the first dimension has to be the batch. If it never is, declare the "
                        + "batch size of the inputs as a number");
        }
    }

    /** Returns the outputs of each request. */
    private List<List<Tensor>> split(List<Tensor> outputs, List<Pending> batch, long fill) {
        var answers = new ArrayList<List<Tensor>>(batch.size());
        for (int k = 0; k < batch.size(); k++) answers.add(new ArrayList<>(outputs.size()));
        for (int o = 0; o < outputs.size(); o++) {
            List<Tensor> parts = parts(outputs.get(o), batch, fill);
            for (int k = 0; k < batch.size(); k++) {
                Pending p = batch.get(k);
                answers.get(k).add(buckets.cut(parts.get(k), o, p.actual, p.padded));
            }
        }
        return answers;
    }

    /** Returns copies of the parts, also of a whole output, which may be an input or a weight. */
    private List<Tensor> parts(Tensor output, List<Pending> batch, long fill) {
        if (!contract.batched) return List.of(output.clone());
        long[] sizes = new long[batch.size() + (fill > 0 ? 1 : 0)];
        for (int k = 0; k < batch.size(); k++) sizes[k] = batch.get(k).rows;
        if (fill > 0) sizes[batch.size()] = fill;
        return Aten.splitWithSizesCopy(output, sizes, 0L);
    }
}
