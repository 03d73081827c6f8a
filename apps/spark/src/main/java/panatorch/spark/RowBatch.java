package panatorch.spark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import panatorch.DType;
import panatorch.Tensor;

/**
 * Some rows of a DataFrame, whose columns can be taken as tensors. Tensors belong to the caller's scope, or to the caller if there is none.
 *
 * <p>
 * Numbers of every type, decimals and booleans, which count as 0 and 1, become elements of any real type. An integer element takes whole
 * numbers in its range only. All methods that read values throw an {@link IllegalArgumentException} that names the column, and the row
 * where a value is wrong: a missing column, a column that holds no numbers, a null.
 */
public final class RowBatch {
    private final StructType schema;
    private final List<Row> rows;
    private final int partition;
    private final long first;

    /**
     * @param partition number of the rows' partition, for messages
     * @param first number of the first row in it
     */
    RowBatch(StructType schema, List<Row> rows, int partition, long first) {
        this.schema = schema;
        this.rows = rows;
        this.partition = partition;
        this.first = first;
    }

    /** Returns the number of rows. */
    public int size() { return rows.size(); }

    /** Returns the rows, which cannot be changed. */
    public List<Row> rows() {
        return Collections.unmodifiableList(rows);
    }

    /** Returns a column: [N] of one of numbers, [N, L] of one of arrays of L numbers. */
    public Tensor column(DType dtype, String name) {
        int c = index(schema, name);
        if (!(schema.apply(c).dataType() instanceof ArrayType)) return columns(dtype, name).squeeze(1);
        requireNumbers(schema, c);
        int length = rows.isEmpty() ? 0 : array(0, c).size();
        var values = new Values(dtype, rows.size() * (long) length);
        for (int r = 0; r < rows.size(); r++) {
            List<Object> array = array(r, c);
            if (array.size() != length)
                throw new IllegalArgumentException("the arrays of column '" + name + "' have different lengths, for example " + length
                        + " and " + array.size() + ", in " + place(r));
            for (Object v : array) put(values, v, r, c);
        }
        return values.tensor(rows.size(), length);
    }

    /** Returns columns of numbers side by side: [N, names]. */
    public Tensor columns(DType dtype, String... names) {
        int[] indices = Arrays.stream(names).mapToInt(n -> scalarIndex(schema, n)).toArray();
        var values = new Values(dtype, rows.size() * (long) indices.length);
        for (int r = 0; r < rows.size(); r++) {
            Row row = rows.get(r);
            for (int c : indices) put(values, row.get(c), r, c);
        }
        return values.tensor(rows.size(), indices.length);
    }

    /** Returns a column of texts. */
    public List<String> strings(String name) {
        int c = index(schema, name);
        if (!(schema.apply(c).dataType() instanceof StringType))
            throw new IllegalArgumentException("column '" + name + "' is " + schema.apply(c).dataType().sql() + ", and not STRING");
        var strings = new ArrayList<String>(rows.size());
        for (int r = 0; r < rows.size(); r++) {
            String s = rows.get(r).getString(c);
            if (s == null) throw isNull(r, c);
            strings.add(s);
        }
        return strings;
    }

    private List<Object> array(int row, int column) {
        if (rows.get(row).isNullAt(column)) throw isNull(row, column);
        return rows.get(row).getList(column);
    }

    private void put(Values values, Object value, int row, int column) {
        if (value == null) throw isNull(row, column);
        if (!values.put(value))
            throw new IllegalArgumentException("column '" + schema.apply(column).name() + "' is " + value + " in " + place(row)
                    + ", which is no value of " + values.dtype());
    }

    private IllegalArgumentException isNull(int row, int column) {
        return new IllegalArgumentException("column '" + schema.apply(column).name() + "' is null in " + place(row)
                + "; fill or drop such rows before, for example by rows.na().drop()");
    }

    private String place(int row) { return "row " + (first + row) + " of partition " + partition; }

    /** Returns the number of a column. */
    static int index(StructType schema, String name) {
        int i = Arrays.asList(schema.fieldNames()).indexOf(name);
        if (i < 0)
            throw new IllegalArgumentException("there is no column '" + name + "'; there are " + Arrays.toString(schema.fieldNames()));
        return i;
    }

    /** Returns the number of a column that holds a number in each row. */
    static int scalarIndex(StructType schema, String name) {
        int i = index(schema, name);
        if (schema.apply(i).dataType() instanceof ArrayType)
            throw new IllegalArgumentException("column '" + name + "' holds arrays, so it cannot stand beside other columns");
        requireNumbers(schema, i);
        return i;
    }

    /** Requires a column to hold numbers or arrays of them. */
    static void requireNumbers(StructType schema, int column) {
        DataType type = schema.apply(column).dataType(), element = type instanceof ArrayType a ? a.elementType() : type;
        if (element instanceof NumericType || element instanceof BooleanType) return;
        throw new IllegalArgumentException("column '" + schema.apply(column).name() + "' is " + type.sql()
                + ", and neither a number nor an array of numbers"
                + (type.typeName().equals("vector") ? "; make an array of it by org.apache.spark.ml.functions.vector_to_array" : ""));
    }
}
