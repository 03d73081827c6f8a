package panatorch.nn.dropout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Dropout;
import panatorch.nn.Linear;
import panatorch.nn.ReLU;
import panatorch.nn.Sequential;

@NoTensorLeaks
class DropoutScheduleTest {
    private static List<Double> course(DropoutSchedule.Rate rate) {
        try (var layer = new Dropout(0.5)) {
            var schedule = new DropoutSchedule(layer, rate);
            var seen = new ArrayList<Double>();
            for (int i = 0; i < 5; i++, schedule.step()) seen.add(layer.p());
            return seen;
        }
    }

    @Test void a_rate_is_followed_from_the_first_step_on() {
        assertThat(course(DropoutSchedule.linear(0, 1, 2))).containsExactly(0.0, 0.25, 0.5, 0.5, 0.5);
        assertThat(course(DropoutSchedule.linear(1, 0, 4))).containsExactly(0.5, 0.375, 0.25, 0.125, 0.0);
        assertThat(course(DropoutSchedule.early(2))).containsExactly(0.5, 0.5, 0.0, 0.0, 0.0);
        assertThat(course(DropoutSchedule.late(3))).containsExactly(0.0, 0.0, 0.0, 0.5, 0.5);
    }

    /** The paper's keep probability (1 − θ)·exp(−γ t) + θ with γ = 10/T. */
    @Test void the_curriculum_is_the_papers() {
        var p = course(DropoutSchedule.curriculum(4));
        for (int t = 0; t < 5; t++) assertThat(p.get(t)).isCloseTo(1 - (0.5 * Math.exp(-10 * t / 4.0) + 0.5), within(1e-15));
    }

    @Test void each_layer_keeps_its_own_share_gets_it_back_and_a_resumed_schedule_goes_on() {
        try (var a = new Dropout(0.4); var b = new StochasticDepth(0.2, StochasticDepth.Mode.ROW);
                var net = new Sequential(new Linear(2, 2), a, new Sequential(b))) {
            var schedule = new DropoutSchedule(net, DropoutSchedule.linear(0, 1, 4));
            schedule.step();
            schedule.step();
            assertThat(a.p()).isEqualTo(0.2);
            assertThat(b.p()).isEqualTo(0.1);
            var state = schedule.stateDict();
            schedule.restore();
            assertThat(a.p()).isEqualTo(0.4);
            var resumed = new DropoutSchedule(net, DropoutSchedule.linear(0, 1, 4));
            resumed.loadStateDict(state);
            resumed.step();
            assertThat(a.p()).isCloseTo(0.3, within(1e-15));
            assertThatThrownBy(() -> resumed.loadStateDict(Map.of())).hasMessageContaining("not the state of a dropout schedule");
        }
    }

    @Test void a_model_that_drops_nothing_and_schedules_of_no_steps_are_refused() {
        try (var net = new Sequential(new ReLU())) {
            assertThatThrownBy(() -> new DropoutSchedule(net, s -> 1)).hasMessage("the model has no dropout layer to schedule");
            assertThatThrownBy(() -> DropoutSchedule.early(0)).hasMessage("a schedule needs at least 1 step, not 0");
        }
    }
}
