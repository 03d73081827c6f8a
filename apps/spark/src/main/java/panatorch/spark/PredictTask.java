package panatorch.spark;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;
import panatorch.InferenceMode;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.export.Signature;
import panatorch.serve.Model;

/** Applies a model to the rows of a partition, a batch at a time. */
final class PredictTask implements MapPartitionsFunction<Row, Row> {
    private static final long serialVersionUID = 1;

    private final StructType schema;
    private final Predictor predictor;

    PredictTask(StructType schema, Predictor predictor) {
        this.schema = schema;
        this.predictor = predictor;
    }

    @Override public Iterator<Row> call(Iterator<Row> rows) throws Exception {
        if (!rows.hasNext()) return rows;
        Torch.setNumThreads(BarrierTask.threads());
        String key = predictor.model.key();
        Model model = ExecutorModels.acquire(key, predictor.model);
        TaskContext.get().addTaskCompletionListener((TaskCompletionListener) _ -> ExecutorModels.release(key));
        return new Predictions(rows, model, TaskContext.getPartitionId());
    }

    /** The rows with their results. A batch runs when its first row is asked for. */
    private final class Predictions implements Iterator<Row> {
        private final Iterator<Row> rows;
        private final Model model;
        private final List<Signature.TensorValue> inputs;
        private final int partition;
        private final List<Row> batch = new ArrayList<>();
        private Object[][] results = new Object[0][];
        private int next;
        private long before;

        Predictions(Iterator<Row> rows, Model model, int partition) {
            this.rows = rows;
            this.model = model;
            this.partition = partition;
            inputs = model.signature().inputs().stream().filter(v -> v instanceof Signature.TensorValue)
                    .map(v -> (Signature.TensorValue) v).toList();
            if (predictor.encoding == null && inputs.size() != predictor.inputs.size())
                throw new IllegalArgumentException("the model " + predictor.model + " takes " + inputs.size() + " tensors, "
                        + inputs.stream().map(Signature.TensorValue::name).toList() + ", but " + predictor.inputs.size()
                        + " inputs were named");
        }

        @Override public boolean hasNext() { return next < batch.size() || rows.hasNext(); }

        @Override public Row next() {
            if (next == batch.size()) advance();
            Row row = batch.get(next);
            var values = new Object[row.size() + results.length];
            for (int c = 0; c < row.size(); c++) values[c] = row.get(c);
            for (int o = 0; o < results.length; o++) values[row.size() + o] = results[o][next];
            next++;
            return RowFactory.create(values);
        }

        private void advance() {
            if (!rows.hasNext()) throw new NoSuchElementException();
            before += batch.size();
            batch.clear();
            next = 0;
            while (batch.size() < predictor.batch && rows.hasNext()) batch.add(rows.next());
            try (var scope = Scope.open(); var off = InferenceMode.enter()) {
                List<Tensor> outputs = model.run(inputs(new RowBatch(schema, batch, partition, before)));
                if (predictor.step != null) outputs = predictor.step.apply(outputs);
                if (outputs.size() != predictor.outputs.size())
                    throw new IllegalArgumentException("the model " + predictor.model + " gives " + outputs.size() + " tensors, but "
                            + predictor.outputs.size() + " outputs were named");
                results = new Object[outputs.size()][];
                for (int o = 0; o < results.length; o++)
                    results[o] = ResultColumn.values(outputs.get(o), predictor.outputs.get(o), batch.size());
            }
        }

        private List<Tensor> inputs(RowBatch rows) {
            if (predictor.encoding == null) {
                var tensors = new ArrayList<Tensor>();
                for (int i = 0; i < inputs.size(); i++) tensors.add(input(rows, inputs.get(i), predictor.inputs.get(i)));
                return tensors;
            }
            try {
                return predictor.encoding.encode(rows);
            } catch (RuntimeException e) {
                throw e;
            } catch (Exception e) {
                throw new IllegalStateException("the rows could not be encoded: " + e.getMessage(), e);
            }
        }

        private Tensor input(RowBatch rows, Signature.TensorValue input, List<String> columns) {
            boolean arrays = columns.size() == 1
                    && schema.apply(RowBatch.index(schema, columns.getFirst())).dataType() instanceof ArrayType;
            if (!arrays && !(columns.size() == 1 && input.dims().size() == 1))
                return rows.columns(input.dtype(), columns.toArray(String[]::new));
            Tensor column = rows.column(input.dtype(), columns.getFirst());
            return arrays && input.dims().size() > 2 ? shaped(column, input) : column;
        }

        private Tensor shaped(Tensor column, Signature.TensorValue input) {
            var shape = new long[input.dims().size()];
            long elements = 1;
            for (int d = 1; d < shape.length; d++) {
                shape[d] = input.dims().get(d) instanceof Signature.Fixed f ? f.size() : -1;
                elements *= shape[d];
            }
            if (elements != column.size(1))
                throw new IllegalArgumentException("the input '" + input.name() + "' of " + predictor.model + " is " + input.dims()
                        + ", but the arrays have " + column.size(1) + " elements");
            shape[0] = column.size(0);
            return column.reshape(shape);
        }
    }
}
