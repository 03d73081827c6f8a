package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.metrics.Average;
import panatorch.metrics.BleuScore;
import panatorch.metrics.ClassificationReport;
import panatorch.metrics.ConfusionMatrix;
import panatorch.metrics.HammingDistance;
import panatorch.metrics.MeanAveragePrecision;
import panatorch.metrics.MeanCosineSimilarity;
import panatorch.metrics.PeakSignalNoiseRatio;
import panatorch.metrics.Perplexity;
import panatorch.metrics.RegressionErrors;
import panatorch.metrics.RetrievalQuality;
import panatorch.metrics.RougeL;
import panatorch.metrics.SpearmanCorrelation;
import panatorch.metrics.StructuralSimilarity;
import panatorch.metrics.ThresholdCurves;
import panatorch.metrics.TranscriptErrorRate;

/**
 * Metrics that are updated batch by batch against torchmetrics', scikit-learn's and SciPy's; {@code src/test/python/streaming_metrics.py}
 * made and explains the numbers. Each metric gets its examples in batches.
 */
@NoTensorLeaks
class StreamingMetricsTest {
    private static final double SINGLE = 1e-6, DOUBLE = 1e-10;
    private static final JsonNode DOCUMENT = Golden.read("streaming_metrics.json");

    @TestFactory Stream<DynamicTest> reports_are_those_of_torchmetrics() {
        return each("reports", c -> {
            int classes = c.get("classes").asInt();
            try (var matrix =
                    c.get("ignore").isNull() ? new ConfusionMatrix(classes) : new ConfusionMatrix(classes, c.get("ignore").asLong())) {
                Tensor predictions = Golden.tensor(c.get("predictions")), labels = Golden.tensor(c.get("labels"));
                batches(labels.size(0), (from, n) -> matrix.update(predictions.narrow(0, from, n), labels.narrow(0, from, n)));
                ClassificationReport r = matrix.report();
                averages(c, "jaccard", r::jaccard);
                if (!c.has("matthews")) return;
                averages(c, "precision", r::precision);
                averages(c, "recall", r::recall);
                averages(c, "specificity", r::specificity);
                averages(c, "f2", a -> r.fBeta(2, a));
                each(c, "jaccards", SINGLE, r::jaccard);
                each(c, "specificities", SINGLE, r::specificity);
                each(c, "kappas", SINGLE, i -> r.kappa(ClassificationReport.KappaWeights.values()[i]));
                close("matthews", r.matthews(), c.get("matthews"), SINGLE);
                for (int i = 0; i < classes; i++)
                    assertThat(r.fBeta(1, i)).isCloseTo(r.of(i).f1(), org.assertj.core.data.Offset.offset(1e-15));
            }
        });
    }

    @TestFactory Stream<DynamicTest> areas_and_curves_are_those_of_scikit_learn() {
        return each("curves", c -> {
            int classes = c.get("classes").asInt();
            try (var curves = new ThresholdCurves(classes)) {
                Tensor scores = Golden.tensor(c.get("scores")), targets = Golden.tensor(c.get("targets"));
                batches(scores.size(0), (from, n) -> curves.update(scores.narrow(0, from, n), targets.narrow(0, from, n)));
                each(c, "auroc", DOUBLE, i -> curves.auroc(Average.values()[i]));
                each(c, "ap", DOUBLE, i -> curves.averagePrecision(Average.values()[i]));
                each(c, "aurocs", DOUBLE, curves::auroc);
                each(c, "aps", DOUBLE, curves::averagePrecision);
                List<double[]> roc = curves.roc(0).stream()
                        .map(p -> new double[] {p.threshold(), p.falsePositiveRate(), p.truePositiveRate()}).toList();
                List<double[]> pr = curves.precisionRecall(0).stream().map(p -> new double[] {p.threshold(), p.precision(), p.recall()})
                        .toList();
                assertThat(roc.getFirst()).containsExactly(Double.POSITIVE_INFINITY, 0, 0);
                assertThat(pr.getFirst()).containsExactly(Double.POSITIVE_INFINITY, 1, 0);
                rows("roc", roc, c.get("roc"));
                rows("pr", pr, c.get("pr"));
            }
        });
    }

    private static void rows(String what, List<double[]> actual, JsonNode expected) {
        assertThat(actual).as(what).hasSize(expected.size() + 1);
        for (int i = 0; i < expected.size(); i++)
            Golden.assertClose(what + " " + i, actual.get(i + 1), Golden.numbers(expected.get(i)), 1e-12, 0);
    }

