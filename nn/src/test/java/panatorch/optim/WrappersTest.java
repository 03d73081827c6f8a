package panatorch.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.amp.GradScaler;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm2d;
import panatorch.nn.Conv2d;
import panatorch.nn.Embedding;
import panatorch.nn.Linear;
import panatorch.nn.Sequential;

/** SAM, Lookahead and groups without weight decay; the numbers of whole trajectories are compared with Python's in {@code native-tests}. */
@NoTensorLeaks
class WrappersTest {
    private static Tensor parameter(double... values) { return Torch.tensor(values).requiresGrad_(true); }

    private static Tensor backward(Optimizer o, Tensor p) {
        o.zeroGrad();
        Tensor loss = p.pow(2).sum();
        loss.backward();
        return loss;
    }

    @Test void sam_steps_from_the_weights_with_the_gradient_at_the_perturbed_ones() {
        try (var scope = Scope.open()) {
            Tensor p = parameter(3, 4); // gradient (6, 8), so the perturbed weights are w + ρ(0.6, 0.8)
            try (var sam = new SAM(new SGD(List.of(p), SGD.options(0.5)), SAM.options().rho(0.1))) {
                backward(sam, p);
                sam.perturb();
                assertThat(p.detach().toDoubleArray()).containsExactly(new double[] {3.06, 4.08}, within(1e-12));
                assertThatThrownBy(sam::perturb).isInstanceOf(IllegalStateException.class).hasMessageContaining("already");
                backward(sam, p);
                sam.step();
                assertThat(p.detach().toDoubleArray()).containsExactly(new double[] {-0.06, -0.08}, within(1e-12));
                assertThatThrownBy(sam::step).isInstanceOf(IllegalStateException.class).hasMessageContaining("perturb()");
                Tensor loss = sam.step(() -> backward(sam, p));
                assertThat(loss.itemDouble()).isCloseTo(0.01, within(1e-12));
                assertThat(p.detach().toDoubleArray()).containsExactly(new double[] {0.06, 0.08}, within(1e-12));
            }
        }
    }

    @Test void a_failed_second_pass_and_a_restored_step_leave_the_weights_to_the_bit() {
        try (var scope = Scope.open()) {
            Tensor p = parameter(0.1, 0.7), q = parameter(1);
            try (var sam = new SAM(new SGD(List.of(p, q), SGD.options(0.5)), SAM.options())) {
                int[] calls = {0};
                assertThatThrownBy(() -> sam.step(() -> {
                    if (++calls[0] == 2) throw new IllegalArgumentException("no data");
                    return backward(sam, p);
                })).hasMessage("no data");
                assertThat(p.detach().toDoubleArray()).containsExactly(0.1, 0.7);
                backward(sam, p);
                sam.perturb();
                assertThat(p.detach().toDoubleArray()[0]).isNotEqualTo(0.1);
                sam.restore();
                sam.restore();
                assertThat(p.detach().toDoubleArray()).containsExactly(0.1, 0.7);
                backward(sam, p);
                sam.perturb(); // and closed with the copies
            }
        }
    }

    @Test void a_scaler_that_skips_a_step_of_sam_leaves_the_weights_to_restore() {
        try (var scope = Scope.open(); var scaler = new GradScaler()) {
            Tensor p = parameter(3);
            try (var sam = new SAM(new SGD(List.of(p), SGD.options(0.5).fused(true)), SAM.options())) {
                scaler.scale(p.pow(2).sum()).backward();
                sam.perturb();
                assertThat(p.itemDouble()).isCloseTo(3.05, within(1e-12));
                p.setGrad(Torch.tensor(new double[] {Double.POSITIVE_INFINITY}));
                scaler.step(sam);
                scaler.update();
                sam.restore();
                assertThat(p.itemDouble()).isEqualTo(3);
            }
        }
    }

