package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributions.*;
import panatorch.junit.NoTensorLeaks;
import panatorch.testing.Testing;

/** Distributions against Python's numbers; {@code src/test/python/distributions.py} made and explains them. */
@NoTensorLeaks
class DistributionsParityTest {
    private static final Map<String, Function<Map<String, Tensor>, Distribution>> JAVA = new TreeMap<>();
    private static final JsonNode PYTHON = Golden.read("distributions.json");

    static {
        JAVA.put("Normal", p -> Normal.of(p.get("loc"), p.get("scale")));
        JAVA.put("Uniform", p -> Uniform.of(p.get("low"), p.get("high")));
        JAVA.put("Bernoulli", p -> Bernoulli.ofProbs(p.get("probs")));
        JAVA.put("Bernoulli of logits", p -> Bernoulli.ofLogits(p.get("logits")));
        JAVA.put("Categorical", p -> Categorical.ofProbs(p.get("probs")));
        JAVA.put("Categorical of logits", p -> Categorical.ofLogits(p.get("logits")));
        JAVA.put("Poisson", p -> Poisson.of(p.get("rate")));
        JAVA.put("Gamma", p -> Gamma.of(p.get("concentration"), p.get("rate")));
        JAVA.put("Chi2", p -> Chi2.of(p.get("df")));
        JAVA.put("Beta", p -> Beta.of(p.get("concentration1"), p.get("concentration0")));
        JAVA.put("Dirichlet", p -> Dirichlet.of(p.get("concentration")));
        JAVA.put("Independent", p -> Independent.of(Normal.of(p.get("loc"), p.get("scale")), 1));
        JAVA.put("MultivariateNormal of covariance", p -> MultivariateNormal.ofCovariance(p.get("loc"), p.get("matrix")));
        JAVA.put("MultivariateNormal of precision", p -> MultivariateNormal.ofPrecision(p.get("loc"), p.get("matrix")));
        JAVA.put("MultivariateNormal of scale_tril", p -> MultivariateNormal.ofScaleTril(p.get("loc"), p.get("matrix")));
        JAVA.put("Exponential", p -> Exponential.of(p.get("rate")));
        JAVA.put("Laplace", p -> Laplace.of(p.get("loc"), p.get("scale")));
        JAVA.put("Cauchy", p -> Cauchy.of(p.get("loc"), p.get("scale")));
        JAVA.put("Gumbel", p -> Gumbel.of(p.get("loc"), p.get("scale")));
        JAVA.put("LogNormal", p -> LogNormal.of(p.get("loc"), p.get("scale")));
        JAVA.put("LogisticNormal", p -> LogisticNormal.of(p.get("loc"), p.get("scale")));
        JAVA.put("StudentT", p -> StudentT.of(p.get("df"), p.get("loc"), p.get("scale")));
        JAVA.put("GeneralizedPareto", p -> GeneralizedPareto.of(p.get("loc"), p.get("scale"), p.get("concentration")));
        JAVA.put("FisherSnedecor", p -> FisherSnedecor.of(p.get("df1"), p.get("df2")));
        JAVA.put("HalfCauchy", p -> HalfCauchy.of(p.get("scale")));
        JAVA.put("HalfNormal", p -> HalfNormal.of(p.get("scale")));
        JAVA.put("InverseGamma", p -> InverseGamma.of(p.get("concentration"), p.get("rate")));
        JAVA.put("Kumaraswamy", p -> Kumaraswamy.of(p.get("concentration1"), p.get("concentration0")));
        JAVA.put("Pareto", p -> Pareto.of(p.get("scale"), p.get("alpha")));
        JAVA.put("Weibull", p -> Weibull.of(p.get("scale"), p.get("concentration")));
        JAVA.put("VonMises", p -> VonMises.of(p.get("loc"), p.get("concentration")));
        JAVA.put("Geometric", p -> Geometric.ofProbs(p.get("probs")));
        JAVA.put("Geometric of logits", p -> Geometric.ofLogits(p.get("logits")));
        JAVA.put("Binomial", p -> Binomial.ofProbs(p.get("total_count").detach(), p.get("probs")));
        JAVA.put("Binomial of logits", p -> Binomial.ofLogits(p.get("total_count").detach(), p.get("logits")));
        JAVA.put("NegativeBinomial", p -> NegativeBinomial.ofProbs(p.get("total_count"), p.get("probs")));
        JAVA.put("NegativeBinomial of logits", p -> NegativeBinomial.ofLogits(p.get("total_count"), p.get("logits")));
        JAVA.put("ContinuousBernoulli", p -> ContinuousBernoulli.ofProbs(p.get("probs")));
        JAVA.put("ContinuousBernoulli of logits", p -> ContinuousBernoulli.ofLogits(p.get("logits")));
        JAVA.put("LogitRelaxedBernoulli", p -> LogitRelaxedBernoulli.ofProbs(p.get("temperature"), p.get("probs")));
        JAVA.put("RelaxedBernoulli", p -> RelaxedBernoulli.ofProbs(p.get("temperature"), p.get("probs")));
        JAVA.put("RelaxedBernoulli of logits", p -> RelaxedBernoulli.ofLogits(p.get("temperature"), p.get("logits")));
        JAVA.put("ExpRelaxedCategorical", p -> ExpRelaxedCategorical.ofProbs(p.get("temperature"), p.get("probs")));
        JAVA.put("RelaxedOneHotCategorical", p -> RelaxedOneHotCategorical.ofProbs(p.get("temperature"), p.get("probs")));
        JAVA.put("RelaxedOneHotCategorical of logits", p -> RelaxedOneHotCategorical.ofLogits(p.get("temperature"), p.get("logits")));
        JAVA.put("OneHotCategorical", p -> OneHotCategorical.ofProbs(p.get("probs")));
        JAVA.put("OneHotCategorical of logits", p -> OneHotCategorical.ofLogits(p.get("logits")));
        JAVA.put("OneHotCategoricalStraightThrough", p -> OneHotCategoricalStraightThrough.ofProbs(p.get("probs")));
        JAVA.put("Multinomial", p -> Multinomial.ofProbs(6, p.get("probs")));
        JAVA.put("Multinomial of logits", p -> Multinomial.ofLogits(6, p.get("logits")));
        JAVA.put("MixtureSameFamily",
                p -> MixtureSameFamily.of(Categorical.ofProbs(p.get("probs")), Normal.of(p.get("loc"), p.get("scale"))));
        JAVA.put("MixtureSameFamily of vectors", p -> MixtureSameFamily.of(Categorical.ofProbs(p.get("probs")),
                Independent.of(Normal.of(p.get("loc"), p.get("scale")), 1)));
        JAVA.put("LKJCholesky", p -> LKJCholesky.of(3, p.get("concentration")));
        JAVA.put("LowRankMultivariateNormal",
                p -> LowRankMultivariateNormal.of(p.get("loc"), p.get("cov_factor"), p.get("cov_diag")));
        JAVA.put("Wishart of covariance", p -> Wishart.ofCovariance(p.get("df"), p.get("matrix")));
        JAVA.put("Wishart of precision", p -> Wishart.ofPrecision(p.get("df"), p.get("matrix")));
        JAVA.put("Wishart of scale_tril", p -> Wishart.ofScaleTril(p.get("df"), p.get("matrix")));
        JAVA.put("TransformedDistribution", p -> TransformedDistribution.of(Normal.of(p.get("loc"), p.get("scale")),
                List.of(TanhTransform.of(), AffineTransform.of(1, -2))));
        JAVA.put("TransformedDistribution of vectors", p -> TransformedDistribution.of(Normal.of(p.get("loc"), p.get("scale")),
                List.of(IndependentTransform.of(SoftplusTransform.of(), 1), StickBreakingTransform.of())));
    }