    @TestFactory Stream<DynamicTest> errors_of_regression_are_those_of_scikit_learn() {
        return each("regression", c -> {
            try (var errors = new RegressionErrors()) {
                Tensor x = Golden.tensor(c.get("predictions")), y = Golden.tensor(c.get("targets"));
                batches(x.size(0), (from, n) -> errors.update(x.narrow(0, from, n), y.narrow(0, from, n)));
                RegressionErrors.Errors e = errors.errors();
                close("mse", e.mse(), c.get("mse"), DOUBLE);
                close("rmse", e.rmse(), c.get("rmse"), DOUBLE);
                close("mae", e.mae(), c.get("mae"), DOUBLE);
                close("mape", e.mape(), c.get("mape"), DOUBLE);
                close("r2", e.r2(), c.get("r2"), DOUBLE);
                close("explained variance", e.explainedVariance(), c.get("explained_variance"), DOUBLE);
                close("pearson", e.pearson(), c.get("pearson"), DOUBLE);
            }
        });
    }

    @Test void correlations_of_ranks_cosines_and_label_distances_are_pythons() {
        try (var scope = Scope.open()) {
            for (JsonNode c : DOCUMENT.get("spearman")) {
                try (var spearman = new SpearmanCorrelation()) {
                    Tensor x = Golden.tensor(c.get("predictions")), y = Golden.tensor(c.get("targets"));
                    batches(x.size(0), (from, n) -> spearman.update(x.narrow(0, from, n), y.narrow(0, from, n)));
                    close("spearman", spearman.value(), c.get("value"), DOUBLE);
                }
            }
            JsonNode cosine = DOCUMENT.get("cosine"), hamming = DOCUMENT.get("hamming");
            try (var mean = new MeanCosineSimilarity(); var distance = new HammingDistance()) {
                mean.update(Golden.tensor(cosine.get("predictions")), Golden.tensor(cosine.get("targets")));
                close("cosine", mean.value(), cosine.get("value"), SINGLE);
                distance.update(Golden.tensor(hamming.get("predictions")), Golden.tensor(hamming.get("targets")));
                close("hamming", distance.value(), hamming.get("value"), DOUBLE);
            }
        }
    }

    @Test void perplexity_is_that_of_torchmetrics() {
        try (var scope = Scope.open()) {
            for (JsonNode c : DOCUMENT.get("perplexity")) {
                try (var perplexity = c.get("ignore").isNull() ? new Perplexity() : new Perplexity(c.get("ignore").asLong())) {
                    Tensor logits = Golden.tensor(c.get("logits")), targets = Golden.tensor(c.get("targets"));
                    batches(logits.size(0), (from, n) -> perplexity.update(logits.narrow(0, from, n), targets.narrow(0, from, n)));
                    close("perplexity", perplexity.value(), c.get("value"), SINGLE);
                }
            }
        }
    }

    @TestFactory Stream<DynamicTest> similarities_of_images_are_those_of_torchmetrics() {
        return each("images", c -> {
            double range = c.get("data_range").asDouble();
            long[] shape = Golden.longs(c.get("shape"));
            Tensor i = Torch.arange(Arrays.stream(shape).reduce(1, (a, b) -> a * b), DType.FLOAT64), x = i.mul(0.07).sin().add(1).div(2);
            Tensor y = x.add(i.mul(1.7).sin(), c.get("noise").asDouble()).mul(range).reshape(shape), target = x.mul(range).reshape(shape);
            var options = Withers.apply(StructuralSimilarity.options(range), c.get("options"));
            if (c.get("multi_scale").asBoolean()) options = options.multiScale();
            try (var psnr = new PeakSignalNoiseRatio(range); var ssim = new StructuralSimilarity(options)) {
                batches(shape[0], (from, n) -> {
                    psnr.update(y.narrow(0, from, n), target.narrow(0, from, n));
                    ssim.update(y.narrow(0, from, n), target.narrow(0, from, n));
                });
                close("psnr", psnr.decibels(), c.get("psnr"), SINGLE);
                close("ssim", ssim.value(), c.get("ssim"), c.get("multi_scale").asBoolean() ? SINGLE : DOUBLE);
            }
        });
    }

    @Test void scores_of_texts_are_those_of_torchmetrics() {
        JsonNode c = DOCUMENT.get("texts");
        List<String> predictions = strings(c.get("predictions"));
        List<List<String>> references = StreamSupport.stream(c.get("references").spliterator(), false).map(StreamingMetricsTest::strings)
                .toList();
        List<String> first = references.stream().map(List::getFirst).toList();
        for (int i = 0; i < 8; i++) {
            try (var bleu = new BleuScore(1 + i / 2, i % 2 == 1)) {
                batches(predictions.size(), (from, n) -> bleu.update(part(predictions, from, n), part(references, from, n)));
                close("bleu " + i, bleu.value(), c.get("bleu").get(i), SINGLE);
            }
        }
        try (var rouge = new RougeL(); var words = TranscriptErrorRate.ofWords(); var characters = TranscriptErrorRate.ofCharacters()) {
            batches(predictions.size(), (from, n) -> {
                rouge.update(part(predictions, from, n), part(references, from, n));
                words.update(part(predictions, from, n), part(first, from, n));
                characters.update(part(predictions, from, n), part(first, from, n));
            });
            characters.update(List.of("日本語のテスト😀"), List.of("日本のテスト"));
            RougeL.Scores s = rouge.scores();
            Golden.assertClose("rouge", new double[] {s.precision(), s.recall(), s.f1()}, Golden.numbers(c.get("rouge")), 0, SINGLE);
            close("wer", words.value(), c.get("wer"), SINGLE);
            close("cer", characters.value(), c.get("cer"), SINGLE);
        }
    }

