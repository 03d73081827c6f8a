package panatorch.nn;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Modules are replaced inside others, and every forward uses the new ones, or the replacement is refused. */
@NoTensorLeaks
class SetChildTest {
    /** Multiplies by a number. */
    private static final class Times extends Module {
        private final double factor;

        Times(double factor) {
            this.factor = factor;
            parameter("unused", Torch.ones(1));
        }

        @Override public Tensor forward(Tensor input) { return input.mul(factor); }

        @Override protected Module recreate() { return new Times(factor); }
    }

    /** Adds 100 to what another module computes. */
    private static final class Plus100 extends Module {
        private Module inner;

        Plus100(Module inner) { this.inner = child("inner", inner); }

        @Override public Tensor forward(Tensor input) { return inner.call(input).add(100); }

        @Override protected Module recreate() { return new Plus100(copyOf(inner)); }
    }

    /** Holds its children in fields of all kinds that can be changed. */
    private static final class Fields extends Module {
        Module plain = child("plain", new Times(2));
        Times[] array = {child("array", new Times(3))};
        final List<Module> list = new ArrayList<>(List.of(child("list", new Times(5)), new Identity()));
        final Map<String, Module> map = new HashMap<>(Map.of("seven", child("map", new Times(7))));
        final Sequential group = new Sequential(child("first", new Times(11)), child("second", new Times(13)));

        @Override public Tensor forward(Tensor input) {
            Tensor x = array[0].call(plain.call(input));
            return group.call(map.get("seven").call(callInTurn(list, x)));
        }

        @Override protected Module recreate() { return new Fields(); }
    }

    private static double of1(Module m) {
        try (var scope = Scope.open()) {
            return m.call(Torch.ones(1)).itemDouble();
        }
    }

    @Test void forward_uses_the_new_module_whatever_kind_of_field_held_the_old_one() {
        try (var net = new Fields()) {
            assertThat(of1(net)).isEqualTo(2 * 3 * 5 * 7 * 11 * 13);
            net.setChild("plain", new Times(-2));
            assertThat(of1(net)).isEqualTo(-2 * 3 * 5 * 7 * 11 * 13);
            net.setChild("array", new Times(-3));
            assertThat(of1(net)).isEqualTo(2 * 3 * 5 * 7 * 11 * 13);
            net.setChild("list", new Identity());
            net.setChild("map", new Times(1));
            assertThat(of1(net)).isEqualTo(2 * 3 * 11 * 13);
            net.setChild("first", new Identity());
            net.setChild("second", new Times(17));
            assertThat(of1(net)).isEqualTo(2 * 3 * 17);
        }
    }

