package panatorch.optim;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Range tests whose loss is known, with scatter of known size, from 1e-6 to 10. */
class LrSuggestionTest {
    private static final int SEEDS = 300;
    private static final double FROM = 1e-6, TO = 10, STEEPEST = 0.01;

    /** Falls from 2.3 to 1.1, fastest at {@value #STEEPEST}, and diverges above 1. */
    private static double loss(double lr) {
        return 2.3 - 1.2 / (1 + Math.exp(-3 * Math.log10(lr / STEEPEST))) + Math.max(0, 3 * Math.log10(lr)) * lr;
    }

    private static List<LrFinder.Point> points(int steps, double scatter, long seed, DoubleUnaryOperator loss) {
        var random = new Random(seed);
        var points = new ArrayList<LrFinder.Point>();
        for (int i = 0; i < steps; i++) {
            double lr = FROM * Math.pow(TO / FROM, i / (steps - 1.0));
            points.add(new LrFinder.Point(lr, loss.applyAsDouble(lr) + scatter * random.nextGaussian(), Double.NaN));
        }
        return points;
    }

    private static List<Double> suggestions(int steps, double scatter, DoubleUnaryOperator loss) {
        return IntStream.range(0, SEEDS).mapToObj(seed -> LrSuggestion.of(points(steps, scatter, seed, loss))).filter(s -> s != null)
                .toList();
    }

    @Test void without_scatter_it_is_where_the_loss_falls_fastest() {
        for (int steps : new int[] {30, 50, 100, 300})
            assertThat(suggestions(steps, 0, LrSuggestionTest::loss)).hasSize(SEEDS)
                    .allSatisfy(lr -> assertThat(lr).isBetween(STEEPEST / 2.5, STEEPEST * 2.5));
    }

    @ParameterizedTest
    @ValueSource(ints = {20, 40, 100}) void scatter_moves_it_little(int steps) {
        List<Double> found = suggestions(steps, 0.1, LrSuggestionTest::loss);
        assertThat(found).hasSizeGreaterThan(SEEDS * 95 / 100);
        assertThat(found.stream().filter(lr -> lr > STEEPEST / 10 && lr < STEEPEST * 10)).hasSizeGreaterThan(found.size() * 95 / 100);
    }

    @ParameterizedTest
    @ValueSource(ints = {10, 20, 40, 100, 300}) void nothing_is_suggested_where_the_loss_only_scatters(int steps) {
        assertThat(suggestions(steps, 0.3, lr -> 2.3)).hasSizeLessThan(SEEDS / 20);
    }

    @Test void nothing_is_suggested_where_the_loss_only_grows() {
        assertThat(suggestions(60, 0.01, lr -> 2.3 + lr)).hasSizeLessThan(SEEDS / 20);
    }

    /** The network of a convolution without normalisation, whose loss falls by a hundredth before it is forty times as high. */
    @ParameterizedTest
    @ValueSource(doubles = {0, 1e-5, 1e-4}) void a_divergence_does_not_hide_a_small_fall_before_it(double scatter) {
        List<Double> found = suggestions(50, scatter, lr -> lr > 0.3 ? 2.3 + 60 * Math.log10(lr / 0.3)
                : 2.3 - 0.02 / (1 + Math.exp(-4 * Math.log10(lr / 0.05))) + (lr > 0.1 ? 0.3 * Math.sin(40 * lr) * lr : 0));
        assertThat(found).hasSizeGreaterThan(SEEDS * 95 / 100);
        assertThat(found.stream().filter(lr -> lr > 0.005 && lr < 0.3)).hasSizeGreaterThan(found.size() * 95 / 100);
    }

    @Test void a_few_steps_suggest_nothing() { assertThat(suggestions(9, 0, LrSuggestionTest::loss)).isEmpty(); }
}
