package panatorch;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.bytedeco.pytorch.global.torch;
import org.junit.jupiter.api.Test;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.ThreadModes;
import panatorch.junit.NoTensorLeaks;

/** Guards that write libtorch's own words do what libtorch's own guards do. */
@NoTensorLeaks
class ModeTest {
    /** All that a thread's guards change. */
    private record Words(long added, long leftOut, int switches) {
        static Words now() {
            long sets = ThreadModes.keySets(ThreadContext.current().guard);
            return new Words(Memory.getLong(sets), Memory.getLong(sets + 8),
                    Memory.getInt(ThreadModes.autogradState() + ThreadModes.Switches.found().offset()));
        }
    }

    @Test void inference_mode_is_that_of_libtorch_inside_other_guards_too() {
        Words before = Words.now();
        for (var outer : List.<java.util.function.Supplier<AutoCloseable>>of(() -> () -> {}, NoGrad::enter, BelowAutograd::enter,
                InferenceMode::enter, () -> Autocast.enter(Device.CPU, DType.BFLOAT16))) {
            try (var around = outer.get()) {
                Words theirs, inside = Words.now();
                try (var guard = new org.bytedeco.pytorch.InferenceMode(true)) {
                    theirs = Words.now();
                }
                assertThat(Words.now()).isEqualTo(inside);
                try (var guard = InferenceMode.enter()) {
                    assertThat(Words.now()).isEqualTo(theirs);
                    assertThat(org.bytedeco.pytorch.InferenceMode.is_enabled()).isTrue();
                }
                assertThat(Words.now()).isEqualTo(inside);
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }
        assertThat(Words.now()).isEqualTo(before);
    }

    @Test void below_autograd_is_that_of_libtorch() {
        Words before = Words.now(), theirs;
        try (var guard = new org.bytedeco.pytorch.AutoDispatchBelowAutograd()) {
            theirs = Words.now();
        }
        for (int i = 0; i < 2; i++) {
            try (var guard = BelowAutograd.enter(); var again = BelowAutograd.enter()) {
                assertThat(Words.now()).isEqualTo(theirs).isNotEqualTo(before);
            }
        }
        assertThat(Words.now()).isEqualTo(before);
    }

    /** As {@code torch::autocast} and Python's {@code torch.autocast} see it. */
    private record Casts(boolean cpu, boolean cuda, torch.ScalarType ofCpu, torch.ScalarType ofCuda) {
        static Casts now() {
            return new Casts(torch.is_autocast_enabled(torch.DeviceType.CPU), torch.is_autocast_enabled(torch.DeviceType.CUDA),
                    torch.get_autocast_dtype(torch.DeviceType.CPU).intern(),
                    torch.get_autocast_dtype(torch.DeviceType.CUDA).intern());
        }
    }

    @Test void libtorch_sees_the_autocasts_that_are_open_and_their_types() {
        var none = new Casts(false, false, torch.ScalarType.BFloat16, torch.ScalarType.Half);
        assertThat(Casts.now()).isEqualTo(none);
        try (var half = Autocast.enter(Device.Type.CPU, DType.FLOAT16)) {
            var outer = new Casts(true, false, torch.ScalarType.Half, torch.ScalarType.Half);
            assertThat(Casts.now()).isEqualTo(outer);
            try (var cuda = Autocast.enter(Device.Type.CUDA, DType.BFLOAT16); var off = Autocast.off(Device.Type.CPU)) {
                assertThat(Casts.now()).isEqualTo(new Casts(false, true, torch.ScalarType.Half, torch.ScalarType.BFloat16));
            }
            assertThat(Casts.now()).isEqualTo(outer);
        }
        assertThat(Casts.now()).isEqualTo(none);
    }

    /** libtorch keeps these copies, and forgets them at the end of the outermost autocast. */
    @Test void a_weight_that_has_changed_is_cast_again_by_the_next_autocast() {
        try (var scope = Scope.open()) {
            Tensor x = Torch.ones(1, 1), w = Torch.ones(1, 1).requiresGrad_(true);
            for (float expected : new float[] {1, 2, 4}) {
                try (var cast = Autocast.enter(Device.Type.CPU, DType.BFLOAT16)) {
                    assertThat(x.mm(w).itemFloat()).isEqualTo(expected);
                }
                try (var noGrad = NoGrad.enter()) {
                    w.mul_(2);
                }
            }
        }
    }

    @Test void modes_are_of_one_thread_and_as_before_after_an_exception() throws Exception {
        Words words = Words.now();
        Casts casts = Casts.now();
        try (var threads = Executors.newFixedThreadPool(8)) {
            var others = new ArrayList<Future<Boolean>>();
            try (var inference = InferenceMode.enter(); var cast = Autocast.enter(Device.Type.CPU, DType.FLOAT16);
                    var below = BelowAutograd.enter()) {
                for (int i = 0; i < 64; i++) {
                    int n = i;
                    others.add(threads.submit(() -> {
                        for (int k = 0; k < 100; k++) {
                            try (var own = n % 2 == 0 ? InferenceMode.enter() : BelowAutograd.enter();
                                    var low = Autocast.enter(Device.Type.CPU, DType.BFLOAT16); var scope = Scope.open()) {
                                Torch.ones(2, 3).mm(Torch.ones(2, 3));
                            } catch (TorchException expected) {
                                continue;
                            }
                            return false;
                        }
                        return Words.now().equals(words) && Casts.now().equals(casts);
                    }));
                }
                for (var f : others) assertThat(f.get()).isTrue();
                throw new IllegalStateException("ours");
            } catch (IllegalStateException expected) {
                assertThat(Words.now()).isEqualTo(words);
                assertThat(Casts.now()).isEqualTo(casts);
            }
        }
    }
}
