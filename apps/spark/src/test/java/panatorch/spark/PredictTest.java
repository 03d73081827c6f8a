package panatorch.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.export.Signature;
import panatorch.nn.Linear;
import panatorch.serialize.Safetensors;
import panatorch.serve.Model;

/** Predictions in the tasks of this process. */
@Timeout(300)
class PredictTest {
    private static final DataType FLOATS = DataTypes.createArrayType(DataTypes.FloatType);
    private static final AtomicInteger LOADS = new AtomicInteger();
    private static final List<String> CLOSED = Collections.synchronizedList(new ArrayList<>());
    private static SparkSession spark;

    @TempDir
    static Path folder;
    private static Path weights;

    /** y = [a + 2b + 0.5, 3a − b]. */
    @BeforeAll static void start() throws Exception {
        spark = Sessions.local(2);
        weights = save("weights.safetensors", 1);
    }

    private static Path save(String name, float factor) throws Exception {
        Path file = folder.resolve(name);
        try (var scope = Scope.open()) {
            Safetensors.save(file, Map.of("weight", Torch.tensor(new float[] {factor, 2, 3, -1}, 2, 2), "bias",
                    Torch.tensor(new float[] {0.5f, 0}, 2)), Map.of());
        }
        return file;
    }

    @AfterAll static void stop() { spark.stop(); }

    @BeforeEach void reset() {
        LOADS.set(0);
        CLOSED.clear();
    }

    private static ModelFile linear(Path file) {
        return ModelFile.weights(file.toString(), () -> new Linear(2, 2),
                m -> m.input("x", DType.FLOAT32, "batch", 2).output("y", DType.FLOAT32, "batch", 2));
    }

    /** A model that counts how often it is loaded and closed. */
    private record Counted(Model model, String file) implements Model {
        @Override public Signature signature() { return model.signature(); }

        @Override public List<Tensor> run(List<Tensor> inputs) { return model.run(inputs); }

        @Override public void close() {
            CLOSED.add(file);
            model.close();
        }
    }

    private static ModelFile counted(Path file) {
        return ModelFile.of(file.toString(), f -> {
            LOADS.incrementAndGet();
            return new Counted(linear(f).load(), f.getFileName().toString());
        });
    }

    private static Dataset<Row> numbers() {
        return spark.range(0, 50, 1, 4).selectExpr("id", "cast(id as float) as a", "cast(id % 7 as decimal(10,2)) as b",
                "array(cast(id as double), cast(id % 7 as double)) as both", "concat('n', id) as name");
    }

    private static void assertThatItIsTheLine(List<Row> rows, double factor) {
        assertThat(rows).hasSize(50);
        for (Row r : rows) {
            double a = r.<Float>getAs("a"), b = r.<Long>getAs("id") % 7;
            assertThat(r.<Float>getList(r.fieldIndex("y"))).hasSize(2);
            assertThat((double) r.<Float>getList(r.fieldIndex("y")).get(0)).isCloseTo(factor * a + 2 * b + 0.5, within(1e-4));
            assertThat((double) r.<Float>getList(r.fieldIndex("y")).get(1)).isCloseTo(3 * a - b, within(1e-4));
        }
    }

    @Test void outputs_are_appended_to_the_columns_of_each_row() {
        Dataset<Row> scored = Ranks.predict(numbers(), Predictor.of(linear(weights)).input("a", "b").output("y", FLOATS).batch(8));
        assertThat(scored.columns()).containsExactly("id", "a", "b", "both", "name", "y");
        assertThat(scored.schema().apply("y").dataType().sql()).isEqualTo("ARRAY<FLOAT>");
        assertThatItIsTheLine(scored.collectAsList(), 1);
        assertThat(scored.selectExpr("sum(id)").first().getLong(0)).isEqualTo(1225);
    }

    @Test void a_column_of_arrays_is_an_input() {
        assertThatItIsTheLine(Ranks.predict(numbers(), Predictor.of(linear(weights)).input("both").output("y", FLOATS)).collectAsList(), 1);
    }

