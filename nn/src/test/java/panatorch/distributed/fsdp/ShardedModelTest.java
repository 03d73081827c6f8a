package panatorch.distributed.fsdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.TorchException;
import panatorch.distributed.DistributedException;
import panatorch.distributed.DistributedException.Reason;
import panatorch.distributed.fsdp.FullyShardedDataParallel.Options;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.Tanh;
import panatorch.nn.parallel.Ranks;
import panatorch.optim.AdamW;
import panatorch.optim.LAMB;
import panatorch.optim.Optimizer;

/** What a rank keeps of a sharded model, its state dicts, and what goes wrong. */
@NoTensorLeaks
@Timeout(300)
class ShardedModelTest {
    @TempDir
    Path folder;

    private static Sequential network() {
        var model = new Sequential(new Linear(4, 7), new BatchNorm1d(7), new Tanh(), new Linear(7, 3));
        model.to(DType.FLOAT64);
        try (var off = NoGrad.enter()) {
            int at = 0;
            for (Tensor p : model.parameters()) p.copy_(Ranks.numbers(at++, p.shape()));
        }
        return model;
    }

    private static boolean isLayer(Module m) {
        return m instanceof Linear;
    }

    private static Tensor loss(Module model) { return model.call(Ranks.numbers(3, 8, 4)).square().mean(); }

    private static AdamW adam(Module model) {
        return new AdamW(model.parameters(), AdamW.options(0.01));
    }

    private static Map<?, ?> stateOf(Optimizer o, long parameter) {
        return (Map<?, ?>) Objects.requireNonNull(((Map<?, ?>) o.stateDict().get("state")).get(parameter));
    }

    @Test void a_rank_keeps_its_rows_of_parameters_gradients_and_state() throws Exception {
        List<List<Long>> rows = Ranks.all(folder, 3, g -> {
            try (var model = network();
                    var sharded = FullyShardedDataParallel.of(model, g, ShardedModelTest::isLayer);
                    var adam = adam(model);
                    var scope = Scope.open()) {
                sharded.backward(loss(model));
                adam.step();
                Tensor weight = model.namedParameters().get("0.weight"), last = model.namedParameters().get("3.bias");
                assertThat(Objects.requireNonNull(weight.grad()).shape()).isEqualTo(weight.shape());
                assertThat(((Tensor) stateOf(adam, 0).get("exp_avg")).shape()).isEqualTo(weight.shape());
                return List.of(weight.size(0), weight.size(1), last.size(0));
            }
        });
        assertThat(rows).containsExactly(List.of(3L, 4L, 1L), List.of(3L, 4L, 1L), List.of(1L, 4L, 1L));
    }

    @Test void a_state_dict_is_whole_and_fits_any_number_of_ranks() throws Exception {
        Map<String, double[]> expected;
        try (var scope = Scope.open(); var model = network()) {
            expected = numbers(model.stateDict());
        }
        for (Map<String, double[]> one : Ranks.all(folder, 3, g -> {
            try (var model = network();
                    var sharded = FullyShardedDataParallel.of(model, g, ShardedModelTest::isLayer);
                    var other = network();
                    var scope = Scope.open()) {
                assertThat(model.stateDict().keySet()).containsExactlyElementsOf(other.stateDict().keySet());
                try (var off = NoGrad.enter()) {
                    for (Tensor p : model.parameters()) p.zero_();
                }
                model.loadStateDict(other.stateDict());
                return numbers(model.stateDict());
            }
        })) expected.forEach((name, values) -> assertThat(one.get(name)).isEqualTo(values));
    }

    private static Map<String, double[]> numbers(Map<String, Tensor> state) {
        var all = new java.util.LinkedHashMap<String, double[]>();
        state.forEach((name, t) -> all.put(name, t.detach().reshape(-1).to(DType.FLOAT64).toDoubleArray()));
        return all;
    }