    @BeforeAll static void the_same_instructions() { Golden.assumeSameInstructions(); }

    private static Stream<JsonNode> cases(String of) { return StreamSupport.stream(PYTHON.get(of).spliterator(), false); }

    private static String name(JsonNode c, String key) { return c.get(key).asText() + " in " + c.get("dtype").asText(); }

    @TestFactory Stream<DynamicTest> a_distribution_has_pythons_numbers() {
        assertThat(cases("cases").map(c -> c.get("name").asText()).distinct().sorted()).containsExactlyElementsOf(JAVA.keySet());
        return cases("cases").map(c -> dynamicTest(name(c, "name"), () -> {
            try (var scope = Scope.open()) {
                compare(c);
            }
        }));
    }

    @TestFactory Stream<DynamicTest> a_kl_divergence_has_pythons_value_and_gradients() {
        return cases("kl").map(c -> dynamicTest(c.get("p").asText() + " from " + name(c, "q"), () -> {
            try (var scope = Scope.open()) {
                var p = parameters(find(c, "p").get("params"));
                var q = parameters(find(c, "q").get("other"));
                Tensor kl = KL.divergence(JAVA.get(c.get("p").asText()).apply(p), JAVA.get(c.get("q").asText()).apply(q));
                assertEqual("KL", kl, c.get("value"));
                var all = new ArrayList<>(p.values());
                all.addAll(q.values());
                assertGradients("KL's gradient", kl, all, c.get("grad"));
            }
        }));
    }

