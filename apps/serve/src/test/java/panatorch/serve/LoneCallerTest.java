package panatorch.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.Autocast;
import panatorch.DType;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
@Timeout(120)
class LoneCallerTest {
    private static final ServeOptions ONE_WORKER = ServeOptions.standard().workers(1);

    private static Tensor row(float value) { return Torch.tensor(new float[][] {{value}}); }

    private static float first(Answer a) { return a.tensor().select(0, 0).select(0, 0).item().floatValue(); }

    /** Returns whether a call of a model that has run before runs on the calling thread. */
    private static boolean runsOnTheCaller(TestModel model, Consumer<Served> call) {
        try (var served = Served.of(model, ONE_WORKER); var scope = Scope.open()) {
            for (int i = 0; i < 20; i++) served.call(row(1));
            model.threads.clear();
            call.accept(served);
            return model.threads.equals(Set.of(Thread.currentThread()));
        }
    }

    @Test void a_quick_model_answers_a_lone_caller_on_its_thread_and_computes_the_same() {
        assertThat(runsOnTheCaller(new TestModel(x -> x.add(1)), served -> {
            try (var noGrad = NoGrad.enter()) {
                assertThat(first(served.call(row(2)))).isEqualTo(3);
            }
            assertThat(NoGrad.isGradEnabled()).isTrue();
        })).isTrue();
    }

    @Test void a_slow_model_answers_on_a_worker() {
        assertThat(runsOnTheCaller(new TestModel(x -> {
            LockSupport.parkNanos(2_000_000);
            return x.add(1);
        }), served -> served.call(row(2)))).isFalse();
    }

    @Test void a_callers_mode_does_not_reach_the_model() {
        var model = new TestModel(x -> x.matmul(x));
        assertThat(runsOnTheCaller(model, served -> {
            try (var half = Autocast.enter(Device.Type.CPU, DType.BFLOAT16)) {
                assertThat(served.call(row(2)).tensor().dtype()).isEqualTo(DType.FLOAT32);
            }
        })).isFalse();
    }

    @Test void a_future_answer_never_comes_from_the_callers_thread() {
        assertThat(runsOnTheCaller(new TestModel(x -> x.add(1)), served -> {
            try (Answer a = served.submit(row(1)).join()) {
                assertThat(first(a)).isEqualTo(2);
            }
        })).isFalse();
    }

    @Test void a_failure_on_the_callers_thread_is_the_models_and_the_next_call_is_answered() {
        var model = new TestModel(x -> {
            if (x.select(0, 0).select(0, 0).item().floatValue() < 0) throw new IllegalStateException("negative");
            return x.add(1);
        });
        assertThat(runsOnTheCaller(model, served -> {
            assertThatThrownBy(() -> served.call(row(-1))).isInstanceOf(IllegalStateException.class).hasMessage("negative");
            assertThat(first(served.call(row(2)))).isEqualTo(3);
            assertThat(served.health().failed()).isEqualTo(1);
        })).isTrue();
    }
}
