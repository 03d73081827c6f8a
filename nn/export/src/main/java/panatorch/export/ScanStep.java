package panatorch.export;

import java.util.ArrayList;
import java.util.List;
import panatorch.Aten;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * {@code scan} and {@code map}: runs a graph once for each slice of some tensors along their first dimension, handing on carried values,
 * and stacks what it returns. {@code map} carries nothing.
 */
final class ScanStep extends Step {
    private final Graph body;
    private final Operand[] operands;
    private final int carried, sliced;
    private final int[] results;

    /**
     * @param operands the initial carried values, the tensors that are sliced, and further inputs of the graph
     * @param carried number of carried values
     * @param sliced number of tensors that are sliced
     */
    ScanStep(String place, Graph body, Operand[] operands, int carried, int sliced, int[] results) {
        super(place);
        this.body = body;
        this.operands = operands;
        this.carried = carried;
        this.sliced = sliced;
        this.results = results;
    }

    @Override void run(Frame frame) {
        int n = operands.length, outputs = results.length;
        // The inputs of this round, and behind them its outputs.
        Frame own = new Frame(frame.state, n + outputs);
        var round = new Operand[n];
        var made = new int[outputs];
        for (int i = 0; i < n; i++) round[i] = new Operand.Slot(i);
        for (int i = 0; i < outputs; i++) made[i] = n + i;
        try (var scope = Scope.open()) {
            for (int i = 0; i < n; i++) operands[i].give(frame, own, i);
            var tensors = new Tensor[sliced];
            for (int i = 0; i < sliced; i++) tensors[i] = tensor(own, carried + i);
            List<List<Tensor>> rows = new ArrayList<>();
            for (int i = carried; i < outputs; i++) rows.add(new ArrayList<>());
            long length = sliced == 0 ? 0 : tensors[0].size(0);
            for (long k = 0; k < length; k++) {
                for (int i = 0; i < sliced; i++) slice(own, carried + i, tensors[i], k);
                body.call(own, round, made);
                for (int i = 0; i < carried; i++) {
                    own.drop(i);
                    Graph.move(own, n + i, own, i);
                }
                for (int i = carried; i < outputs; i++) rows.get(i - carried).add(tensor(own, n + i));
                for (int i = 0; i < sliced; i++) own.drop(carried + i);
            }
            if (length == 0 && outputs > carried)
                throw new IllegalArgumentException("a scan over no elements has no result" + place);
            for (int i = 0; i < carried; i++) Graph.move(own, i, frame, results[i]);
            for (int i = carried; i < outputs; i++) frame.set(results[i], Aten.stack(rows.get(i - carried), 0));
        } finally {
            own.clear();
        }
    }

    private static void slice(Frame own, int slot, Tensor t, long at) {
        try (var scope = Scope.open()) {
            own.set(slot, t.select(0, at));
        }
    }

    private Tensor tensor(Frame own, int slot) {
        if (own.take(slot) instanceof Tensor t) return t;
        throw new IllegalArgumentException("a scan needs tensors" + place);
    }
}