    @Test void rankings_are_those_of_torchmetrics_and_scikit_learn() {
        JsonNode c = DOCUMENT.get("retrieval");
        try (var scope = Scope.open(); var graded = rankings(c, "scores", "graded"); var binary = rankings(c, "scores", "binary");
                var tied = rankings(c, "tied", "graded")) {
            close("map", binary.meanAveragePrecision(), c.get("map"), SINGLE);
            close("mrr", binary.meanReciprocalRank(), c.get("mrr"), SINGLE);
            int[] k = {1, 3, 20};
            each(c, "precision", SINGLE, i -> binary.precision(k[i]));
            each(c, "recall", SINGLE, i -> binary.recall(k[i]));
            each(c, "hits", SINGLE, i -> binary.hitRate(k[i]));
            each(c, "ndcg", SINGLE, i -> i == 0 ? graded.ndcg() : graded.ndcg(k[i - 1]));
            each(c, "tied_ndcg", DOUBLE, i -> i == 0 ? tied.ndcg() : tied.ndcg(3));
        }
    }

    @Test void precisions_of_boxes_are_those_of_pycocotools() {
        JsonNode c = DOCUMENT.get("boxes");
        try (var scope = Scope.open(); var precision = new MeanAveragePrecision(); var others = new MeanAveragePrecision()) {
            int image = 0;
            for (JsonNode i : c.get("images")) {
                (image < 5 ? others : precision).update(image++, boxes(i.get("boxes")), Torch.tensor(Golden.numbers(i.get("scores"))),
                        Torch.tensor(Golden.longs(i.get("labels"))), boxes(i.get("true_boxes")),
                        Torch.tensor(Golden.longs(i.get("true_labels"))));
            }
            precision.merge(others);
            MeanAveragePrecision.Results r = precision.results();
            Golden.assertClose("statistics",
                    new double[] {r.map(), r.map50(), r.map75(), r.mapSmall(), r.mapMedium(), r.mapLarge(), r.mar1(), r.mar10(), r.mar100(),
                        r.marSmall(), r.marMedium(), r.marLarge()},
                    Golden.numbers(c.get("stats")), 0, 1e-12);
            for (int k = 0; k < c.get("classes").size(); k++) {
                JsonNode expected = c.get("classes").get(k);
                if (expected.isNull()) assertThat(precision.map(k)).isNaN();
                else close("class " + k, precision.map(k), expected, 1e-12);
            }
        }
    }

    private static Tensor boxes(JsonNode rows) {
        double[] all = StreamSupport.stream(rows.spliterator(), false).flatMapToDouble(r -> Arrays.stream(Golden.numbers(r))).toArray();
        return Torch.tensor(all).reshape(rows.size(), 4);
    }

    private static RetrievalQuality rankings(JsonNode c, String scores, String relevance) {
        var quality = new RetrievalQuality();
        Tensor s = Golden.tensor(c.get(scores)), r = Golden.tensor(c.get(relevance)), q = Golden.tensor(c.get("queries"));
        batches(s.size(0), (from, n) -> quality.update(s.narrow(0, from, n), r.narrow(0, from, n), q.narrow(0, from, n)));
        return quality;
    }

    // ---- batches and comparisons

    private interface Batch { void of(long from, long n); }

    /** Two batches of different sizes, or one if there is one example. */
    private static void batches(long examples, Batch batch) {
        long first = (examples + 2) / 3;
        batch.of(0, first);
        if (first < examples) batch.of(first, examples - first);
    }

    private static <T> List<T> part(List<T> all, long from, long n) { return all.subList((int) from, (int) (from + n)); }

    private static List<String> strings(JsonNode array) {
        return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asText).toList();
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

    private static void averages(JsonNode c, String name, ToDoubleFunction<Average> value) {
        each(c, name, SINGLE, i -> value.applyAsDouble(Average.values()[i]));
    }

    private static void each(JsonNode c, String name, double relative, IntToDoubleFunction value) {
        double[] expected = Golden.numbers(c.get(name));
        assertThat(expected).as(name).isNotEmpty();
        Golden.assertClose(name, IntStream.range(0, expected.length).mapToDouble(value).toArray(), expected, 0, relative);
    }

    private static void close(String what, double actual, JsonNode expected, double relative) {
        Golden.assertClose(what, new double[] {actual}, new double[] {expected.asDouble()}, 0, relative);
    }
}
