package panatorch.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import panatorch.DType;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** What all optimisers have in common; their numbers are compared with Python's in {@code native-tests}. */
@NoTensorLeaks
class OptimizerTest {
    private static Tensor parameter(double... values) { return Torch.tensor(values).requiresGrad_(true); }

    @Test void a_group_has_options_of_its_own() {
        try (var scope = Scope.open()) {
            Tensor a = parameter(1), b = parameter(1);
            try (var sgd = new SGD(List.of(a), SGD.options(0.1))) {
                sgd.addParamGroup(List.of(b), SGD.options(0.5));
                a.mul(2).add(b.mul(2)).sum().backward();
                sgd.step();
                assertThat(a.itemDouble()).isEqualTo(0.8);
                assertThat(b.itemDouble()).isEqualTo(0);
                assertThat(sgd.groups().get(1).get("weight_decay")).isEqualTo(0.0);
            }
        }
    }

    @Test void a_parameter_in_two_groups_or_options_of_another_optimiser_are_refused() {
        try (var scope = Scope.open()) {
            Tensor a = parameter(1), b = parameter(1);
            try (var sgd = new SGD(List.of(a), SGD.options(0.1))) {
                assertThatThrownBy(() -> sgd.addParamGroup(List.of(a), SGD.options(0.1))).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("twice");
                assertThatThrownBy(() -> sgd.addParamGroup(List.of(b), Adam.options(0.1))).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("the options are not those of SGD");
                assertThatThrownBy(() -> sgd.addParamGroup(List.of(), SGD.options(0.1))).isInstanceOf(IllegalArgumentException.class);
                assertThat(sgd.groups()).hasSize(1);
            }
        }
    }

