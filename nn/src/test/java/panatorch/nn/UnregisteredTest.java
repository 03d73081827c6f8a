package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class UnregisteredTest {
    /** A network that forgot to register a layer, which it holds in one way or another. */
    private static final class Forgetful extends Module {
        final Linear kept = child("kept", new Linear(2, 2));
        final Object other;
        Linear layer;
        List<Module> list = List.of();
        Module[] array = {};
        Map<String, Module> map = Map.of();
        transient Module outside;

        Forgetful(Object other) { this.other = other; }

        @Override public Tensor forward(Tensor x) { return kept.call(x); }
    }

    private static void isNamed(Function<Linear, Forgetful> holding, String field) {
        try (var scope = Scope.open(); var layer = new Linear(2, 2); var net = holding.apply(layer)) {
            String expected = "the field Forgetful." + field + " holds a Linear that is not registered";
            assertThatThrownBy(net::parameters).isInstanceOf(IllegalStateException.class).hasMessageContaining(expected);
            assertThatThrownBy(() -> net.call(Torch.ones(1, 2))).isInstanceOf(IllegalStateException.class).hasMessageContaining(expected);
        }
    }

    private static Forgetful with(java.util.function.Consumer<Forgetful> change) {
        var net = new Forgetful("");
        change.accept(net);
        return net;
    }

    @Test void a_layer_in_a_field_is_named() { isNamed(layer -> with(net -> net.layer = layer), "layer"); }

    @Test void layers_in_lists_arrays_and_maps_are_named() {
        isNamed(layer -> with(net -> net.list = List.of(net.kept, layer)), "list");
        isNamed(layer -> with(net -> net.array = new Module[] {null, layer}), "array");
        isNamed(layer -> with(net -> net.map = Map.of("a", layer)), "map");
    }

    @Test void a_layer_inside_what_is_held_is_named() {
        isNamed(layer -> with(net -> net.list = List.of(new Sequential(net.kept, layer))), "list");
    }

    @Test void dropout_is_named_since_its_mode_would_never_change() {
        try (var net = with(n -> n.array = new Module[] {new Dropout(0.5)})) {
            assertThatThrownBy(net::parameters).hasMessageContaining("holds a Dropout");
        }
    }

    @Test void what_makes_no_difference_is_left_alone() {
        try (var scope = Scope.open(); var outside = new Linear(2, 2); var net = new Forgetful(new Object())) {
            net.outside = outside;
            net.list = List.of(net.kept, new ReLU(), new Sequential(net.kept, new Tanh()));
            assertThat(net.parameters()).hasSize(2);
            assertThat(net.call(Torch.ones(1, 2)).shape()).containsExactly(1, 2);
        }
    }
}