    @Test void an_exported_program_answers_as_it_did_in_python() {
        String file = "../../nn/export/src/test/resources/panatorch/export/mlp.pt2"; // beside which cases.json has Python's numbers
        var schema = new StructType().add("x", FLOATS);
        var rows = List.of(RowFactory.create((Object) new Float[] {1.717895269393921f, -0.8507241010665894f, -0.848639190196991f,
            -0.1847800463438034f}),
                RowFactory.create((Object) new Float[] {-1.193757176399231f, -0.22327406704425812f, -1.2705765962600708f,
                    0.019330641254782677f}));
        List<Row> scored = Ranks.predict(spark.createDataFrame(rows, schema).coalesce(1),
                Predictor.of(ModelFile.program(file)).input("x").output("y", DataTypes.createArrayType(DataTypes.DoubleType)).batch(2))
                .collectAsList();
        double[][] python = {{0.08920178562402725, -0.00830649584531784, 0.09059013426303864},
            {0.19197271764278412, -0.08750584721565247, 0.07556053251028061}};
        for (int r = 0; r < 2; r++)
            for (int i = 0; i < 3; i++) assertThat(scored.get(r).<Double>getList(1).get(i)).isCloseTo(python[r][i], within(1e-6));
    }

    @Test void texts_are_encoded_and_outputs_computed_by_functions() {
        var predictor = Predictor.of(linear(weights)).encode(rows -> {
            var lengths = rows.strings("name").stream().mapToInt(String::length).toArray();
            return List.of(Torch.tensor(lengths, lengths.length, 1).to(DType.FLOAT32).repeat(1, 2));
        }, "name").then(outputs -> List.of(outputs.getFirst().argmax(1), outputs.getFirst().select(1, 0).gt(8)))
                .output("class", DataTypes.LongType).output("long", DataTypes.BooleanType);
        for (Row r : Ranks.predict(numbers(), predictor).collectAsList()) {
            int length = r.<String>getAs("name").length(); // 2 or 3: outputs are 3 · length + 0.5 and 2 · length
            assertThat(r.<Long>getAs("class")).isZero();
            assertThat(r.<Boolean>getAs("long")).isEqualTo(length == 3);
        }
    }

    @Test void one_model_serves_all_partitions_and_later_jobs() throws Exception {
        Path weights = save("one.safetensors", 1);
        Dataset<Row> scored = Ranks.predict(numbers(), Predictor.of(counted(weights)).input("a", "b").output("y", FLOATS));
        assertThatItIsTheLine(scored.collectAsList(), 1);
        assertThatItIsTheLine(scored.collectAsList(), 1);
        assertThat(LOADS.get()).isEqualTo(1);
        assertThat(CLOSED).doesNotContain("one.safetensors");
    }

    @Test void two_models_in_one_query_are_loaded_once_each() {
        var first = Predictor.of(counted(weights)).input("a", "b").output("y", FLOATS);
        var second = Predictor.of(counted(weights)).input("y").output("z", FLOATS);
        assertThat(Ranks.predict(Ranks.predict(numbers(), first), second).collectAsList()).hasSize(50);
        assertThat(LOADS.get()).isEqualTo(2);
    }

    @Test void a_changed_file_is_loaded_anew_and_the_old_model_closed() throws Exception {
        Path file = save("changing.safetensors", 1);
        Files.setLastModifiedTime(file, FileTime.fromMillis(1_000_000));
        Dataset<Row> scored = Ranks.predict(numbers(), Predictor.of(counted(file)).input("a", "b").output("y", FLOATS));
        assertThatItIsTheLine(scored.collectAsList(), 1);
        save("changing.safetensors", 5);
        assertThatItIsTheLine(scored.collectAsList(), 5);
        assertThat(LOADS.get()).isEqualTo(2);
        assertThat(CLOSED).containsOnlyOnce("changing.safetensors");
    }

    @Test void a_sent_file_needs_no_shared_folder() throws Exception {
        Path file = save("sent.safetensors", 2);
        ModelFile sent = linear(file).sent(spark);
        Files.delete(file);
        assertThatItIsTheLine(Ranks.predict(numbers(), Predictor.of(sent).input("a", "b").output("y", FLOATS)).collectAsList(), 2);
    }

    // ---- bad input

    private static Predictor lines() { return Predictor.of(linear(weights)).output("y", FLOATS); }

