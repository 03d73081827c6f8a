package panatorch.apps.report;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class SvgChartTest {
    @Test void ticks_are_round_and_hold_all_values_between_them() {
        assertThat(SvgChart.ticks(1.57, 2.25, 0)).usingElementComparator((a, b) -> Math.abs(a - b) < 1e-9 ? 0 : 1).containsExactly(1.4, 1.6,
                1.8, 2.0, 2.2, 2.4);
        assertThat(SvgChart.ticks(1, 3, 1)).containsExactly(1.0, 2.0, 3.0);
        assertThat(SvgChart.ticks(1, 1, 1)).containsExactly(1.0, 2.0);
        assertThat(SvgChart.ticks(0, 0, 0)).startsWith(0.0).endsWith(1.0);
        assertThat(SvgChart.ticks(Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 0)).startsWith(0.0);
    }
}
