package panatorch.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static panatorch.metrics.CalibrationTest.refused;

import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** What follows from the definitions; scikit-learn's numbers are in {@code native-tests}. */
@NoTensorLeaks
class ErrorDetectionTest {
    private static ErrorDetection of(double[] uncertainty, int... wrong) {
        try (var scope = Scope.open()) {
            return ErrorDetection.of(Torch.tensor(uncertainty), Torch.tensor(wrong).ne(0));
        }
    }

    @Test void a_score_that_separates_errors_has_both_areas_1_and_a_useless_one_half() {
        ErrorDetection best = of(new double[] {0.9, 0.1, 0.8, 0.2}, 1, 0, 1, 0), worst = of(new double[] {0.9, 0.1, 0.8, 0.2}, 0, 1, 0, 1),
                useless = of(new double[] {3, 3, 3, 3}, 0, 1, 0, 1);
        assertThat(best.auroc()).isEqualTo(1);
        assertThat(best.aupr()).isEqualTo(1);
        assertThat(best.aurc()).isEqualTo((0 + 0 + 1 / 3.0 + 2 / 4.0) / 4, within(1e-15));
        assertThat(worst.auroc()).isZero();
        assertThat(useless.auroc()).isEqualTo(0.5);
        assertThat(useless.aupr()).isEqualTo(0.5);
        assertThat(useless.aurc()).isEqualTo(0.5, within(1e-15));
    }

    @Test void the_curve_has_a_point_for_each_score_and_its_last_risk_is_the_error_rate() {
        assertThat(of(new double[] {2, 1, 2, 5}, 1, 0, 0, 1).riskCoverage()).containsExactly(
                new ErrorDetection.Point(1, 0.25, 0), new ErrorDetection.Point(2, 0.75, 1 / 3.0), new ErrorDetection.Point(5, 1, 0.5));
    }

    @Test void examples_of_another_distribution_are_the_errors() {
        try (var scope = Scope.open()) {
            Tensor inside = Torch.tensor(new float[] {0.1f, 0.2f, 0.5f}), outside = Torch.tensor(new float[] {0.4f, 0.9f});
            ErrorDetection d = ErrorDetection.outOfDistribution(inside, outside);
            assertThat(d.errors()).isEqualTo(2);
            assertThat(d.auroc()).isEqualTo(5 / 6.0, within(1e-15));
        }
    }

    @Test void areas_that_need_errors_are_not_a_number_without_them() {
        ErrorDetection none = of(new double[] {1, 2}, 0, 0), all = of(new double[] {1, 2}, 1, 1);
        assertThat(none.auroc()).isNaN();
        assertThat(none.aupr()).isNaN();
        assertThat(none.aurc()).isZero();
        assertThat(all.auroc()).isNaN();
        assertThat(all.aupr()).isEqualTo(1);
    }

    @Test void bad_input_is_refused_with_a_reason() {
        try (var scope = Scope.open()) {
            refused(() -> of(new double[] {1, Double.NaN}, 0, 1), "NaN");
            refused(() -> of(new double[] {}), "no examples");
            refused(() -> of(new double[] {1, 2}, 0), "as many as uncertainties");
            refused(() -> ErrorDetection.of(Torch.zeros(2), Torch.zeros(2)), "errors have to be bool [2]");
            refused(() -> ErrorDetection.of(Torch.zeros(DType.INT64, 2), Torch.zeros(DType.BOOL, 2)), "floating-point numbers [N]");
        }
    }
}