    @Test void a_wrong_column_is_refused_before_anything_runs() {
        assertThatIllegalArgumentException().isThrownBy(() -> Ranks.predict(numbers(), lines().input("a", "c")))
                .withMessage("there is no column 'c'; there are [id, a, b, both, name]");
        assertThatIllegalArgumentException().isThrownBy(() -> Ranks.predict(numbers(), lines().input("a", "name")))
                .withMessage("column 'name' is STRING, and neither a number nor an array of numbers");
        assertThatIllegalArgumentException().isThrownBy(() -> Ranks.predict(numbers(), lines().input("a", "both")))
                .withMessageContaining("'both' holds arrays");
        assertThatIllegalArgumentException().isThrownBy(() -> Ranks.predict(numbers(), lines().encode(_ -> List.of(), "text")))
                .withMessageContaining("no column 'text'");
        assertThatIllegalArgumentException().isThrownBy(() -> Ranks.predict(numbers(), lines().input("a", "b").output("a", FLOATS)))
                .withMessageContaining("a column 'a' already");
        assertThatIllegalArgumentException().isThrownBy(() -> Ranks.predict(numbers(), lines()))
                .withMessageContaining("either input(columns…) or encode(…)");
        assertThatIllegalArgumentException().isThrownBy(() -> lines().output("d", DataTypes.DateType)).withMessageContaining("DATE");
    }

    private static void assertThatItFails(Dataset<Row> rows, Predictor predictor, String... parts) {
        assertThatThrownBy(() -> Ranks.predict(rows, predictor).collectAsList()).hasMessageContainingAll(parts);
    }

    @Test void a_null_is_named_with_its_row() {
        Dataset<Row> rows = numbers().selectExpr("if(id = 3, null, a) as a", "b", "if(id = 4, null, both) as both",
                "if(id = 5, null, name) as name").coalesce(1);
        assertThatItFails(rows, lines().input("a", "b").batch(2), "column 'a' is null in row 3 of partition 0", "na().drop()");
        assertThatItFails(rows, lines().input("both"), "column 'both' is null in row 4 of partition 0");
        assertThatItFails(rows, lines().encode(r -> { r.strings("name"); return List.of(); }, "name"), "column 'name' is null in row 5");
        assertThatItFails(numbers().selectExpr("array(cast(1 as float), null) as x"), lines().input("x"), "column 'x' is null in row 0");
    }

    @Test void arrays_of_different_lengths_are_refused() {
        assertThatItFails(numbers().selectExpr("if(id = 7, array(1, 2, 3), array(1, 2)) as x").coalesce(1), lines().input("x"),
                "the arrays of column 'x' have different lengths, for example 2 and 3, in row 7 of partition 0");
    }

    @Test void a_fraction_is_no_integer() {
        ModelFile whole = ModelFile.of(weights.toString(), file -> Model.of(new Linear(1, 1).eval()).input("n", DType.INT64, "batch", 1));
        assertThatItFails(numbers().selectExpr("id + 0.5 as n").coalesce(1), Predictor.of(whole).input("n").output("y", FLOATS),
                "column 'n' is 0.5 in row 0 of partition 0, which is no value of int64");
    }

    @Test void an_output_that_does_not_fit_its_column_is_refused() {
        assertThatItFails(numbers(), Predictor.of(linear(weights)).input("a", "b").output("y", DataTypes.FloatType),
                "column 'y' is float32", "takes one element of each row; make it an array");
        assertThatItFails(numbers(), lines().input("a", "b").output("z", FLOATS), "gives 1 tensors, but 2 outputs were named");
        assertThatItFails(numbers(), Predictor.of(linear(weights)).input("a", "b").output("y", DataTypes.createArrayType(
                DataTypes.LongType)), "cannot hold such elements");
        assertThatItFails(numbers(), lines().input("a").input("b"), "takes 1 tensors, [x], but 2 inputs were named");
    }

    @Test void a_missing_or_damaged_model_file_is_named() throws Exception {
        assertThatItFails(numbers(), Predictor.of(linear(folder.resolve("none.safetensors"))).input("a", "b").output("y", FLOATS),
                "no model file", "none.safetensors", "ModelFile.sent");
        Path damaged = Files.writeString(folder.resolve("damaged.safetensors"), "not weights");
        assertThatItFails(numbers(), Predictor.of(linear(damaged)).input("a", "b").output("y", FLOATS), "could not be loaded",
                "damaged.safetensors");
    }
}
