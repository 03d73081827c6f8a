package panatorch.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** What follows from the definitions; torchmetrics' numbers are in {@code native-tests}. */
@NoTensorLeaks
class CalibrationTest {
    private static final Offset<Double> EXACT = within(1e-12);

    /** Five predictions of class 0 with confidence 0.8, of which three are right. */
    private static Calibration confident(int bins) {
        try (var scope = Scope.open()) {
            Tensor p = Torch.tensor(new double[] {0.8, 0.2}).expand(5, 2);
            return Calibration.of(p, Torch.tensor(new long[] {0, 0, 0, 1, 1}), bins);
        }
    }

    @Test void confidence_of_80_percent_with_60_percent_accuracy_is_off_by_20() {
        Calibration c = confident(15);
        assertThat(c.accuracy()).isEqualTo(0.6, EXACT);
        assertThat(c.confidence()).isEqualTo(0.8, EXACT);
        for (double error : new double[] {c.ece(), c.mce(), c.rmsce(), c.classwiseEce()}) assertThat(error).isEqualTo(0.2, EXACT);
        assertThat(c.nll()).isEqualTo(-(3 * Math.log(0.8) + 2 * Math.log(0.2)) / 5, EXACT);
        assertThat(c.brier()).isEqualTo((3 * 0.08 + 2 * 1.28) / 5, EXACT);
        assertThat(c.reliability().stream().filter(b -> b.count() > 0)).singleElement().satisfies(b -> {
            assertThat(b.lower()).isLessThanOrEqualTo(0.8);
            assertThat(b.upper()).isGreaterThan(0.8);
            assertThat(b.count()).isEqualTo(5);
        });
    }

    @Test void equal_mass_bins_tell_apart_what_one_even_bin_averages_away() {
        try (var scope = Scope.open()) {
            Tensor top = Torch.tensor(new double[] {0.75, 0.76, 0.77, 0.78}), p = Aten.stack(java.util.List.of(top, top.rsub(1)), 1);
            Calibration c = Calibration.of(p, Torch.tensor(new long[] {1, 0, 0, 0}), 2);
            assertThat(c.ece()).isEqualTo(Math.abs(0.765 - 0.75), EXACT);
            assertThat(c.adaptiveEce()).isEqualTo(((0.75 + 0.76 - 1) + (2 - 0.77 - 0.78)) / 4, EXACT);
        }
    }

    @Test void a_perfect_predictor_has_no_error_and_its_confidence_of_1_is_in_the_last_bin() {
        try (var scope = Scope.open()) {
            Calibration c = Calibration.of(Torch.eye(4), Aten.arange(4));
            for (double error : new double[] {c.nll(), c.brier(), c.ece(), c.mce(), c.rmsce(), c.adaptiveEce(), c.classwiseEce()})
                assertThat(error).isZero();
            assertThat(c.reliability()).hasSize(15);
            assertThat(c.reliability().getLast()).isEqualTo(new Calibration.Bin(14.0 / 15, 1, 4, 1, 1));
            assertThat(c.reliability().getFirst().gap()).isZero();
        }
    }

    @Test void a_label_of_probability_0_costs_an_infinite_likelihood_and_of_logits_what_they_say() {
        try (var scope = Scope.open()) {
            Tensor logits = Torch.tensor(new float[][] {{0, 1000}}), label = Torch.tensor(new long[] {0});
            assertThat(Calibration.of(logits.softmax(1), label).nll()).isInfinite();
            assertThat(Calibration.ofLogits(logits, label, 15).nll()).isEqualTo(1000);
        }
    }

    @Test void half_precision_is_measured_in_single() {
        try (var scope = Scope.open()) {
            Torch.manualSeed(3);
            Tensor p = Torch.randn(50, 10).softmax(1).to(DType.BFLOAT16), labels = Torch.randint(10, new long[] {50});
            assertThat(Calibration.of(p, labels).ece())
                    .isEqualTo(Calibration.of(p.to(DType.FLOAT64).div(p.to(DType.FLOAT64).sum(1, true)), labels).ece(), within(0.01));
        }
    }

    @Test void bad_input_is_refused_with_a_reason() {
        try (var scope = Scope.open()) {
            Tensor p = Torch.tensor(new float[][] {{0.5f, 0.5f}, {0.9f, 0.1f}}), labels = Torch.tensor(new long[] {0, 1});
            refused(() -> Calibration.of(p.mul(2), labels), "2 of 2 rows are not probabilities");
            refused(() -> Calibration.of(p.mul(Double.NaN), labels), "2 of 2 rows are not probabilities");
            refused(() -> Calibration.of(Torch.tensor(new float[][] {{1.5f, -0.5f}, {1, 0}}), labels), "1 of 2 rows");
            refused(() -> Calibration.ofLogits(p.div(0), labels, 15), "not finite logits");
            refused(() -> Calibration.of(p, labels.add(1)), "1 of the labels is not in 0 … 1");
            refused(() -> Calibration.of(p, labels.sub(5)), "2 of the labels are not in 0 … 1");
            refused(() -> Calibration.of(p, Torch.tensor(new long[] {0})), "labels have length 1, but there are 2 examples");
            refused(() -> Calibration.of(p, Torch.zeros(2)), "whole numbers [N], not float32 [2]");
            refused(() -> Calibration.of(Torch.zeros(0, 2), Torch.zeros(DType.INT64, 0)), "at least one example");
            refused(() -> Calibration.of(labels, labels), "floating-point numbers [N, C]");
            refused(() -> Calibration.of(p, labels, 0), "the number of bins has to be at least 1");
        }
    }

    static void refused(org.assertj.core.api.ThrowableAssert.ThrowingCallable call, String reason) {
        assertThatThrownBy(call).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(reason);
    }

    // ---- temperature

    @Test void the_temperature_of_overconfident_logits_is_what_they_were_multiplied_by() {
        try (var scope = Scope.open()) {
            // Labels in the ratio of the softmax of [ln 3, 0]: its own temperature is 1.
            Tensor logits = Torch.tensor(new double[] {Math.log(3), 0}).expand(4, 2), labels = Torch.tensor(new long[] {0, 0, 0, 1});
            assertThat(TemperatureScaling.fit(logits, labels).temperature()).isEqualTo(1, within(1e-9));
            var scaling = TemperatureScaling.fit(logits.mul(7.5), labels);
            assertThat(scaling.temperature()).isEqualTo(7.5, within(1e-8));
            assertThat(Calibration.of(scaling.probabilities(logits.mul(7.5)), labels, 15).ece()).isLessThan(1e-8);
        }
    }

    @Test void a_best_temperature_at_no_finite_place_is_a_bound() {
        try (var scope = Scope.open()) {
            Tensor logits = Torch.eye(3).mul(5);
            assertThat(TemperatureScaling.fit(logits, Aten.arange(3)).temperature()).isEqualTo(0.01);
            assertThat(TemperatureScaling.fit(logits.neg(), Aten.arange(3)).temperature()).isEqualTo(100);
            assertThat(TemperatureScaling.fit(Torch.zeros(3, 3), Aten.arange(3)).temperature()).isEqualTo(100);
        }
    }

    @Test void temperatures_of_bad_logits_and_labels_are_refused() {
        try (var scope = Scope.open()) {
            refused(() -> TemperatureScaling.fit(Torch.zeros(3, 3), Aten.arange(3).add(1)), "1 of the labels");
            refused(() -> TemperatureScaling.fit(Torch.zeros(3, 3).log(), Aten.arange(3)), "logits are not finite");
            refused(() -> new TemperatureScaling(0), "positive");
        }
    }
}