    private static Transform transform(String name) {
        return switch (name) {
            case "Exp" -> ExpTransform.of();
            case "inverse of Exp" -> ExpTransform.of().inv();
            case "Power" -> PowerTransform.of(Torch.tensor(-1.5));
            case "Sigmoid" -> SigmoidTransform.of();
            case "Softplus" -> SoftplusTransform.of();
            case "Tanh" -> TanhTransform.of();
            case "Abs" -> AbsTransform.of();
            case "Affine" -> AffineTransform.of(Torch.tensor(0.5), Torch.tensor(new double[] {-2, 1.5, 0.5}), 1);
            case "Compose" -> ComposeTransform.of(List.of(ExpTransform.of(), StickBreakingTransform.of()));
            case "Independent" -> IndependentTransform.of(ExpTransform.of(), 1);
            case "Reshape" -> ReshapeTransform.of(new long[] {3}, new long[] {3, 1});
            case "CorrCholesky" -> CorrCholeskyTransform.of();
            case "Softmax" -> SoftmaxTransform.of();
            case "StickBreaking" -> StickBreakingTransform.of();
            case "LowerCholesky" -> LowerCholeskyTransform.of();
            case "PositiveDefinite" -> PositiveDefiniteTransform.of();
            case "Cat" -> CatTransform.of(List.of(ExpTransform.of(), TanhTransform.of()), 1, 1, 2);
            case "Stack" -> StackTransform.of(List.of(ExpTransform.of(), TanhTransform.of(), SoftplusTransform.of()), 1);
            case "CumulativeDistribution" -> CumulativeDistributionTransform.of(Normal.of(Torch.tensor(0.5), Torch.tensor(2.0)));
            default -> name.startsWith("transform of ") ? constraint(name.substring(13)).transform()
                    : constraint(name.substring("bijection of ".length())).bijection();
        };
    }

    private static Constraint constraint(String name) {
        return switch (name) {
            case "real_vector" -> Constraints.REAL_VECTOR;
            case "positive" -> Constraints.POSITIVE;
            case "greater_than" -> Constraints.greaterThan(1.5);
            case "less_than" -> Constraints.lessThan(Torch.tensor(1.5));
            case "unit_interval" -> Constraints.UNIT_INTERVAL;
            case "interval" -> Constraints.interval(Torch.tensor(new double[] {-1, 0, 2}), Torch.tensor(new double[] {1, 3, 7}));
            case "simplex" -> Constraints.SIMPLEX;
            case "lower_cholesky" -> Constraints.LOWER_CHOLESKY;
            case "positive_definite" -> Constraints.POSITIVE_DEFINITE;
            case "corr_cholesky" -> Constraints.CORR_CHOLESKY;
            case "cat" -> Constraints.cat(List.of(Constraints.POSITIVE, Constraints.UNIT_INTERVAL), 1, 1, 2);
            case "stack" -> Constraints.stack(List.of(Constraints.POSITIVE, Constraints.REAL, Constraints.greaterThan(2)), 1);
            default -> throw new AssertionError(name);
        };
    }