    @Test void the_state_of_an_attached_optimiser_goes_to_one_process_and_back() throws Exception {
        double[] alone;
        try (var scope = Scope.open(); var model = network(); var adam = adam(model)) {
            for (int s = 0; s < 2; s++) {
                loss(model).backward();
                adam.step();
                adam.zeroGrad();
            }
            alone = ((Tensor) stateOf(adam, 0).get("exp_avg_sq")).reshape(-1).toDoubleArray();
        }
        for (double[] one : Ranks.all(folder, 2, g -> {
            try (var model = network(); var single = network();
                    var sharded = FullyShardedDataParallel.of(model, g, ShardedModelTest::isLayer);
                    var adam = adam(model); var whole = sharded.attach(adam);
                    var adamOfOne = adam(single);
                    var scope = Scope.open()) {
                sharded.backward(loss(model));
                adam.step();
                adam.zeroGrad();
                single.loadStateDict(model.stateDict());
                adamOfOne.loadStateDict(adam.stateDict());
                loss(single).backward(); // the second step is made by one process
                adamOfOne.step();
                adam.loadStateDict(adamOfOne.stateDict());
                return ((Tensor) stateOf(adam, 0).get("exp_avg_sq")).reshape(-1).toDoubleArray();
            }
        })) assertThat(one).containsExactly(alone, org.assertj.core.data.Offset.offset(1e-12));
    }

    @Test void a_state_dict_of_another_shape_is_refused_in_pytorchs_words() throws Exception {
        Ranks.all(folder, 2, g -> {
            try (var model = network(); var other = new Sequential(new Linear(4, 8), new BatchNorm1d(7), new Tanh(), new Linear(7, 3));
                    var sharded = FullyShardedDataParallel.of(model, g, ShardedModelTest::isLayer)) {
                assertThatIllegalArgumentException().isThrownBy(() -> model.loadStateDict(other.stateDict()))
                        .withMessageContaining("size mismatch for 0.weight: copying a param with shape torch.Size([8, 4]) from checkpoint, "
                                + "the shape in current model is torch.Size([7, 4])");
            }
            return g;
        });
    }

    @Test void a_parameter_outside_its_units_call_is_a_named_error() throws Exception {
        Ranks.all(folder, 2, g -> {
            try (var model = network(); var sharded = FullyShardedDataParallel.of(model, g, ShardedModelTest::isLayer)) {
                assertThatIllegalStateException().isThrownBy(() -> model.submodule("3").parameter("bias")).withMessage(
                        "the parameter '3.bias' is sharded: it is whole only while '3' is called by call or callAll. Read all parameters "
                                + "by stateDict(), or this rank's rows by parameters()");
            }
            return g;
        });
    }

    private static final class Leaking extends Module {
        private @Nullable Tensor weight;

        Leaking() { parameter("weight", panatorch.Torch.ones(4, 4)); }

        @Override public Tensor forward(Tensor x) {
            weight = parameter("weight");
            return x.matmul(weight);
        }
    }

    @Test void a_parameter_that_is_used_after_its_unit_is_a_named_error() throws Exception {
        Ranks.all(folder, 2, g -> {
            var leaking = new Leaking();
            try (var model = new Sequential(leaking);
                    var sharded = FullyShardedDataParallel.of(model, g, m -> m instanceof Leaking);
                    var scope = Scope.open()) {
                Tensor x = panatorch.Torch.ones(2, 4), y = model.call(x);
                Tensor weight = Objects.requireNonNull(leaking.weight);
                for (Runnable use : List.<Runnable>of(() -> weight.add(1), () -> x.matmul(weight), () -> weight.t().contiguous(),
                        weight::toFloatArray, () -> weight.detach().add_(1), () -> weight.sum()))
                    assertThatExceptionOfType(TorchException.class).isThrownBy(use::run)
                            .withMessageContaining("The parameter '0.weight' is sharded, and its memory is free");
                sharded.backward(y.sum()); // goes on as if nothing had happened
                assertThat(model.parameters().getFirst().grad()).isNotNull();
            }
            return g;
        });
    }

    @Test void plain_backward_is_refused() throws Exception {
        Ranks.all(folder, 2, g -> {
            try (var model = network(); var sharded = FullyShardedDataParallel.of(model, g, ShardedModelTest::isLayer);
                    var scope = Scope.open()) {
                assertThatIllegalStateException().isThrownBy(() -> loss(model).backward()).withMessage(
                        "the gradients of a sharded model are computed by backward(loss) of its FullyShardedDataParallel, rather than by "
                                + "loss.backward()");
            }
            return g;
        });
    }

