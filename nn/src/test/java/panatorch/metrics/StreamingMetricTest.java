package panatorch.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static panatorch.metrics.CalibrationTest.refused;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.parallel.Ranks;

/** What all metrics that are updated batch by batch have in common; Python's numbers are in {@code native-tests}. */
@NoTensorLeaks
@Timeout(120)
class StreamingMetricTest {
    private static final int EXAMPLES = 13;
    /** The bounds of the parts of the examples; one part is a single example. */
    private static final int[] BOUNDS = {0, 5, 6, EXAMPLES};

    @TempDir
    Path folder;

    /** A metric, its update with the examples from one index to another, and its results. */
    record Case(Supplier<? extends StreamingMetric> make, Update update, Function<StreamingMetric, double[]> results) {
        interface Update { void with(StreamingMetric metric, int from, int to); }

        StreamingMetric with(int... parts) {
            StreamingMetric metric = make.get();
            for (int p : parts) {
                try (var scope = Scope.open()) {
                    update.with(metric, BOUNDS[p], BOUNDS[p + 1]);
                }
            }
            return metric;
        }

        double[] whole() {
            try (var metric = make.get(); var scope = Scope.open()) {
                update.with(metric, 0, EXAMPLES);
                return results.apply(metric);
            }
        }

        @Override public String toString() {
            try (var metric = make.get()) {
                return metric.toString();
            }
        }
    }

    private interface Updater<M> { void with(M metric, int from, int to); }

    @SuppressWarnings("unchecked") private static <M extends StreamingMetric> Case of(Supplier<M> make, Updater<M> update,
            Function<M, double[]> results) {
        return new Case(make, (m, from, to) -> update.with((M) m, from, to), m -> results.apply((M) m));
    }

    private static <M extends StreamingMetric> Case ofTensors(Supplier<M> make, TensorUpdate<M> update, Supplier<Tensor> x,
            Supplier<Tensor> y,
            Function<M, double[]> results) {
        return of(make, (m, from, to) -> update.with(m, x.get().narrow(0, from, to - from), y.get().narrow(0, from, to - from)), results);
    }

    private interface TensorUpdate<M> { void with(M metric, Tensor x, Tensor y); }

    private static Tensor numbers(int first, long... shape) {
        long[] all = LongStream.concat(LongStream.of(EXAMPLES), LongStream.of(shape)).toArray();
        return Torch.arange(LongStream.of(all).reduce(1, (a, b) -> a * b), DType.FLOAT64).add(first).mul(1.3).sin().reshape(all);
    }

    /** Whole numbers from 0 to {@code below} − 1. */
    private static Tensor whole(int below, int first, long... shape) {
        return numbers(first, shape).add(1).mul(below / 2.0).floor().to(DType.INT64);
    }

    private static double[] d(double... values) { return values; }

    /** Adds images with three true boxes each, two of which are detected more or less exactly, with equal scores in different images. */
    private static void updateImages(MeanAveragePrecision m, int from, int to) {
        for (int i = from; i < to; i++) {
            Tensor corners = Torch.tensor(new double[][] {{0, 0, 20, 30}, {50, 10, 90, 80}, {5, 60, 45, 90}}),
                    labels = Torch.tensor(new long[] {0, 1, i % 2});
            m.update(i, corners.narrow(0, 1, 2).add(i), Torch.tensor(new double[] {0.5 + 0.1 * (i % 4), 0.5}), labels.narrow(0, 1, 2),
                    corners,
                    labels);
        }
    }

