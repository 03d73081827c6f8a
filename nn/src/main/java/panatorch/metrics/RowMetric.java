package panatorch.metrics;

import java.util.ArrayList;
import java.util.List;
import panatorch.Aten;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;

/** A metric whose state is all predictions and targets, because it depends on their order: a tensor for each kind, with a row each. */
abstract class RowMetric extends StreamingMetric {
    /** The tensors of each kind, a batch each. */
    private final List<List<Tensor>> columns = new ArrayList<>();

    RowMetric(int columns) {
        for (int i = 0; i < columns; i++) this.columns.add(new ArrayList<>());
    }

    @Override final int parts() { return columns.size(); }

    @Override final void add(List<Tensor> rows) {
        List<Tensor> first = columns.getFirst();
        Device device = (first.isEmpty() ? rows : first).getFirst().device();
        if (!first.isEmpty() && rows.getFirst().dim() == 2 && rows.getFirst().size(1) != first.getFirst().size(1))
            throw new IllegalArgumentException("the rows have " + rows.getFirst().size(1) + " columns, but those before have "
                    + first.getFirst().size(1));
        for (int i = 0; i < rows.size(); i++) columns.get(i).add(rows.get(i).to(device).clone().escape());
    }

    /** Joins the batches. */
    @Override final List<Tensor> state() {
        if (columns.getFirst().isEmpty()) return List.of();
        for (List<Tensor> column : columns) {
            if (column.size() == 1) continue;
            try (var scope = Scope.open()) {
                Tensor all = Aten.cat(column).escape();
                column.forEach(Tensor::close);
                column.clear();
                column.add(all);
            }
        }
        return columns.stream().map(List::getFirst).toList();
    }

    /**
     * Returns the state.
     *
     * @throws IllegalStateException if there is none
     */
    final List<Tensor> rows() {
        List<Tensor> all = state();
        if (all.isEmpty()) throw new IllegalStateException("no batch was added; call update first");
        return all;
    }

    @Override public final void reset() {
        for (List<Tensor> column : columns) {
            column.forEach(Tensor::close);
            column.clear();
        }
    }
}
