package panatorch.spark;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * How {@link Ranks#predict} makes inputs of columns, and columns of outputs. The methods return changed copies.
 *
 * <pre>{@code
 * Predictor.of(ModelFile.program("/shared/model.pt2")).input("age", "income").output("score", DataTypes.FloatType);
 * Predictor.of(ModelFile.script(path, m -> m.input("ids", DType.INT64, "batch", "length")))
 *         .encode(batch -> List.of(tokenize(batch.strings("text"))), "text")
 *         .then(outputs -> List.of(outputs.getFirst().softmax(1), outputs.getFirst().argmax(1)))
 *         .output("probabilities", DataTypes.createArrayType(DataTypes.FloatType)).output("class", DataTypes.LongType);
 * }</pre>
 */
public final class Predictor implements Serializable {
    private static final long serialVersionUID = 1;

    /** Makes the model's inputs of rows. */
    @FunctionalInterface
    public interface Encoding extends Serializable {
        /** Returns the inputs in the signature's order, with a row for each row, in the caller's scope. */
        List<Tensor> encode(RowBatch rows) throws Exception;
    }

    /** Computes results of a model's outputs. */
    @FunctionalInterface
    public interface Step extends Serializable {
        /** Returns the results, with a row for each row, in the caller's scope. */
        List<Tensor> apply(List<Tensor> outputs);
    }

    /** A column that is appended. */
    record Output(String name, DataType type) implements Serializable {}

    final ModelFile model;
    final ArrayList<List<String>> inputs;
    final @Nullable Encoding encoding;
    final ArrayList<String> encoded;
    final @Nullable Step step;
    final ArrayList<Output> outputs;
    final int batch;

    private Predictor(ModelFile model, ArrayList<List<String>> inputs, @Nullable Encoding encoding, ArrayList<String> encoded,
            @Nullable Step step,
            ArrayList<Output> outputs, int batch) {
        this.model = model;
        this.inputs = inputs;
        this.encoding = encoding;
        this.encoded = encoded;
        this.step = step;
        this.outputs = outputs;
        this.batch = batch;
    }

    /** Returns a predictor of a model, whose inputs and outputs have still to be named. It takes 1024 rows at a time. */
    public static Predictor of(ModelFile model) {
        return new Predictor(model, new ArrayList<>(), null, new ArrayList<>(), null, new ArrayList<>(), 1024);
    }

    /**
     * Sets the columns of the next input, whose type is that of the model's signature. Columns of numbers are put side by side, [N,
     * columns]; one alone is [N] if the signature says so. A column of arrays is [N, L], or of the signature's shape if that has as many
     * elements.
     */
    public Predictor input(String... columns) {
        if (columns.length == 0) throw new IllegalArgumentException("an input needs at least one column");
        return new Predictor(model, append(inputs, List.of(columns)), encoding, encoded, step, outputs, batch);
    }

    /**
     * Sets how all inputs are made, for texts and other columns that are no numbers.
     *
     * @param columns the columns that it reads, which are checked before anything runs
     */
    public Predictor encode(Encoding encoding, String... columns) {
        return new Predictor(model, inputs, encoding, new ArrayList<>(List.of(columns)), step, outputs, batch);
    }

    /** Sets what is computed of the model's outputs. */
    public Predictor then(Step step) {
        return new Predictor(model, inputs, encoding, encoded, step, outputs, batch);
    }

    /**
     * Sets the column of the next output.
     *
     * @param type a number or boolean for an output [N] or [N, 1], or an array of them for an output [N, …], whose elements are put there
     * row by row
     */
    public Predictor output(String column, DataType type) {
        ResultColumn.requireSupported(column, type);
        return new Predictor(model, inputs, encoding, encoded, step, append(outputs, new Output(column, type)), batch);
    }

    /** Sets how many rows the model takes at a time; the last ones of a partition may be fewer. */
    public Predictor batch(int rows) {
        if (rows < 1) throw new IllegalArgumentException("a batch must have at least 1 row, not " + rows);
        return new Predictor(model, inputs, encoding, encoded, step, outputs, rows);
    }

    private static <T> ArrayList<T> append(List<T> list, T last) {
        return new ArrayList<>(Stream.concat(list.stream(), Stream.of(last)).toList());
    }

    /** Returns the columns of the result, and checks those that are read. */
    StructType resultSchema(StructType schema) {
        if (outputs.isEmpty()) throw new IllegalArgumentException("the predictor has no output; name one by output(column, type)");
        if (inputs.isEmpty() == (encoding == null))
            throw new IllegalArgumentException("the predictor needs either input(columns…) or encode(…), and not both");
        encoded.forEach(name -> RowBatch.index(schema, name));
        for (List<String> columns : inputs) {
            if (columns.size() > 1) columns.forEach(name -> RowBatch.scalarIndex(schema, name));
            else RowBatch.requireNumbers(schema, RowBatch.index(schema, columns.getFirst()));
        }
        StructType result = schema;
        for (Output o : outputs) {
            if (Arrays.asList(result.fieldNames()).contains(o.name))
                throw new IllegalArgumentException("there is a column '" + o.name + "' already; name the output otherwise, or drop that");
            DataType type = o.type instanceof ArrayType a ? new ArrayType(a.elementType(), false) : o.type;
            result = result.add(o.name, type, false);
        }
        return result;
    }
}
