package panatorch.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Schedules that go on after a step; rates of PyTorch 2.13 with the same arguments. */
@NoTensorLeaks
class LastEpochTest {
    private static Arguments of(String name, Function<Optimizer, LRScheduler> made, Double... rates) {
        return Arguments.of(name, made, List.of(rates));
    }

    private static SGD optimizer() {
        var optimizer = new SGD(List.of(Torch.zeros(1).requiresGrad_(true)), SGD.options(1).momentum(0.9));
        optimizer.addParamGroup(List.of(Torch.zeros(1).requiresGrad_(true)), SGD.options(0.5).momentum(0.9));
        return optimizer;
    }

    private static LRScheduler cyclic(Optimizer o) {
        var options = CyclicLR.options(0.1, 1).steps(3, 3);
        new CyclicLR(o, options);
        return new CyclicLR(o, options, 4);
    }

    private static LRScheduler oneCycle(Optimizer o) {
        new OneCycleLR(o, OneCycleLR.options(1, 12));
        return new OneCycleLR(o, OneCycleLR.options(1, 12), 4);
    }

    static Stream<Arguments> schedulers() {
        return Stream.of(of("StepLR", o -> new StepLR(o, 2, 0.5, 4), 1.0, 0.5, 0.5, 0.25, 0.5, 0.25),
                of("MultiStepLR", o -> new MultiStepLR(o, new long[] {6, 7}, 0.5, 4), 1.0, 0.5, 0.5, 0.25, 0.25, 0.125),
                of("ConstantLR", o -> new ConstantLR(o, 0.25, 6, 4), 1.0, 0.5, 4.0, 2.0, 4.0, 2.0),
                of("LinearLR", o -> new LinearLR(o, 0.25, 1, 8, 4), 1.0, 0.5, 1.1304347826086956, 0.5652173913043478, 1.2608695652173914,
                        0.6304347826086957),
                of("ExponentialLR", o -> new ExponentialLR(o, 0.5, 4), 1.0, 0.5, 0.5, 0.25, 0.25, 0.125),
                of("PolynomialLR", o -> new PolynomialLR(o, 8, 2, 4), 1.0, 0.5, 0.4444444444444444, 0.2222222222222222, 0.1111111111111111,
                        0.05555555555555555),
                of("CosineAnnealingLR", o -> new CosineAnnealingLR(o, 8, 0.1, 4), 1.0, 0.5, 0.5270157497020335, 0.28978477764534827,
                        0.21097777758065744, 0.14932345670251443),
                of("CosineAnnealingWarmRestarts", o -> new CosineAnnealingWarmRestarts(o, 3, 2, 0.1, 4), 1.525, 0.625, 1.05, 0.45, 0.575,
                        0.275, 0.22727586640478323, 0.14689110867544647, 2.0, 0.8),
                of("LambdaLR", o -> new LambdaLR(o, List.of(e -> 1.0 / (e + 1)), 4), 0.3333333333333333, 0.13333333333333333,
                        0.2857142857142857, 0.11428571428571428),
                of("MultiplicativeLR", o -> new MultiplicativeLR(o, List.of(e -> 1.0 / (e + 1)), 4), 1.0, 0.5, 0.14285714285714285,
                        0.07142857142857142, 0.017857142857142856, 0.008928571428571428),
                of("SWALR", o -> new SWALR(o, 0.05, 4, true, 4), 1.0, 0.5, 0.7625, 0.3875, 0.525, 0.275, 0.2875, 0.1625, 0.05, 0.05),
                of("CyclicLR", LastEpochTest::cyclic, 1.666666666666667, 0.8666666666666667, 0.1, 0.1, 0.4, 0.4, 0.7, 0.7, 1.0, 1.0),
                of("OneCycleLR", LastEpochTest::oneCycle, 0.811745653949763, 0.811745653949763, 0.6473789976951033, 0.6473789976951033,
                        0.46263710266697505, 0.46263710266697505),
                of("SequentialLR",
                        o -> new SequentialLR(o, List.of(new ExponentialLR(o, 0.5), new StepLR(o, 1, 0.1)), new long[] {6}, 4), 2.0, 0.8,
                        2.0, 0.8, 0.2, 0.08, 0.02, 0.008));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("schedulers") void a_schedule_goes_on_after_a_step_as_in_python(String name, Function<Optimizer, LRScheduler> made,
            List<Double> rates) {
        try (var scope = Scope.open(); var optimizer = optimizer()) {
            optimizer.groups().get(0).set("initial_lr", 2.0);
            optimizer.groups().get(1).set("initial_lr", 0.8);
            LRScheduler scheduler = made.apply(optimizer);
            assertThat(scheduler.stateDict()).containsEntry("last_epoch", 5L);
            var found = new ArrayList<Double>();
            for (int i = 0; i < rates.size() / 2; i++) {
                if (i > 0) scheduler.step();
                found.addAll(scheduler.lastLr());
            }
            for (int i = 0; i < rates.size(); i++) assertThat(found.get(i)).as(name + " " + i).isCloseTo(rates.get(i), within(1e-12));
        }
    }

    @Test void a_schedule_cannot_go_on_without_the_rate_that_it_began_with() {
        try (var scope = Scope.open(); var optimizer = optimizer()) {
            assertThatThrownBy(() -> new StepLR(optimizer, 2, 0.5, 3)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("a group of the optimiser has no initial_lr");
            assertThatThrownBy(() -> new StepLR(optimizer, 2, 0.5, -2)).hasMessageContaining("lastEpoch has to be at least -1, not -2");
            assertThat(new StepLR(optimizer, 2, 0.5, -1).lastLr()).containsExactly(1.0, 0.5);
        }
    }

    @Test void a_resumed_schedule_is_the_one_that_went_on() {
        try (var scope = Scope.open(); var first = optimizer(); var second = optimizer()) {
            var whole = new StepLR(first, 2, 0.5);
            for (int i = 0; i < 3; i++) whole.step();
            second.loadStateDict(first.stateDict());
            whole.step();
            assertThat(new StepLR(second, 2, 0.5, 3).lastLr()).isEqualTo(whole.lastLr());
        }
    }
}