    @Test void a_draw_that_rounds_to_the_edge_has_the_log_probability_of_what_it_was() {
        try (var scope = Scope.open()) {
            var d = TransformedDistribution.of(Normal.of(Torch.tensor(new float[] {8, -9, 10}), Torch.tensor(1f)),
                    List.of(TanhTransform.of()));
            Torch.manualSeed(3);
            Distribution.Draw draw = d.rsampleWithLogProb(2);
            assertEqual("draw", draw.value(), PYTHON.get("squashed").get("draw"));
            assertEqual("log-probability", draw.logProb(), PYTHON.get("squashed").get("log_prob"));
            assertThat(draw.logProb().isfinite().all().itemBoolean()).isTrue();
        }
    }

    @TestFactory Stream<DynamicTest> a_draw_with_its_log_probability_has_the_numbers_of_both_calls() {
        return cases("cases").filter(c -> c.has("rsample") && c.get("dtype").asText().equals("float64"))
                .map(c -> dynamicTest(c.get("name").asText(), () -> {
                    try (var scope = Scope.open()) {
                        Distribution d = JAVA.get(c.get("name").asText()).apply(parameters(c.get("params")));
                        Torch.manualSeed(3);
                        Distribution.Draw draw = d.rsampleWithLogProb(2);
                        assertEqual("draw", draw.value(), c.get("rsample"));
                        Testing.assertClose(draw.logProb(), d.logProb(draw.value()), 1e-7, 1e-9);
                    }
                }));
    }

    @Test void a_discrete_set_has_no_bijection() {
        assertThatThrownBy(Constraints.BOOLEAN::bijection).isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining("boolean");
        assertThatThrownBy(Constraints.POSITIVE_DEFINITE::bijection).isInstanceOf(UnsupportedOperationException.class);
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> CumulativeDistributionTransform.of(Poisson.of(2))).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @TestFactory Stream<DynamicTest> a_transform_has_pythons_numbers_and_its_inverse_undoes_it() {
        return cases("transforms").map(c -> dynamicTest(c.get("name").asText(), () -> {
            try (var scope = Scope.open()) {
                Transform t = transform(c.get("name").asText());
                Tensor x = tensor(c.get("x")), y = t.call(x);
                assertEqual("y", y, c.get("y"));
                assertEqual("inverse", t.inverse(y), c.get("inverse"));
                assertThat(t.isBijective()).isEqualTo(c.get("bijective").asBoolean());
                assertThat(t.domain().eventDim()).isEqualTo(c.get("domain").asInt());
                assertThat(t.codomain().eventDim()).isEqualTo(c.get("codomain").asInt());
                assertThat(t.codomain().check(y).all().itemBoolean()).isTrue();
                assertThat(t.forwardShape(x.shape())).isEqualTo(y.shape());
                assertThat(t.inverseShape(y.shape())).isEqualTo(x.shape());
                if (c.has("log_det")) {
                    assertEqual("log |det J|", t.logAbsDetJacobian(x, y), c.get("log_det"));
                    assertEqual("log |det J| of the inverse", t.inv().logAbsDetJacobian(y, x).neg(), c.get("log_det"));
                } else assertThatThrownBy(() -> t.logAbsDetJacobian(x, y)).isInstanceOf(UnsupportedOperationException.class);
            }
        }));
    }

    private static JsonNode find(JsonNode c, String key) {
        return cases("cases").filter(n -> n.get("name").equals(c.get(key)) && n.get("dtype").equals(c.get("dtype"))).findFirst()
                .orElseThrow();
    }