    @Test void sam_refuses_sparse_gradients_before_it_moves_anything() {
        try (var scope = Scope.open(); var table = new Embedding(Embedding.options(4, 2).sparse(true));
                var sam = new SAM(new SGD(table.parameters(), SGD.options(0.1)), SAM.options())) {
            table.forward(Torch.tensor(new long[] {1, 2})).sum().backward();
            assertThatThrownBy(sam::perturb).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("sparse");
            assertThatThrownBy(sam::step).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test void lookahead_goes_back_half_of_every_k_steps_also_where_a_gradient_is_missing() {
        try (var scope = Scope.open()) {
            Tensor p = parameter(1), q = parameter(1);
            try (var o = new Lookahead(new SGD(List.of(p, q), SGD.options(1)), Lookahead.options().k(2))) {
                for (int t = 0; t < 4; t++) {
                    p.setGrad(Torch.tensor(new double[] {0.25}));
                    q.setGrad(t % 2 == 0 ? Torch.tensor(new double[] {0.5}) : null);
                    o.step();
                }
                assertThat(p.itemDouble()).isEqualTo(0.5); // 1 → 0.5 → 0.75 → 0.25 → 0.5
                assertThat(q.itemDouble()).isEqualTo(0.5);
                assertThat(o.groups().getFirst().number("lookahead_step")).isEqualTo(4);
            }
        }
    }

    @Test void a_scheduler_of_a_wrapper_and_groups_added_to_it_are_those_of_the_wrapped_one() {
        try (var scope = Scope.open()) {
            Tensor p = parameter(1), q = parameter(1);
            var sgd = new SGD(List.of(p), SGD.options(1));
            try (var o = new Lookahead(new SAM(sgd, SAM.options()), Lookahead.options().k(1).alpha(1))) {
                o.addParamGroup(List.of(q), SGD.options(0.5));
                var schedule = new StepLR(o, 1);
                schedule.step();
                assertThat(sgd.groups().stream().map(ParameterGroup::learningRate)).containsExactly(0.1, 0.05);
                assertThat(sgd.groups().get(1).number("rho")).isEqualTo(0.05);
                assertThat(sgd.groups().get(1).number("lookahead_k")).isEqualTo(1);
                assertThat(o.toString()).startsWith("Lookahead of SAM of SGD");
                o.step(() -> {
                    o.zeroGrad();
                    Tensor loss = p.mul(2).add(q.mul(2)).sum();
                    loss.backward();
                    return loss;
                });
                assertThat(p.itemDouble()).isCloseTo(0.8, within(1e-12));
                assertThat(q.itemDouble()).isCloseTo(0.9, within(1e-12));
            }
        }
    }

    @Test void adan_takes_a_cycled_first_beta() {
        try (var scope = Scope.open(); var adan = new Adan(List.of(parameter(1)), Adan.options(0.1))) {
            LRScheduler.setMomentum(adan.groups().getFirst(), 0.5);
            assertThat(adan.groups().getFirst().get("betas")).isEqualTo(List.of(0.5, 0.92, 0.99));
            assertThatThrownBy(() -> adan.groups().getFirst().set("betas", List.of(0.5, 0.9))).hasMessageContaining("3 betas");
        }
    }

    /** Of several element types and complex ones, against the same values as pairs in float64; the rates are powers of two. */
    @Test void parameters_of_several_types_move_together() {
        try (var scope = Scope.open()) {
            for (int which = 0; which < 6; which++) {
                Tensor pair = parameter(1, -2), half = Torch.tensor(new double[] {1, -2}).to(DType.BFLOAT16).requiresGrad_(true),
                        z = Aten.viewAsComplex(Torch.tensor(new double[] {1, -2})).detach().requiresGrad_(true);
                try (Optimizer real = make(which, List.of(pair)); Optimizer mixed = make(which, List.of(half, z))) {
                    for (int i = 0; i < 3; i++) {
                        pair.setGrad(Torch.tensor(new double[] {0.5 - i, 2}));
                        z.setGrad(Aten.viewAsComplex(Torch.tensor(new double[] {0.5 - i, 2})));
                        half.setGrad(which == 5 ? Aten.zerosLike(half) : Torch.tensor(new double[] {0.5 - i, 2}).to(DType.BFLOAT16));
                        for (Optimizer o : List.of(real, mixed)) {
                            if (o instanceof SAM sam) sam.perturb();
                            o.step();
                        }
                    }
                    String name = real.getClass().getSimpleName();
                    assertThat(z.detach().viewAsReal().toDoubleArray()).as(name)
                            .containsExactly(pair.detach().toDoubleArray(), within(1e-12));
                    if (which < 5)
                        assertThat(half.detach().toDoubleArray()).as(name).containsExactly(pair.detach().toDoubleArray(), within(0.05));
                }
            }
        }
    }

    private static Optimizer make(int which, List<Tensor> p) {
        return switch (which) {
            case 0 -> new Lion(p, Lion.options(0.125).weightDecay(0.25));
            case 1 -> new LAMB(p, LAMB.options(0.125));
            case 2 -> new LARS(p, LARS.options(0.5).weightDecay(0.25).momentum(0.5).trustCoeff(0.125));
            case 3 -> new Adan(p, Adan.options(0.125).weightDecay(0.25));
            case 4 -> new Lookahead(new SGD(p, SGD.options(0.125)), Lookahead.options().k(2));
            default -> new SAM(new SGD(p, SGD.options(0.125)), SAM.options());
        };
    }

    @Test void options_out_of_range_are_refused_with_their_values() {
        assertThatThrownBy(() -> Lookahead.options().k(0)).hasMessageContaining("at least 1, not 0");
        assertThatThrownBy(() -> Lookahead.options().alpha(1.5)).hasMessageContaining("not 1.5");
        assertThatThrownBy(() -> SAM.options().rho(-1)).hasMessageContaining("not -1.0");
        assertThatThrownBy(() -> Lion.options().betas(1, 0.9)).hasMessageContaining("below 1");
        try (var scope = Scope.open()) {
            List<Tensor> p = List.of(parameter(1));
            assertThatThrownBy(() -> new LARS(p, LARS.options().nesterov(true))).hasMessageContaining("Nesterov");
        }
    }

    @Test void biases_and_normalisations_get_a_group_without_weight_decay_by_one_call() {
        try (var scope = Scope.open(); var net = new Sequential(new Conv2d(1, 2, 3), new BatchNorm2d(2), new Linear(2, 3));
                AdamW adam = WeightDecayGroups.optimizer(net, AdamW.options(0.1).weightDecay(0.05), AdamW::new);
                AdamW exempt = WeightDecayGroups.optimizer(net, AdamW.options(0.1), AdamW::new, name -> name.equals("2.weight"))) {
            Map<String, Tensor> all = net.namedParameters();
            assertThat(adam.groups()).hasSize(2);
            assertThat(adam.groups().get(0).parameters()).containsExactly(all.get("0.weight"), all.get("2.weight"));
            assertThat(adam.groups().get(1).parameters()).containsExactly(all.get("0.bias"), all.get("1.weight"), all.get("1.bias"),
                    all.get("2.bias"));
            assertThat(adam.groups().stream().map(g -> g.number("weight_decay"))).containsExactly(0.05, 0.0);
            assertThat(adam.groups().get(1).learningRate()).isEqualTo(0.1);
            assertThat(exempt.groups().get(0).parameters()).containsExactly(all.get("0.weight"));
            assertThatThrownBy(() -> WeightDecayGroups.optimizer(net, Rprop.options(), Rprop::new))
                    .hasMessageContaining("no weight decay");
        }
        try (var norm = new BatchNorm2d(2); var only = WeightDecayGroups.optimizer(norm, LAMB.options(), LAMB::new)) {
            assertThat(only.groups()).hasSize(1);
            assertThat(only.groups().getFirst().number("weight_decay")).isZero();
        }
    }

    @Test void norms_are_not_read_back() {
        try (var scope = Scope.open()) {
            Tensor p = Torch.zeros(DType.FLOAT32, Device.META, 3).requiresGrad_(true);
            try (var lars = new LARS(List.of(p), LARS.options().weightDecay(0.1).momentum(0.9));
                    var lamb = new LAMB(List.of(p), LAMB.options())) {
                p.setGrad(Torch.zeros(DType.FLOAT32, Device.META, 3));
                lars.step(); // reading an element of a tensor on "meta" would fail
                lamb.step();
                assertThat(p.shape()).containsExactly(3);
            }
        }
    }
}
