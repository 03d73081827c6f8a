package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.junit.NoTensorLeaks;
import panatorch.metrics.Accuracy;
import panatorch.metrics.Calibration;
import panatorch.metrics.ClassificationReport;
import panatorch.metrics.ConfusionMatrix;
import panatorch.metrics.ErrorDetection;
import panatorch.metrics.TemperatureScaling;
import panatorch.nn.functional.CrossEntropy;

/** Metrics against torchmetrics' and scikit-learn's; {@code src/test/python/metrics.py} made and explains the numbers. */
@NoTensorLeaks
class MetricsTest {
    private static final JsonNode DOCUMENT = Golden.read("metrics.json");

    @TestFactory Stream<DynamicTest> calibration_is_that_of_torchmetrics() {
        return each("calibration", c -> {
            Tensor labels = Golden.tensor(c.get("labels"));
            boolean logits = c.has("logits");
            Tensor scores = Golden.tensor(c.get(logits ? "logits" : "probabilities"));
            int bins = c.get("bins").asInt();
            var k = logits ? Calibration.ofLogits(scores, labels, bins) : Calibration.of(scores, labels, bins);
            close("ece, mce, rmsce", 1e-6, new double[] {k.ece(), k.mce(), k.rmsce()}, c, "ece", "mce", "rmsce");
            close("nll, brier, adaptive", 1e-6, new double[] {k.nll(), k.brier(), k.adaptiveEce()}, c, "nll", "brier", "adaptive");
            close("accuracy, confidence", 1e-6, new double[] {k.accuracy(), k.confidence()}, c, "accuracy", "confidence");
            close("classwise", k.classwiseEce(), Arrays.stream(Golden.numbers(c.get("classwise"))).average().orElseThrow(), 1e-6);
            for (int b = 0; b < bins; b++) {
                Calibration.Bin bin = k.reliability().get(b);
                double[] row = Golden.numbers(c.get("rows").get(b));
                assertThat(bin.count()).as("bin %d", b).isEqualTo((long) row[0]);
                if (bin.count() > 0)
                    Golden.assertClose("bin " + b, new double[] {bin.confidence(), bin.accuracy()}, new double[] {row[1], row[2]}, 0, 1e-6);
            }
        });
    }

    @Test void the_fitted_temperature_is_that_of_scipys_minimiser() {
        try (var scope = Scope.open()) {
            JsonNode c = DOCUMENT.get("calibration").get(0), expected = DOCUMENT.get("temperature");
            Tensor logits = Golden.tensor(c.get("logits")), labels = Golden.tensor(c.get("labels"));
            var scaling = TemperatureScaling.fit(logits, labels);
            close("temperature", scaling.temperature(), expected.get("value").asDouble(), 1e-7);
            close("nll", CrossEntropy.crossEntropy(scaling.apply(logits.to(DType.FLOAT64)), labels).itemDouble(),
                    expected.get("nll").asDouble(), 1e-12);
        }
    }

    @TestFactory Stream<DynamicTest> areas_of_error_detection_are_those_of_scikit_learn() {
        return each("detection", c -> {
            var d = ErrorDetection.of(Golden.tensor(c.get("uncertainty")), Golden.tensor(c.get("wrong")).ne(0));
            close("auroc and aupr", 1e-12, new double[] {d.auroc(), d.aupr()}, c, "auroc", "aupr");
            Golden.assertClose("aurc", new double[] {d.aurc()}, new double[] {c.get("aurc").asDouble()}, c.get("aurc_tolerance").asDouble(),
                    0);
            assertThat(d.riskCoverage()).hasSameSizeAs(c.get("points"));
            for (int i = 0; i < d.riskCoverage().size(); i++) {
                var point = d.riskCoverage().get(i);
                Golden.assertClose("point " + i, new double[] {point.threshold(), point.coverage(), point.risk()},
                        Golden.numbers(c.get("points").get(i)), 0, 1e-12);
            }
        });
    }

    @Test void a_confusion_matrix_counted_in_batches_gives_scikit_learns_report() {
        JsonNode c = DOCUMENT.get("confusion");
        try (var scope = Scope.open(); var matrix = new ConfusionMatrix(7)) {
            Tensor scores = Golden.tensor(c.get("scores")), labels = Golden.tensor(c.get("labels"));
            for (long from = 0; from < 60; from += 25) {
                long n = Math.min(25, 60 - from);
                matrix.update(scores.narrow(0, from, n), labels.narrow(0, from, n));
            }
            ClassificationReport report = matrix.report();
            for (int i = 0; i < 7; i++) {
                assertThat(report.counts()[i]).isEqualTo(Golden.longs(c.get("matrix").get(i)));
                assertScores(report.of(i), c.get("report").get("classes"), i);
                assertThat(report.of(i).support()).isEqualTo(c.get("report").get("classes").get(3).get(i).asLong());
            }
            close("accuracy", report.accuracy(), c.get("accuracy").asDouble(), 1e-12);
            assertScores(report.macro(), c.get("report").get("macro"), -1);
            assertScores(report.weighted(), c.get("report").get("weighted"), -1);
            for (int k : List.of(1, 2, 5)) close("top " + k, Accuracy.topK(scores, labels, k), c.get("top").get("" + k).asDouble(), 1e-6);
        }
    }

    /** @param expected precision, recall and F1: of all classes, or with {@code i} = −1 an average */
    private static void assertScores(ClassificationReport.Scores s, JsonNode expected, int i) {
        var numbers = new double[3];
        for (int n = 0; n < 3; n++) numbers[n] = (i < 0 ? expected.get(n) : expected.get(n).get(i)).asDouble();
        Golden.assertClose("class " + i, new double[] {s.precision(), s.recall(), s.f1()}, numbers, 0, 1e-12);
    }

    private interface Check { void run(JsonNode c); }

    private static Stream<DynamicTest> each(String cases, Check check) {
        return StreamSupport.stream(DOCUMENT.get(cases).spliterator(), false)
                .map(c -> DynamicTest.dynamicTest(c.get("name").asText(), () -> {
                    try (var scope = Scope.open()) {
                        check.run(c);
                    }
                }));
    }

    private static void close(String what, double actual, double expected, double relative) {
        Golden.assertClose(what, new double[] {actual}, new double[] {expected}, 0, relative);
    }

    private static void close(String what, double relative, double[] actual, JsonNode c, String... names) {
        Golden.assertClose(what, actual, Stream.of(names).mapToDouble(n -> c.get(n).asDouble()).toArray(), 0, relative);
    }
}