    static Stream<Case> cases() {
        Function<RegressionErrors, double[]> errors = m -> m.outputs().stream()
                .flatMapToDouble(e -> DoubleStream.of(e.mse(), e.rmse(), e.mae(), e.mape(), e.r2(), e.explainedVariance(), e.pearson()))
                .toArray();
        Function<ThresholdCurves, double[]> areas =
                m -> d(m.auroc(Average.MICRO), m.auroc(Average.MACRO), m.averagePrecision(Average.WEIGHTED));
        List<String> texts = IntStream.range(0, EXAMPLES).mapToObj(i -> "the quick fox " + (i % 3) + " jumps over " + (i % 5)).toList(),
                references =
                        IntStream.range(0, EXAMPLES).mapToObj(i -> "the quick brown fox " + (i % 2) + " jumps over " + (i % 4)).toList();
        Function<List<String>, List<List<String>>> single = all -> all.stream().map(List::of).toList();
        return Stream.of(
                ofTensors(() -> new ConfusionMatrix(4, 3), ConfusionMatrix::update, () -> numbers(0, 4, 2), () -> whole(4, 7, 2),
                        m -> d(m.report().accuracy(), m.report().jaccard(Average.MACRO))),
                ofTensors(() -> new ThresholdCurves(), ThresholdCurves::update, () -> numbers(0).mul(3).round().to(DType.FLOAT32),
                        () -> whole(2, 3), areas),
                ofTensors(() -> new ThresholdCurves(3), ThresholdCurves::update, () -> numbers(0, 3), () -> whole(3, 5), areas),
                ofTensors(() -> new ThresholdCurves(3), ThresholdCurves::update, () -> numbers(0, 3), () -> numbers(9, 3).gt(0), areas),
                ofTensors(RegressionErrors::new, RegressionErrors::update, () -> numbers(0), () -> numbers(2), errors),
                ofTensors(RegressionErrors::new, RegressionErrors::update, () -> numbers(0, 2), () -> numbers(2, 2), errors),
                ofTensors(SpearmanCorrelation::new, SpearmanCorrelation::update, () -> whole(5, 0), () -> numbers(4), m -> d(m.value())),
                ofTensors(MeanCosineSimilarity::new, MeanCosineSimilarity::update, () -> numbers(0, 3), () -> numbers(8, 3),
                        m -> d(m.value())),
                ofTensors(HammingDistance::new, HammingDistance::update, () -> whole(2, 0, 3), () -> numbers(8, 3).gt(0),
                        m -> d(m.value())),
                ofTensors(() -> new Perplexity(2), Perplexity::update, () -> numbers(0, 2, 5), () -> whole(5, 8, 2), m -> d(m.value())),
                ofTensors(() -> new PeakSignalNoiseRatio(2), PeakSignalNoiseRatio::update, () -> numbers(0, 4), () -> numbers(8, 4),
                        m -> d(m.decibels())),
                ofTensors(() -> new StructuralSimilarity(StructuralSimilarity.options(2)), StructuralSimilarity::update,
                        () -> numbers(0, 1, 12, 11), () -> numbers(1, 1, 12, 11), m -> d(m.value())),
                ofTensors(RetrievalQuality::new, (m, x, y) -> m.update(x, y, y.remainder(3)), () -> numbers(0), () -> whole(4, 6),
                        m -> d(m.ndcg(), m.meanAveragePrecision(), m.precision(2), m.recall(2), m.hitRate(1), m.meanReciprocalRank())),
                of(MeanAveragePrecision::new, StreamingMetricTest::updateImages, m -> d(m.results().map(), m.results().mar1(), m.map(1))),
                of(() -> new BleuScore(), (m, from, to) -> m.update(texts.subList(from, to), single.apply(references.subList(from, to))),
                        m -> d(m.value())),
                of(RougeL::new, (m, from, to) -> m.update(texts.subList(from, to), single.apply(references.subList(from, to))),
                        m -> d(m.scores().precision(), m.scores().recall(), m.scores().f1())),
                of(TranscriptErrorRate::ofWords, (m, from, to) -> m.update(texts.subList(from, to), references.subList(from, to)),
                        m -> d(m.value())));
    }

    @ParameterizedTest
    @MethodSource("cases") void batches_in_one_metric_and_merged_metrics_give_the_result_of_all_examples(Case c) {
        double[] whole = c.whole();
        for (double value : whole) assertThat(value).isFinite();
        try (var batches = c.with(0, 1, 2); var first = c.with(0); var second = c.with(1, 2); var empty = c.make().get()) {
            assertThat(c.results().apply(batches)).containsExactly(whole, within(1e-12));
            first.merge(empty);
            assertThat(first.isEmpty()).isFalse();
            empty.merge(first);
            empty.merge(second);
            assertThat(c.results().apply(empty)).containsExactly(whole, within(1e-12));
            first.merge(second);
            assertThat(c.results().apply(first)).containsExactly(whole, within(1e-12));
        }
    }

