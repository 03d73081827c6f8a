package panatorch.distributions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Checks of arguments, lifetime of tensors, and moments of draws; the numbers are compared with Python's in {@code native-tests}. */
@NoTensorLeaks
class DistributionTest {
    private static Tensor tensor(double... values) { return Torch.tensor(values); }

    @Test void an_invalid_parameter_is_named_with_its_value_and_constraint() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> Normal.of(tensor(0, 0), tensor(1, -2))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("scale of Normal", "positive", "1 of 2", "-2.0");
            assertThatThrownBy(() -> Normal.of(Double.NaN, 1)).hasMessageContainingAll("loc of Normal", "real", "NaN");
            assertThatThrownBy(() -> Bernoulli.ofProbs(1.5)).hasMessageContainingAll("probs of Bernoulli", "interval(0.0, 1.0)", "1.5");
            assertThatThrownBy(() -> Uniform.of(2, 1)).hasMessageContainingAll("low of Uniform", "less_than(1.0)", "2.0");
            assertThatThrownBy(() -> Gamma.of(0, 1)).hasMessageContainingAll("concentration of Gamma", "positive");
            assertThatThrownBy(() -> Geometric.ofProbs(tensor(0))).hasMessageContainingAll("probs of Geometric", "positive");
            assertThatThrownBy(() -> Categorical.ofProbs(tensor(0.5, -0.5, 1))).hasMessageContainingAll("probs of Categorical", "simplex");
            assertThatThrownBy(() -> MultivariateNormal.ofCovariance(tensor(0, 0), tensor(1, 2, 2, 1).reshape(2, 2)))
                    .hasMessageContainingAll("covarianceMatrix of MultivariateNormal", "positive_definite");
            assertThatThrownBy(() -> Wishart.ofCovariance(tensor(1).squeeze(), Torch.eye(3, 3, DType.FLOAT64)))
                    .hasMessageContainingAll("df of Wishart", "greater_than(2");
        }
    }

    @Test void shapes_that_do_not_fit_are_refused() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> Categorical.ofLogits(Torch.scalar(1))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("[*, C]");
            assertThatThrownBy(() -> MultivariateNormal.ofCovariance(tensor(0, 0), Torch.eye(3, 3, DType.FLOAT64)))
                    .hasMessageContaining("[*, 2, 2]");
            assertThatThrownBy(() -> Independent.of(Normal.of(0, 1), 1)).hasMessageContaining("from 0 to 0");
            assertThatThrownBy(() -> Normal.of(tensor(0, 0), 1).logProb(tensor(1, 2, 3))).hasMessageContaining("broadcastable");
            assertThatThrownBy(() -> MixtureSameFamily.of(Categorical.ofProbs(tensor(1, 1)), Normal.of(tensor(1, 2, 3), 1)))
                    .hasMessageContaining("a mixture of 2 components");
            assertThatThrownBy(() -> LKJCholesky.of(1, 1)).hasMessageContaining("at least 2");
        }
    }

    @Test void a_value_outside_the_support_is_refused_unless_checks_are_off() {
        try (var scope = Scope.open()) {
            var checked = Bernoulli.ofProbs(0.5);
            assertThatThrownBy(() -> checked.logProb(tensor(0.5))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContainingAll("value for Bernoulli", "boolean", "0.5");
            Bernoulli unchecked;
            try (var off = NoValidation.enter()) {
                unchecked = Bernoulli.ofProbs(0.5);
                assertThat(Normal.of(0, -1).scale().itemDouble()).isEqualTo(-1);
            }
            assertThat(unchecked.logProb(tensor(0.5)).itemDouble()).isEqualTo(Math.log(0.5), within(1e-6));
            assertThat(unchecked.expand(2).logProb(tensor(0.5, 0.5)).shape()).containsExactly(2);
            assertThatThrownBy(() -> checked.expand(2).logProb(tensor(0.5))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Normal.of(0, -1)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test void checks_can_be_off_by_default() {
        try (var scope = Scope.open()) {
            Distribution.setDefaultValidateArgs(false);
            assertThat(Normal.of(0, -1).scale().itemDouble()).isEqualTo(-1);
        } finally {
            Distribution.setDefaultValidateArgs(true);
        }
    }

    @Test void a_call_leaves_its_result_only_and_a_distribution_nothing() {
        try (var scope = Scope.open()) {
            var all = List.of(Normal.of(tensor(1, 2), tensor(1, 2)), Gamma.of(tensor(1, 2), tensor(1, 2)),
                    Categorical.ofLogits(tensor(1, 2)), MultivariateNormal.ofCovariance(tensor(0, 0), Torch.eye(2, 2, DType.FLOAT64)),
                    LogNormal.of(tensor(1, 2), tensor(1, 2)), StudentT.of(tensor(3), tensor(0), tensor(1)));
            for (Distribution d : all) {
                long before = Torch.liveTensors();
                Tensor x = d.sample(3);
                assertThat(Torch.liveTensors()).as("sample of " + d).isEqualTo(before + 1);
                Tensor y = d.logProb(x);
                assertThat(Torch.liveTensors()).as("logProb of " + d).isEqualTo(before + 2);
                x.close();
                y.close();
            }
        }
    }

    @Test void a_divergence_leaves_its_result_only() {
        try (var scope = Scope.open()) {
            var p = Beta.of(tensor(1, 2), tensor(2, 3));
            var q = Normal.of(tensor(0.3, 0.4), tensor(1, 2));
            long before = Torch.liveTensors();
            Tensor kl = KL.divergence(p, q);
            assertThat(Torch.liveTensors()).isEqualTo(before + 1);
            assertThat(kl.gt(0).all().itemBoolean()).isTrue();
        }
    }

    @Test void a_distribution_works_where_no_scope_is_open() {
        try (Tensor loc = tensor(0, 1); Tensor scale = tensor(1, 2)) {
            Normal normal;
            Tensor x;
            try (var scope = Scope.open()) {
                normal = Normal.of(loc, scale);
                x = scope.move(normal.rsample(5));
            }
            try (x) {
                assertThat(x.shape()).containsExactly(5, 2);
            }
        }
    }

    @Test void draws_have_the_moments_of_their_distribution() {
        try (var scope = Scope.open()) {
            Torch.manualSeed(1);
            int n = 100_000;
            var all = List.<Distribution>of(Normal.of(1.0, 2.0), Uniform.of(-1, 3), Bernoulli.ofProbs(0.3), Beta.of(2, 3), Gamma.of(2, 0.5),
                    Poisson.of(4), Exponential.of(2), Laplace.of(1, 0.5), Gumbel.of(0.5, 1), HalfNormal.of(2), LogNormal.of(0, 0.5),
                    Weibull.of(1, 2), Pareto.of(1, 6), StudentT.of(8, 1, 2), FisherSnedecor.of(5, 12), Kumaraswamy.of(2, 3),
                    InverseGamma.of(6, 2), GeneralizedPareto.of(0, 1, 0.1), Geometric.ofProbs(tensor(0.4)),
                    Binomial.ofProbs(tensor(10), tensor(0.3)), NegativeBinomial.ofProbs(tensor(5), tensor(0.3)),
                    ContinuousBernoulli.ofProbs(tensor(0.2)), Chi2.of(4),
                    MixtureSameFamily.of(Categorical.ofProbs(tensor(1, 3)), Normal.of(tensor(-1, 2), tensor(0.5, 1))));
            for (Distribution d : all) {
                Tensor x = d.sample(n).to(DType.FLOAT64);
                double deviation = d.stddev().itemDouble();
                assertThat(x.mean().itemDouble()).as("mean of " + d.getClass()).isCloseTo(d.mean().itemDouble(),
                        within(5 * deviation / Math.sqrt(n)));
                assertThat(x.std().itemDouble() / deviation).as("deviation of " + d.getClass()).isCloseTo(1, within(0.05));
            }
        }
    }

    @Test void draws_of_vectors_and_matrices_have_the_mean_and_covariance_of_their_distribution() {
        try (var scope = Scope.open()) {
            Torch.manualSeed(1);
            Tensor covariance = tensor(2, 0.5, 0.5, 1).reshape(2, 2);
            var normal = MultivariateNormal.ofCovariance(tensor(1, -1), covariance);
            Tensor x = normal.sample(100_000);
            assertThat(x.mean(0).allClose(normal.mean(), 0, 0.03)).isTrue();
            assertThat(x.t().cov().allClose(covariance, 0, 0.05)).isTrue();
            var wishart = Wishart.ofCovariance(Torch.tensor(5.0), covariance);
            assertThat(wishart.sample(20_000).mean(0).allClose(wishart.mean(), 0, 0.2)).isTrue();
            var dirichlet = Dirichlet.of(tensor(1, 2, 3));
            assertThat(dirichlet.sample(50_000).mean(0).allClose(dirichlet.mean(), 0, 0.01)).isTrue();
            var counts = Multinomial.ofProbs(10, tensor(1, 2, 2));
            assertThat(counts.sample(20_000).mean(0).allClose(counts.mean(), 0, 0.05)).isTrue();
            Tensor correlations = LKJCholesky.of(3, 2.0).sample(1000);
            assertThat(Constraints.CORR_CHOLESKY.check(correlations).all().itemBoolean()).isTrue();
        }
    }

    @Test void a_user_defined_divergence_goes_before_those_of_superclasses() {
        try (var scope = Scope.open()) {
            assertThatThrownBy(() -> KL.divergence(VonMises.of(0, 1), Normal.of(0, 1))).isInstanceOf(UnsupportedOperationException.class)
                    .hasMessageContainingAll("VonMises", "Normal", "KL.register");
            KL.register(VonMises.class, VonMises.class, (p, q) -> p.loc().sub(q.loc()));
            assertThat(KL.divergence(VonMises.of(3, 1), VonMises.of(1, 1)).itemDouble()).isEqualTo(2);
        }
    }

    @Test void constraints_accept_what_they_say() {
        try (var scope = Scope.open()) {
            Tensor x = tensor(-1, 0, 0.5, 1, 2);
            Map.of(Constraints.POSITIVE, "00111", Constraints.NONNEGATIVE, "01111", Constraints.UNIT_INTERVAL, "01110", Constraints.BOOLEAN,
                    "01010", Constraints.NONNEGATIVE_INTEGER, "01011", Constraints.POSITIVE_INTEGER, "00011",
                    Constraints.halfOpenInterval(0, 1), "01100", Constraints.integerInterval(1, 5), "00011", Constraints.lessThan(0.5),
                    "11000",
                    Constraints.greaterThanEq(0.5), "00111").forEach((constraint, expected) -> {
                        var text = new StringBuilder();
                        for (boolean valid : constraint.check(x).toBooleanArray()) text.append(valid ? '1' : '0');
                        assertThat(text).as(constraint.toString()).hasToString(expected);
                    });
            Tensor matrix = tensor(2, 1, 1, 2).reshape(2, 2), indefinite = tensor(1, 2, 2, 1).reshape(2, 2);
            assertThat(Constraints.POSITIVE_DEFINITE.check(Torch.eye(2, 2)).itemBoolean()).isTrue();
            assertThat(Constraints.POSITIVE_SEMIDEFINITE.check(matrix).itemBoolean()).isTrue();
            assertThat(Constraints.POSITIVE_SEMIDEFINITE.check(indefinite).itemBoolean()).isFalse();
            assertThat(Constraints.POSITIVE_DEFINITE.check(indefinite).itemBoolean()).isFalse();
            assertThat(Constraints.LOWER_TRIANGULAR.check(matrix).itemBoolean()).isFalse();
            assertThat(Constraints.SQUARE.check(Torch.ones(3, 2)).itemBoolean()).isFalse();
            assertThat(Constraints.ONE_HOT.check(tensor(0, 1, 0)).itemBoolean()).isTrue();
            assertThat(Constraints.SIMPLEX.check(tensor(0.5, 0.4)).itemBoolean()).isFalse();
            assertThat(Constraints.multinomial(3).check(tensor(2, 1)).itemBoolean()).isTrue();
            assertThat(Constraints.cat(List.of(Constraints.POSITIVE, Constraints.REAL), 0, 1, 1).check(tensor(-1, -1)).toBooleanArray())
                    .containsExactly(false, true);
            assertThat(Constraints.stack(List.of(Constraints.POSITIVE, Constraints.REAL), 0).check(tensor(-1, -1)).toBooleanArray())
                    .containsExactly(false, true);
        }
    }
}
