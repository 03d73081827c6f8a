package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class StateHooksTest {
    @Test void the_state_dict_that_is_returned_can_be_changed_and_loading_is_not_disturbed() {
        try (var net = new Sequential(new Linear(2, 2), new Linear(2, 1)); var scope = Scope.open()) {
            var whole = net.stateDict();
            var prefixes = new ArrayList<String>();
            net.get(0).stateHooks().afterStateDict((m, prefix, state) -> {
                prefixes.add(prefix);
                state.remove(prefix + "bias");
            });
            var outer = net.stateHooks().afterStateDict((m, prefix, state) -> state.putFirst("first", Torch.ones(1)));
            assertThat(net.stateDict().keySet()).containsExactly("first", "0.weight", "1.weight", "1.bias");
            assertThat(net.get(0).stateDict()).containsOnlyKeys("weight");
            assertThat(prefixes).containsExactly("0.", "");
            outer.close();
            assertThat(net.stateDict().keySet()).containsExactly("0.weight", "1.weight", "1.bias");
            assertThat(net.loadStateDict(whole).missing()).isEmpty();
        }
    }

    @Test void old_names_are_renamed_before_they_are_compared_in_a_copy() {
        try (var net = new Sequential(new Linear(2, 1, false)); var scope = Scope.open()) {
            net.get(0).stateHooks().beforeLoad((m, prefix, state) -> {
                Tensor old = state.remove(prefix + "w");
                if (old != null) state.put(prefix + "weight", old);
            });
            Map<String, Tensor> given = Map.of("0.w", Torch.full(new long[] {1, 2}, 7.0));
            net.loadStateDict(given);
            assertThat(net.get(0).parameter("weight").toFloatArray()).containsExactly(7, 7);
            assertThat(given).containsOnlyKeys("0.w");
        }
    }

    @Test void missing_and_unexpected_names_can_be_tolerated_and_inner_modules_come_first() {
        try (var net = new Sequential(new Linear(2, 1)); var scope = Scope.open()) {
            var called = new ArrayList<String>();
            net.get(0).stateHooks().onNames((m, missing, unexpected) -> missing.remove("0.bias"));
            net.stateHooks().onNames((m, missing, unexpected) -> unexpected.removeIf(name -> name.startsWith("old.")));
            net.stateHooks().afterLoad(m -> called.add("outer"));
            net.get(0).stateHooks().afterLoad(m -> called.add("inner " + m.parameter("weight").sum().itemDouble()));
            var given = new LinkedHashMap<String, Tensor>(Map.of("0.weight", Torch.ones(1, 2), "old.one", Torch.ones(1)));
            var report = net.loadStateDict(given);
            assertThat(report.missing()).isEmpty();
            assertThat(report.unexpected()).isEmpty();
            assertThat(called).containsExactly("inner 2.0", "outer");
            given.put("other", Torch.ones(1));
            assertThatThrownBy(() -> net.loadStateDict(given)).hasMessageContaining("Unexpected key(s) in state_dict: \"other\"");
            assertThat(called).hasSize(2);
        }
    }

    /** Counts its calls, which is no tensor of its own. */
    private static final class Counting extends Module {
        private long calls;

        @Override public Tensor forward(Tensor input) {
            calls++;
            return input;
        }

        @Override protected Tensor extraState() { return Torch.tensor(calls); }

        @Override protected void setExtraState(Tensor state) { calls = state.itemLong(); }

        @Override protected Module recreate() { return new Counting(); }
    }

    @Test void extra_state_is_saved_loaded_and_copied_and_its_name_is_expected() {
        try (var net = new Sequential(new Linear(1, 1), new Counting(), new Identity()); var other = new Sequential(new Linear(1, 1),
                new Counting(), new Identity()); var scope = Scope.open()) {
            net.call(Torch.ones(1));
            net.call(Torch.ones(1));
            assertThat(net.stateDict().keySet()).containsExactly("0.weight", "0.bias", "1._extra_state");
            other.loadStateDict(net.stateDict());
            assertThat(((Counting) other.get(1)).calls).isEqualTo(2);
            try (var copy = Module.copyOf(net)) {
                assertThat(((Counting) copy.get(1)).calls).isEqualTo(2);
            }
            var without = new LinkedHashMap<>(net.stateDict());
            Tensor extra = without.remove("1._extra_state");
            assertThatThrownBy(() -> other.loadStateDict(without)).hasMessageContaining("Missing key(s) in state_dict: \"1._extra_state\"");
            without.put("1._extra_state", extra);
            without.put("2._extra_state", extra);
            assertThatThrownBy(() -> other.loadStateDict(without))
                    .hasMessageContaining("Unexpected key(s) in state_dict: \"2._extra_state\"");
        }
    }
}
