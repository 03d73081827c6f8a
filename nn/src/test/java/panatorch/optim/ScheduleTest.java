package panatorch.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/**
 * The numbers are Python's:
 * <pre>
 * from torch.optim import SGD, lr_scheduler as s
 * def lrs(make, n): o = SGD([torch.zeros(1)], lr=0.1); c = make(o); r = []
 *     for _ in range(n): r.append(c.get_last_lr()[0]); o.step(); c.step()
 *     return r
 * lrs(lambda o: s.CosineAnnealingLR(o, T_max=10), 10); lrs(lambda o: s.OneCycleLR(o, max_lr=0.1, total_steps=10, cycle_momentum=False), 10)
 * </pre>
 */
class ScheduleTest {
    private static double[] values(Schedule s, int steps) {
        var v = new double[steps];
        for (int i = 0; i < steps; i++) v[i] = s.at(i);
        return v;
    }

    @Test void cosine_equals_pytorchs() {
        assertThat(values(Schedule.cosine(0.1, 10), 10)).containsExactly(COSINE, within(1e-12));
    }

    @Test void one_cycle_equals_pytorchs() {
        assertThat(values(Schedule.oneCycle(0.1, 10), 10)).containsExactly(ONE_CYCLE, within(1e-12));
    }

    @Test void a_schedule_stays_at_its_end() {
        assertThat(Schedule.cosine(0.1, 10).at(1000)).isCloseTo(0, within(1e-17));
        assertThat(Schedule.oneCycle(0.1, 10).at(1000)).isEqualTo(0.1 / 25e4);
        assertThat(Schedule.constant(0.1).at(1000)).isEqualTo(0.1);
    }

    @Test void a_schedule_without_steps_is_refused() {
        assertThatThrownBy(() -> Schedule.cosine(0.1, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    private static final double[] COSINE = {0.1, 0.09755282581475769, 0.09045084971874738, 0.07938926261462367, 0.06545084971874739, 0.05000000000000001, 0.03454915028125264, 0.020610737385376353, 0.009549150281252635, 0.002447174185242324};
    private static final double[] ONE_CYCLE = {0.0040000000000000036, 0.052000000000000005, 0.1, 0.09504846320134738, 0.0811745653949763, 0.06112620219362893, 0.03887419780637107, 0.0188258346050237, 0.004951936798652629, 4e-07};
}