    @ParameterizedTest
    @MethodSource("cases") void ranks_get_the_same_state_of_all_data_to_the_bit_also_one_without_data(Case c) throws Exception {
        double[] whole = c.whole();
        List<double[]> results = Ranks.all(folder, 3, group -> {
            try (var metric = switch (group.rank()) {
                case 0 -> c.with(0);
                case 1 -> c.make().get();
                default -> c.with(1, 2);
            }) {
                metric.reduce(group);
                return c.results().apply(metric);
            }
        });
        assertThat(results.get(0)).containsExactly(whole, within(1e-12));
        assertThat(results.get(1)).containsExactly(results.get(0));
        assertThat(results.get(2)).containsExactly(results.get(0));
    }

    @ParameterizedTest
    @MethodSource("cases") void a_reset_forgets_and_a_result_of_nothing_is_refused(Case c) {
        try (var metric = c.with(2)) {
            metric.reset();
            assertThat(metric.isEmpty()).isTrue();
            assertThatThrownBy(() -> c.results().apply(metric)).isInstanceOf(IllegalStateException.class).hasMessageContaining("no batch");
            metric.close();
            try (var scope = Scope.open()) {
                c.update().with(metric, 0, EXAMPLES);
            }
            assertThat(c.results().apply(metric)).containsExactly(c.whole());
        }
    }

    @Test void ranks_without_any_data_stay_empty() throws Exception {
        assertThat(Ranks.<Boolean>all(folder, 2, group -> {
            try (var metric = new ThresholdCurves(3)) {
                metric.reduce(group);
                return metric.isEmpty();
            }
        })).containsExactly(true, true);
    }

    @Test void metrics_of_other_kinds_or_settings_are_not_merged() {
        try (var three = new ConfusionMatrix(3); var four = new ConfusionMatrix(4); var ignoring = new ConfusionMatrix(3, 255);
                var curves = new ThresholdCurves(3)) {
            refused(() -> three.merge(three), "a metric cannot be merged with itself");
            refused(() -> three.merge(curves), "cannot merge ConfusionMatrix with [0, 1, 2] with ThresholdCurves with 3 classes");
            refused(() -> three.merge(four), "settings have to be equal");
            refused(() -> three.merge(ignoring), "without 255");
        }
    }

    /** The device "meta" has shapes and no elements: reading one fails. */
    @Test void batches_on_a_device_are_added_without_reading_a_number_back() {
        try (var scope = Scope.open(); var curves = new ThresholdCurves(3);
                var spearman = new SpearmanCorrelation(); var cosine = new MeanCosineSimilarity(); var perplexity = new Perplexity(-100);
                var psnr = new PeakSignalNoiseRatio(1);
                var quality = new RetrievalQuality(); var hamming = new HammingDistance(); var matrix = new ConfusionMatrix(3, 255)) {
            Tensor scores = meta(DType.FLOAT32, 4, 3), one = meta(DType.FLOAT32, 4), classes = meta(DType.INT64, 4);
            Tensor images = meta(DType.FLOAT32, 2, 3, 12, 12);
            var updates = new ArrayList<Runnable>();
            updates.add(() -> curves.update(scores, classes));
            updates.add(() -> spearman.update(one, one));
            updates.add(() -> cosine.update(scores, scores));
            updates.add(() -> perplexity.update(scores, classes));
            updates.add(() -> psnr.update(images, images));
            updates.add(() -> quality.update(one, one, classes));
            updates.add(() -> hamming.update(classes, classes));
            updates.add(() -> matrix.update(scores, classes));
            for (Runnable update : updates) {
                update.run();
                update.run();
            }
            assertThat(hamming.isEmpty()).isFalse();
            assertThatThrownBy(hamming::value).isInstanceOf(panatorch.TorchException.class);
        }
    }

    private static Tensor meta(DType type, long... shape) { return Torch.zeros(type, Device.META, shape); }