    @Test void options_are_checked_also_when_they_are_set_later() {
        try (var scope = Scope.open(); var adam = new Adam(List.of(parameter(1)), Adam.options(0.1))) {
            assertThatThrownBy(() -> Adam.options(-1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> Adam.options(1).betas(0.9, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> adam.groups().getFirst().set("eps", -1.0)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("epsilon");
            assertThatThrownBy(() -> adam.groups().getFirst().set("amsgrad", "yes")).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("amsgrad");
        }
    }

    @Test void options_are_given_in_any_order_and_may_not_contradict_each_other_in_an_optimiser() {
        try (var scope = Scope.open(); var sgd = new SGD(List.of(parameter(1)), SGD.options(0.1).nesterov(true).momentum(0.9))) {
            var contradiction = SGD.options(0.1).nesterov(true);
            assertThatThrownBy(() -> new SGD(List.of(parameter(1)), contradiction)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("needs a momentum");
            assertThatThrownBy(() -> sgd.addParamGroup(List.of(parameter(1)), contradiction)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("needs a momentum");
            assertThatThrownBy(() -> sgd.groups().getFirst().set("dampening", 0.5)).isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("no dampening");
            assertThat(sgd.groups()).hasSize(1).first().extracting(g -> g.get("dampening")).isEqualTo(0.0);
        }
    }

    /** Of {@code inspect.signature(optimiser).parameters["lr"].default} in PyTorch 2.13. */
    @Test void learning_rates_are_pytorchs_if_none_is_given() {
        assertThat(List.of(SGD.options().lr(), Adam.options().lr(), AdamW.options().lr(), LBFGS.options().lr(), Adadelta.options().lr(),
                Adafactor.options().lr(), Adagrad.options().lr(), Adamax.options().lr(),
                ASGD.options().lr(), NAdam.options().lr(), RAdam.options().lr(), RMSprop.options().lr(), Rprop.options().lr(),
                Muon.options().lr(), SparseAdam.options().lr()))
                .containsExactly(1e-3, 1e-3, 1e-3, 1.0, 1.0, 1e-2, 1e-2, 2e-3, 1e-2, 2e-3, 1e-3, 1e-2, 1e-2, 1e-3, 1e-3);
    }

    /**
     * Python 2.13: {@code MultiStepLR(o, [2, 3])}, {@code LinearLR(o)}, {@code ConstantLR(o)}, {@code PolynomialLR(o, 5)},
     * {@code SWALR(o, 0.5)}, {@code StepLR(o, 2)}, three steps each.
     */
    @Test void schedulers_have_pytorchs_defaults() {
        var made = new java.util.LinkedHashMap<Function<Optimizer, LRScheduler>, Double>();
        made.put(o -> new MultiStepLR(o, 2, 3), 0.01);
        made.put(LinearLR::new, 0.7333333333333333);
        made.put(ConstantLR::new, 0.3333333333333333);
        made.put(o -> new PolynomialLR(o, 5), 0.4);
        made.put(o -> new SWALR(o, 0.5), 0.8969463130731183);
        made.put(o -> new StepLR(o, 2), 0.1);
        made.forEach((make, rate) -> {
            try (var scope = Scope.open(); var sgd = new SGD(List.of(parameter(1)), SGD.options(1))) {
                LRScheduler s = make.apply(sgd);
                for (int i = 0; i < 3; i++) {
                    sgd.step();
                    s.step();
                }
                assertThat(sgd.learningRate()).as(s.getClass().getSimpleName()).isCloseTo(rate, within(1e-12));
            }
        });
    }

    @Test void hooks_are_called_before_and_after_every_step_until_they_are_closed() {
        try (var scope = Scope.open()) {
            Tensor p = parameter(3);
            var calls = new ArrayList<String>();
            for (Optimizer o : List.of(new SGD(List.of(p), SGD.options(0.25)), new LBFGS(List.of(p), LBFGS.options().maxIter(1)))) {
                try (o; var before = o.beforeStep(x -> calls.add("before")); var after = o.afterStep(x -> calls.add("after"))) {
                    o.step(() -> {
                        calls.add("closure");
                        o.zeroGrad();
                        Tensor l = p.pow(2).sum();
                        l.backward();
                        return l;
                    });
                    assertThat(calls).containsExactly("before", "closure", "after");
                    calls.clear();
                    before.close();
                    if (o instanceof SGD) o.step();
                    assertThat(calls).hasSize(o instanceof SGD ? 1 : 0);
                    calls.clear();
                }
            }
        }
    }

    @Test void a_plateau_has_a_lowest_rate_for_each_group() {
        try (var scope = Scope.open(); var sgd = new SGD(List.of(parameter(1)), SGD.options(1))) {
            sgd.addParamGroup(List.of(parameter(1)), SGD.options(1));
            var plateau = new ReduceLROnPlateau(sgd, ReduceLROnPlateau.options().factor(0.5).patience(0).minLr(List.of(0.5, 0.25)));
            for (int i = 0; i < 4; i++) plateau.step(1);
            assertThat(plateau.lastLr()).containsExactly(0.5, 0.25);
            assertThatThrownBy(() -> new ReduceLROnPlateau(sgd, ReduceLROnPlateau.options().minLr(List.of(1.0, 2.0, 3.0))))
                    .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("one for each group");
        }
    }

    @Test void a_closure_is_evaluated_with_gradients_and_its_loss_returned() {
        try (var scope = Scope.open()) {
            Tensor p = parameter(3);
            try (var sgd = new SGD(List.of(p), SGD.options(0.25)); var noGrad = panatorch.NoGrad.enter()) {
                Tensor loss = sgd.step(() -> {
                    sgd.zeroGrad();
                    Tensor l = p.pow(2).sum();
                    l.backward();
                    return l;
                });
                assertThat(loss.itemDouble()).isEqualTo(9);
                assertThat(p.itemDouble()).isEqualTo(1.5);
            }
        }
    }

    @Test void gradients_are_freed_or_filled_with_zeros() {
        try (var scope = Scope.open()) {
            Tensor p = parameter(3);
            try (var sgd = new SGD(List.of(p), SGD.options(0.1))) {
                p.pow(2).sum().backward();
                sgd.zeroGrad(false);
                assertThat(p.grad().toDoubleArray()).containsExactly(0);
                sgd.zeroGrad();
                assertThat(p.grad()).isNull();
                sgd.step();
                assertThat(p.itemDouble()).isEqualTo(3);
            }
        }
    }

    @Test void a_state_that_does_not_fit_changes_nothing() {
        try (var scope = Scope.open()) {
            Tensor p = parameter(3), q = parameter(3, 4);
            try (var one = new Adam(List.of(p), Adam.options(0.1)); var two = new Adam(List.of(p, q), Adam.options(0.2))) {
                p.pow(2).sum().backward();
                one.step();
                assertThatThrownBy(() -> one.loadStateDict(two.stateDict())).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("size");
                assertThatThrownBy(() -> one.loadStateDict(Map.of())).isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("param_groups");
                assertThatThrownBy(() -> one.loadStateDict(Map.of("state", Map.of(), "param_groups", List.of("lr"))))
                        .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("a String");
                assertThat(one.learningRate()).isEqualTo(0.1);
                assertThat((Map<?, ?>) one.stateDict().get("state")).hasSize(1);
            }
        }
    }

    @Test void a_learning_rate_in_a_tensor_is_read() {
        try (var scope = Scope.open(); var sgd = new SGD(List.of(parameter(1)), SGD.options(0.1))) {
            sgd.loadStateDict(Map.of("state", Map.of(), "param_groups",
                    List.of(Map.of("lr", Torch.tensor(new double[] {0.25}), "params", List.of(0)))));
            assertThat(sgd.learningRate()).isEqualTo(0.25);
        }
    }

    @Test void an_optimiser_may_load_its_own_state() {
        try (var scope = Scope.open()) {
            Tensor p = parameter(3);
            try (var adam = new Adam(List.of(p), Adam.options(0.1))) {
                p.pow(2).sum().backward();
                adam.step();
                var before = (Map<?, ?>) ((Map<?, ?>) adam.stateDict().get("state")).get(0L);
                double[] mean = ((Tensor) before.get("exp_avg")).toDoubleArray();
                adam.loadStateDict(adam.stateDict());
                var after = (Map<?, ?>) ((Map<?, ?>) adam.stateDict().get("state")).get(0L);
                assertThat(((Tensor) after.get("exp_avg")).toDoubleArray()).isEqualTo(mean);
            }
        }
    }

    @Test void a_resumed_run_continues_to_the_bit() {
        try (var scope = Scope.open()) {
            Tensor p = parameter(3, -1), q = parameter(3, -1);
            try (var whole = new AdamW(List.of(p), AdamW.options(0.1).amsgrad(true));
                    var first = new AdamW(List.of(q), AdamW.options(0.1).amsgrad(true));
                    var second = new AdamW(List.of(q), AdamW.options(7))) {
                for (int i = 0; i < 10; i++) {
                    if (i == 5) second.loadStateDict(first.stateDict());
                    whole.zeroGrad();
                    p.pow(4).sum().backward();
                    whole.step();
                    second.zeroGrad();
                    q.pow(4).sum().backward();
                    (i < 5 ? first : second).step();
                }
                assertThat(q.torchEquals(p)).isTrue();
            }
        }
    }

    @Test void complex_parameters_move_as_pairs_of_real_ones() {
        try (var scope = Scope.open()) {
            Tensor pair = parameter(1, -2),
                    z = panatorch.Aten.viewAsComplex(Torch.tensor(new double[] {1, -2})).detach().requiresGrad_(true);
            try (var real = new Adam(List.of(pair), Adam.options(0.1)); var complex = new Adam(List.of(z), Adam.options(0.1))) {
                for (int i = 0; i < 3; i++) {
                    pair.setGrad(Torch.tensor(new double[] {0.5 - i, 2}));
                    z.setGrad(panatorch.Aten.viewAsComplex(Torch.tensor(new double[] {0.5 - i, 2})));
                    real.step();
                    complex.step();
                }
                assertThat(z.detach().viewAsReal().toDoubleArray()).containsExactly(pair.detach().toDoubleArray());
            }
        }
    }

    @Test void parameters_of_several_types_are_optimised_together() {
        try (var scope = Scope.open()) {
            List<Tensor> all = new ArrayList<>();
            for (DType type : List.of(DType.FLOAT64, DType.FLOAT32, DType.BFLOAT16))
                all.add(Torch.tensor(new double[] {1, 2}).to(type).requiresGrad_(true));
            for (boolean fused : new boolean[] {false, true}) {
                try (var adam = new AdamW(all, AdamW.options(0.5).fused(fused))) {
                    for (Tensor p : all) p.setGrad(p.detach().clone());
                    adam.step();
                }
            }
            for (Tensor p : all)
                assertThat(p.detach().to(DType.FLOAT64).toDoubleArray()).satisfies(v -> assertThat(v[0]).isBetween(-0.01, 0.02));
        }
    }

    @Test void parameters_of_one_type_are_changed_all_at_once() {
        try (var scope = Scope.open()) {
            List<Tensor> all = new ArrayList<>();
            for (int i = 0; i < 50; i++) {
                all.add(parameter(1, 2));
                all.get(i).setGrad(Torch.tensor(new double[] {1, 1}));
            }
            var sizes = new ArrayList<Integer>();
            try (var counting = new Optimizer(all, SGD.options(0.1)) {
                @Override protected void update(ParameterBucket bucket) { sizes.add(bucket.size()); }
            }) {
                counting.step();
            }
            assertThat(sizes).containsExactly(50);
        }
    }

    @Test void a_parameter_whose_module_is_closed_is_named_by_its_place() {
        try (var scope = Scope.open()) {
            Tensor a = parameter(1), b = parameter(1);
            var sgd = new SGD(List.of(a, b), SGD.options(0.1));
            a.mul(2).add(b).sum().backward();
            b.close();
            assertThatThrownBy(sgd::step).isInstanceOf(IllegalStateException.class)
                    .hasMessageStartingWith(
                            "parameter 1 of the 2 in this group cannot be optimised, because it or its module was closed; this tensor is "
                                    + "closed");
            assertThatThrownBy(sgd::zeroGrad).isInstanceOf(IllegalStateException.class).hasMessageStartingWith("parameter 1 of the 2");
            assertThat(a.itemDouble()).isEqualTo(1);
            sgd.close();
        }
    }
}