    @Test void another_model_or_other_units_on_one_rank_are_errors_on_all_ranks() throws Exception {
        for (Object o : Ranks.run(folder, 2, Duration.ofSeconds(20), g -> {
            try (var model = g.rank() == 0 ? network() : new Sequential(new Linear(4, 8))) {
                return FullyShardedDataParallel.of(model, g, ShardedModelTest::isLayer);
            }
        }))
            assertThat((Throwable) o).isInstanceOf(IllegalArgumentException.class).hasMessage("The ranks must have the same model, but "
                    + "rank 0 has '0.bias' as float64 [7] on cpu, and rank 1 as float32 [8] on cpu.");
        for (Object o : Ranks.run(folder, 2, Duration.ofSeconds(20), g -> {
            try (var model = network()) {
                return FullyShardedDataParallel.of(model, g, m -> m instanceof Linear && g.rank() == 0);
            }
        }))
            assertThat((Throwable) o).isInstanceOf(IllegalArgumentException.class).hasMessageContainingAll(
                    "The ranks must divide their models alike, but rank 0 has", "units [the model, '0', '3'], and rank 1 has");
    }

    @Test void a_rank_that_died_is_named() throws Exception {
        List<Object> all = Ranks.run(folder, 3, Duration.ofSeconds(8), g -> {
            try (var model = network(); var sharded = FullyShardedDataParallel.of(model, g, ShardedModelTest::isLayer);
                    var scope = Scope.open()) {
                Tensor loss = loss(model);
                if (g.rank() == 2) throw new IllegalStateException("dies");
                sharded.backward(loss);
                return loss;
            }
        });
        assertThat((Throwable) all.get(2)).hasMessage("dies");
        for (Object o : all.subList(0, 2)) {
            assertThat((Throwable) o).isInstanceOf(DistributedException.class).hasMessageContaining("[2]");
            assertThat(((DistributedException) o).reason()).isIn(Reason.PEER_LOST, Reason.TIMEOUT);
        }
    }

    @Test void a_closed_group_and_a_closed_model_are_errors() throws Exception {
        Ranks.all(folder, 2, g -> {
            try (var model = network(); var scope = Scope.open()) {
                var sharded = FullyShardedDataParallel.of(model, g, ShardedModelTest::isLayer);
                Tensor loss = loss(model);
                sharded.backward(loss);
                sharded.close();
                sharded.close();
                assertThatIllegalStateException().isThrownBy(() -> sharded.backward(loss)).withMessage(
                        "this FullyShardedDataParallel is closed");
                assertThatIllegalStateException().isThrownBy(() -> loss(model))
                        .withMessageContaining("the parameter '0.weight' is sharded");
            }
            return g;
        });
        Ranks.all(folder, 2, g -> {
            try (var model = network(); var sharded = FullyShardedDataParallel.of(model, g, ShardedModelTest::isLayer);
                    var scope = Scope.open()) {
                g.close();
                assertThatIllegalStateException().isThrownBy(() -> loss(model)).withMessageContaining("this group is closed");
            }
            return g;
        });
    }

    @Test void optimisers_that_need_whole_parameters_and_models_without_any_are_refused() throws Exception {
        Ranks.all(folder, 1, g -> {
            try (var model = network(); var other = network();
                    var sharded = FullyShardedDataParallel.of(model, g, ShardedModelTest::isLayer, Options.standard());
                    var lamb = new LAMB(model.parameters(), LAMB.options(0.1)); var foreign = adam(other); var empty = new Tanh()) {
                assertThatIllegalArgumentException().isThrownBy(() -> sharded.attach(lamb)).withMessageStartingWith(
                        "LAMB needs whole parameters");
                assertThatIllegalArgumentException().isThrownBy(() -> sharded.attach(foreign)).withMessageStartingWith(
                        "the optimiser has a parameter that is none of the model's: float64 [7, 4]");
                assertThatIllegalArgumentException().isThrownBy(() -> FullyShardedDataParallel.of(empty, g, m -> true)).withMessage(
                        "Tanh has no parameters to divide");
            }
            return g;
        });
    }
}