    @Test void bad_input_is_refused_by_its_shape_or_found_when_a_result_is_read() {
        try (var scope = Scope.open(); var curves = new ThresholdCurves(3); var two = new ThresholdCurves();
                var errors = new RegressionErrors();
                var perplexity = new Perplexity(); var hamming = new HammingDistance(); var quality = new RetrievalQuality();
                var bleu = new BleuScore(); var spearman = new SpearmanCorrelation()) {
            Tensor scores = Torch.rand(4, 3), classes = Torch.tensor(new long[] {0, 1, 2, 1}), nan = Torch.full(new long[] {4}, Double.NaN);
            refused(() -> curves.update(Torch.rand(4, 2), classes), "scores have to be floating-point numbers [N, 3], not float32 [4, 2]");
            refused(() -> curves.update(scores, Torch.rand(4)), "whole numbers [N] or bool [N, 3] for 4 examples");
            refused(() -> two.update(Torch.rand(4), classes.narrow(0, 0, 3)), "for 4 examples, not int64 [3]");
            curves.update(scores, classes.add(1));
            refused(() -> curves.auroc(0), "1 of the targets is not in 0 … 2");
            two.update(Torch.rand(4), classes);
            refused(two::auroc, "1 of the targets is not in 0 … 1");
            two.reset();
            two.update(nan, classes.ne(0));
            refused(two::averagePrecision, "4 scores are NaN");
            refused(() -> curves.roc(3), "the class has to be in 0 … 2, not 3");
            refused(() -> errors.update(scores, classes), "same shape [N, …] and not empty, not float32 [4, 3] and int64 [4]");
            errors.update(scores, scores);
            refused(() -> errors.update(classes, classes), "the number of outputs has to stay the same");
            perplexity.update(scores, classes.add(1));
            refused(perplexity::value, "1 of the targets are not in the range");
            refused(() -> perplexity.update(scores, scores), "targets whole numbers");
            refused(() -> hamming.update(scores, scores), "compare scores with a threshold first");
            refused(() -> StructuralSimilarity.ofEach(Torch.rand(1, 1, 90, 90), Torch.rand(1, 1, 90, 90),
                    StructuralSimilarity.options(1).multiScale()),
                    "images of 90×90 pixels are too small: 5 scales of a window of 11 pixels need at least 176");
            refused(() -> bleu.update(List.of("a"), List.of()), "there are 1 predictions, but 0 references");
            refused(() -> bleu.update(List.of("a"), List.of(List.of())), "prediction 0 has no reference");
            quality.update(Torch.rand(4), classes.neg(), classes);
            refused(() -> quality.ndcg(0), "k has to be at least 1");
            refused(quality::ndcg, "3 relevances are negative or NaN");
            spearman.update(nan, classes);
            refused(spearman::value, "some predictions or targets are NaN");
        }
    }

    @Test void a_class_without_positives_or_negatives_has_no_area_and_counts_in_no_average() {
        try (var scope = Scope.open(); var curves = new ThresholdCurves(3); var two = new ThresholdCurves()) {
            curves.update(Torch.tensor(new double[][] {{1, 2, 3}, {2, 1, 4}}), Torch.tensor(new long[] {0, 1}));
            assertThat(curves.auroc(2)).isNaN();
            assertThat(curves.averagePrecision(2)).isNaN();
            assertThat(curves.auroc(0)).isEqualTo(0);
            assertThat(curves.averagePrecision(0)).isEqualTo(0.5);
            assertThat(curves.auroc(Average.MACRO)).isEqualTo(0);
            two.update(Torch.tensor(new double[] {1, 1, 1, 1}), Torch.tensor(new long[] {0, 1, 1, 0}));
            assertThat(two.auroc()).isEqualTo(0.5);
            assertThat(two.averagePrecision()).isEqualTo(0.5);
            assertThat(two.roc(0)).hasSize(2).last().isEqualTo(new ThresholdCurves.RocPoint(1, 1, 1));
        }
    }

    @Test void sums_far_from_zero_keep_their_digits() {
        try (var scope = Scope.open(); var errors = new RegressionErrors()) {
            for (int batch = 0; batch < 3; batch++) {
                Tensor x = Torch.arange(5, DType.FLOAT64).add(5 * batch).add(1e9);
                errors.update(x, x.add(Torch.tensor(new double[] {1, -1, 1, -1, 1})));
            }
            // The targets minus 1e9 are 1, 0, 3, 2, 5; 6, 5, 8, 7, 10; 11, 10, 13, 12, 15, with mean 7.2 and squared deviations of 294.4.
            // Plain sums of squares would be about 1e19, where neighbouring numbers are 2048 apart.
            assertThat(errors.errors().r2()).isCloseTo(1 - 15 / 294.4, within(1e-7));
            assertThat(errors.errors().explainedVariance()).isCloseTo(1 - (15 - 0.6) / 294.4, within(1e-7));
        }
    }