    private static void compare(JsonNode c) {
        var params = parameters(c.get("params"));
        Distribution d = JAVA.get(c.get("name").asText()).apply(params);
        assertThat(d.batchShape()).isEqualTo(Golden.longs(c.get("batch_shape")));
        assertThat(d.eventShape()).isEqualTo(Golden.longs(c.get("event_shape")));
        assertThat(d.hasRsample()).isEqualTo(c.has("rsample"));
        assertThat(d.hasEnumerateSupport()).isEqualTo(c.has("enumerate_support"));
        Tensor sample = tensor(c.get("sample"));
        var results = new LinkedHashMap<String, Supplier<Tensor>>();
        results.put("mean", d::mean);
        results.put("mode", d::mode);
        results.put("variance", d::variance);
        results.put("stddev", d::stddev);
        results.put("entropy", d::entropy);
        results.put("enumerate_support", d::enumerateSupport);
        results.put("sample", () -> seeded(() -> d.sample(2)));
        results.put("rsample", () -> seeded(() -> d.rsample(2)));
        results.put("log_prob", () -> d.logProb(sample));
        results.put("cdf", () -> d.cdf(sample));
        results.put("icdf", () -> d.icdf(Torch.full(new long[] {1}, 0.3, DType.valueOf(c.get("dtype").asText().toUpperCase(Locale.ROOT)))));
        results.forEach((key, result) -> {
            if (c.has(key)) assertEqual(key, result.get(), c.get(key));
            else assertThatThrownBy(result::get).as(key).isInstanceOf(UnsupportedOperationException.class);
        });
        var inputs = List.copyOf(params.values());
        assertGradients("logProb's gradient", d.logProb(sample), inputs, c.get("log_prob_grad"));
        if (c.has("rsample_grad")) assertGradients("rsample's gradient", seeded(() -> d.rsample(2)), inputs, c.get("rsample_grad"));

        long[] wider = Stream.of(new long[] {4}, d.batchShape()).flatMapToLong(Arrays::stream).toArray();
        Distribution expanded = d.expand(wider);
        assertThat(expanded).hasSameClassAs(d);
        assertThat(expanded.batchShape()).isEqualTo(wider);
        assertThat(expanded.eventShape()).isEqualTo(d.eventShape());
        Tensor draw = expanded.sample();
        assertThat(expanded.logProb(draw).allClose(d.logProb(draw), 1e-6, 1e-6)).as("logProb of the expanded distribution").isTrue();
    }

    private static Tensor seeded(Supplier<Tensor> draw) {
        Torch.manualSeed(3);
        return draw.get();
    }

    private static Map<String, Tensor> parameters(JsonNode node) {
        var all = new LinkedHashMap<String, Tensor>();
        node.properties().forEach(e -> all.put(e.getKey(), tensor(e.getValue()).requiresGrad_(true)));
        return all;
    }

    private static void assertGradients(String what, Tensor y, List<Tensor> inputs, JsonNode expected) {
        if (expected.isEmpty()) return;
        double[] weights = new double[(int) y.numel()];
        for (int i = 0; i < weights.length; i++) weights[i] = Math.cos(i);
        Tensor weighted = y.mul(Torch.tensor(weights).to(y.dtype()).reshape(y.shape()));
        var found = Autograd.gradAllowUnused(List.of(weighted.maskedSelect(y.isfinite()).sum()), inputs, null, true, false);
        for (int i = 0; i < expected.size(); i++) {
            Tensor g = found.get(i);
            // Sums of terms that cancel out lose more digits in float32.
            assertEqual(what + " by parameter " + i, g != null ? g : inputs.get(i).zerosLike(), expected.get(i), 3e-6);
        }
    }

    private static double[] values(JsonNode node) {
        return StreamSupport.stream(node.get("values").spliterator(), false)
                .mapToDouble(v -> v.isTextual() ? Double.parseDouble(v.asText()) : v.asDouble()).toArray();
    }

    private static Tensor tensor(JsonNode node) {
        return Torch.tensor(values(node)).to(DType.valueOf(node.get("dtype").asText().toUpperCase(Locale.ROOT)))
                .reshape(Golden.longs(node.get("shape")));
    }

    /** Shape, type and every element: relative to the largest of 1 and the element, as sums of larger terms may cancel out. */
    private static void assertEqual(String what, Tensor actual, JsonNode expected) {
        assertEqual(what, actual, expected, 1e-6);
    }

    private static void assertEqual(String what, Tensor actual, JsonNode expected, double float32) {
        String dtype = expected.get("dtype").asText();
        assertThat(actual.shape()).as(what).isEqualTo(Golden.longs(expected.get("shape")));
        assertThat(actual.dtype().name()).as(what).isEqualToIgnoringCase(dtype);
        double[] own = actual.detach().to(DType.FLOAT64).reshape(-1).toDoubleArray(), python = values(expected);
        double tolerance = dtype.equals("float32") ? float32 : 1e-12;
        for (int i = 0; i < own.length; i++) {
            if (Double.compare(own[i], python[i]) == 0) continue;
            if (!(Math.abs(own[i] - python[i]) <= tolerance * Math.max(1, Math.abs(python[i]))))
                throw new AssertionError(what + "[" + i + "] is " + own[i] + " and should be " + python[i]);
        }
    }
}