    @Test void the_new_module_takes_name_place_and_mode_of_the_old_one_which_is_closed() {
        try (var net = new Sequential(new Linear(3, 4), new ReLU(), new Linear(4, 2)); var scope = Scope.open()) {
            net.eval();
            Module old = net.get(0);
            var wide = new Linear(5, 4, false);
            net.setChild("0", wide);
            assertThat(net.stateDict().keySet()).containsExactly("0.weight", "2.weight", "2.bias");
            assertThat(wide.isTraining()).isFalse();
            assertThat(old.parameters()).allMatch(Tensor::isClosed);
            Tensor x = Torch.randn(2, 5), expected = net.get(2).call(x.matmul(wide.weight().t()).relu());
            assertThat(net.call(x).allClose(expected)).isTrue();
            assertThatThrownBy(() -> old.call(x)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("this Linear is closed: '0' of Sequential was replaced");
        }
    }

    @Test void a_module_that_wraps_the_old_one_keeps_it_open_and_in_its_mode() {
        try (var net = new Fields()) {
            net.submodule("plain").eval();
            Module old = net.plain;
            net.setChild("plain", new Plus100(old));
            assertThat(of1(net)).isEqualTo(102.0 * 3 * 5 * 7 * 11 * 13);
            assertThat(net.plain.isTraining()).isFalse();
            assertThat(net.stateDict()).containsKey("plain.inner.unused").doesNotContainKey("plain.unused");
            net.setChild("plain", old);
            assertThat(of1(net)).isEqualTo(2 * 3 * 5 * 7 * 11 * 13);
        }
    }

    @Test void tensors_that_the_new_module_shares_stay_open() {
        try (var net = new Sequential(new Linear(3, 3)); var scope = Scope.open()) {
            var tied = new Linear(3, 3);
            tied.setParameter("weight", net.get(0).parameter("weight"));
            Tensor bias = net.get(0).parameter("bias");
            net.setChild("0", tied);
            assertThat(tied.weight().isClosed()).isFalse();
            assertThat(bias.isClosed()).isTrue();
        }
    }

    private static void refused(Module net, String path, Module module, String... words) {
        Module before = net.submodule(path);
        try (module) {
            assertThatThrownBy(() -> net.setChild(path, module)).isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll(words);
        }
        assertThat(net.submodule(path)).isSameAs(before);
    }

    @Test void a_final_field_is_refused_by_name_and_nothing_changes() {
        class Own extends Module {
            final Module fc = child("fc", new Times(2));

            @Override public Tensor forward(Tensor input) { return fc.call(input); }
        }
        try (var net = new Own()) {
            refused(net, "fc", new Times(3), "'fc' of Own cannot be replaced", "Own.fc is final", "submodule(name)");
            assertThat(of1(net)).isEqualTo(2);
        }
    }

    @Test void a_field_of_another_type_and_a_list_that_cannot_change_are_refused() {
        class Own extends Module {
            Times typed = child("typed", new Times(2));
            List<Module> list = List.of(child("listed", new Times(2)));

            @Override public Tensor forward(Tensor input) { return callInTurn(list, typed.call(input)); }
        }
        try (var net = new Own()) {
            refused(net, "typed", new Identity(), "Own.typed holds it as a Times", "is a Identity");
            refused(net, "listed", new Times(3), "Own.list is a collection that cannot be changed");
            net.setChild("typed", new Times(-1));
            assertThat(of1(net)).isEqualTo(-2);
        }
    }

    @Test void a_network_that_shares_the_module_without_being_a_child_is_not_changed_silently() {
        class Student extends Module {
            Module teacher;
            Module trunk;

            Student(Module trunk) {
                this.trunk = child("trunk", trunk);
                teacher = new Sequential(trunk, new Times(2));
            }
        }
        try (var student = new Student(new Times(3))) {
            refused(student, "trunk", new Times(4), "Student.teacher holds a Sequential that contains it");
            student.teacher.close();
        }
    }

    @Test void a_module_registered_twice_is_replaced_under_one_name_unless_fields_hold_it() {
        class Own extends Module {
            Module a = child("a", new Times(2));
            Module b = child("b", a);

            @Override public Tensor forward(Tensor input) { return submodule("b").call(submodule("a").call(input)); }
        }
        var shared = new Times(2);
        try (var own = new Own(); var net = new Sequential(shared, shared)) {
            refused(own, "a", new Times(3), "it is registered 2 times");
            net.setChild("0", new Times(5));
            assertThat(of1(net)).isEqualTo(10);
            assertThat(net.replace(m -> m instanceof Times, m -> new Identity())).isEqualTo(2);
            assertThat(of1(net)).isEqualTo(1);
        }
    }

    @Test void all_modules_that_satisfy_a_condition_are_replaced_and_shared_ones_stay_shared() {
        var shared = new ReLU();
        try (var net = new Sequential(new Linear(2, 2), shared, new Sequential(shared, new Sequential(new Tanh())))) {
            assertThat(net.replace(m -> m instanceof ReLU, old -> new Sigmoid())).isEqualTo(2);
            assertThat(net.get(1)).isInstanceOf(Sigmoid.class).isSameAs(net.submodule("2.0"));
            assertThat(net.replace(m -> m instanceof Sequential, old -> new Sequential(old, new ReLU()))).isEqualTo(1);
            assertThat(net.submodule("2.0.1.0")).isInstanceOf(Tanh.class);
        }
    }

    @Test void a_copy_has_the_new_modules_too() {
        try (var net = new Fields()) {
            net.setChild("plain", new Plus100(new Times(3)));
            net.setChild("plain.inner", new Sequential(new Times(4), new Times(0.5)));
            net.setChild("plain.inner.1", new Identity());
            net.setChild("first", new Identity());
            double seed = firstDraw(() -> {});
            try (var copy = Module.copyOf(net)) {
                assertThat(of1(copy)).isEqualTo(104.0 * 3 * 5 * 7 * 13).isEqualTo(of1(net));
                assertThat(copy.stateDict().keySet()).isEqualTo(net.stateDict().keySet());
            }
            assertThat(firstDraw(() -> Module.copyOf(net).close())).isEqualTo(seed);
        }
    }

    private static double firstDraw(Runnable before) {
        Torch.manualSeed(3);
        before.run();
        try (var scope = Scope.open()) {
            return Torch.rand(1).itemDouble();
        }
    }

    @Test void unknown_names_and_circles_are_refused() {
        try (var net = new Sequential(new Sequential(new ReLU())); var other = new ReLU()) {
            assertThatThrownBy(() -> net.setChild("0.1", other)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("there is no module '0.1' to replace: Sequential has the children [0]");
            assertThatThrownBy(() -> net.submodule("0.x.y")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("there is no module '0.x.y' in Sequential: Sequential has no child 'x' among [0]");
            assertThatThrownBy(() -> net.setChild("0.0", new Sequential(net))).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("contains Sequential, which would contain it");
        }
    }
}