    @Test void detections_count_by_their_overlaps_scores_and_sizes() {
        try (var scope = Scope.open(); var m = new MeanAveragePrecision()) {
            Tensor truth = Torch.tensor(new double[][] {{0, 0, 10, 10}, {100, 100, 200, 200}}), labels = Torch.tensor(new long[] {0, 0});
            Tensor found = Torch.tensor(new double[][] {{0, 0, 10, 8}, {300, 300, 400, 400}}); // overlaps: 0.8, and none
            m.update(0, found, Torch.tensor(new double[] {0.9, 0.5}), labels, truth, labels);
            var r = m.results();
            assertThat(r.map50()).isCloseTo(51 / 101.0, within(1e-12)); // precision 1 up to a recall of ½
            assertThat(r.map75()).isCloseTo(51 / 101.0, within(1e-12));
            assertThat(r.map()).isCloseTo(51 / 101.0 * 7 / 10, within(1e-12)); // overlaps of 0.5 … 0.8
            assertThat(r.mar100()).isCloseTo(0.5 * 7 / 10, within(1e-12));
            assertThat(r.marSmall()).isCloseTo(0.7, within(1e-12));
            assertThat(r.mapMedium()).isNaN();
            assertThat(r.mapLarge()).isZero();
            assertThat(m.map(7)).isNaN();
            m.update(1, Torch.zeros(0, 4), Torch.zeros(0), Torch.zeros(0), Torch.zeros(0, 4), Torch.zeros(0));
            assertThat(m.results()).isEqualTo(r);
            refused(() -> m.update(2, truth, Torch.rand(3), labels, truth, labels), "boxes have to be [N, 4] with N labels and scores");
        }
    }

    @Test void smoothed_bleu_is_above_zero_where_no_long_sequence_matches() {
        try (var plain = new BleuScore(); var smooth = new BleuScore(4, true)) {
            for (var bleu : List.of(plain, smooth)) bleu.update(List.of("a b x c"), List.of(List.of("a b c x")));
            assertThat(plain.value()).isZero();
            assertThat(smooth.value()).isCloseTo(Math.pow(1.0 * 2 / 4 * 1 / 3 * 1 / 2, 0.25), within(1e-12));
        }
    }

    @Test void structural_similarity_is_1_for_equal_images_and_differentiable() {
        try (var scope = Scope.open()) {
            Tensor x = numbers(0, 1, 12, 12).requiresGrad_(true), y = numbers(1, 1, 12, 12);
            var o = StructuralSimilarity.options(2);
            assertThat(StructuralSimilarity.ofEach(y, y, o).toDoubleArray()).hasSize(EXAMPLES).containsOnly(1.0);
            Tensor similarity = StructuralSimilarity.ofEach(x, y, o).sum();
            similarity.backward();
            Tensor step = java.util.Objects.requireNonNull(x.grad()).mul(1e-6 / x.grad().square().sum().itemDouble());
            double more = StructuralSimilarity.ofEach(x.detach().add(step), y, o).sum().itemDouble();
            assertThat(more - similarity.itemDouble()).isCloseTo(1e-6, within(1e-9)); // to first order, along the gradient
        }
    }

    @Test void equal_targets_are_explained_fully_or_not_at_all() {
        try (var scope = Scope.open(); var exact = new RegressionErrors(); var biased = new RegressionErrors();
                var one = new RegressionErrors()) {
            Tensor y = Torch.full(new long[] {3}, 2.0, DType.FLOAT64);
            exact.update(y, y);
            biased.update(y.add(1), y);
            one.update(y.narrow(0, 0, 1), y.narrow(0, 0, 1));
            assertThat(exact.errors().r2()).isEqualTo(1);
            assertThat(biased.errors().r2()).isZero();
            assertThat(biased.errors().explainedVariance()).isEqualTo(1);
            assertThat(exact.errors().pearson()).isNaN();
            assertThat(one.errors().r2()).isNaN();
        }
    }
}
