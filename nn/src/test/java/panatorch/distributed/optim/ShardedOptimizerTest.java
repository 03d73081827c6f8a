package panatorch.distributed.optim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.offset;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.distributed.ProcessGroup;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.Tanh;
import panatorch.nn.parallel.DataParallel;
import panatorch.nn.parallel.Ranks;
import panatorch.optim.Adam;
import panatorch.optim.AdamW;
import panatorch.optim.LBFGS;
import panatorch.optim.Optimizer;
import panatorch.optim.SGD;
import panatorch.serialize.Checkpoints;

/** Ranks with a part of the optimiser's state each, against the same optimiser without sharding, float64. */
@NoTensorLeaks
@Timeout(180)
class ShardedOptimizerTest {
    private static final int EXAMPLES = 12;

    @TempDir
    Path folder;

    private enum Rule {
        SGD_WITH_MOMENTUM(p -> new SGD(p, SGD.options(0.1).momentum(0.9))), ADAM(p -> new Adam(p, Adam.options(0.01))),
        ADAMW(p -> new AdamW(p, AdamW.options(0.01))), FUSED(p -> new AdamW(p, AdamW.options(0.01).fused(true)));

        final Function<List<Tensor>, Optimizer> make;

        Rule(Function<List<Tensor>, Optimizer> make) { this.make = make; }

        /** An optimiser with two groups. */
        Optimizer over(Module model) {
            List<Tensor> all = model.parameters();
            Optimizer o = make.apply(all.subList(0, 2));
            o.addParamGroup(all.subList(2, all.size()), o.groups().getFirst().options());
            o.groups().getLast().setLearningRate(0.02);
            return o;
        }
    }

    record Case(Rule rule, int ranks) {}

    static Stream<Case> cases() {
        return Stream.of(Rule.values()).flatMap(rule -> Stream.of(new Case(rule, 2), new Case(rule, 3)));
    }

    private static Sequential network() {
        var model = new Sequential(new Linear(6, 8), new Tanh(), new Linear(8, 5), new Tanh(), new Linear(5, 3));
        model.to(DType.FLOAT64);
        try (var off = NoGrad.enter()) {
            int at = 0;
            for (Tensor p : model.parameters()) p.copy_(Ranks.numbers(at++, p.shape()));
        }
        return model;
    }

    private static Tensor loss(Module model, int step, int part, int parts) {
        long n = EXAMPLES / parts;
        return model.call(Ranks.numbers(100 * step, EXAMPLES, 6).narrow(0, part * n, n)).square().mean();
    }

    private static void steps(Module model, Optimizer optimizer, ProcessGroup g, int from, int to) throws InterruptedException {
        try (var parallel = DataParallel.of(model, g)) {
            for (int s = from; s < to; s++) {
                parallel.beforeForward();
                parallel.backward(loss(model, s, g.rank(), g.ranks()));
                optimizer.step();
                optimizer.zeroGrad();
            }
        }
    }

    private static void steps(Module model, Optimizer optimizer, int from, int to) {
        for (int s = from; s < to; s++) {
            loss(model, s, 0, 1).backward();
            optimizer.step();
            optimizer.zeroGrad();
        }
    }

    private static double[] values(Module model) {
        var all = new ArrayList<Double>();
        for (Tensor p : model.parameters()) for (double v : p.detach().reshape(-1).toDoubleArray()) all.add(v);
        return all.stream().mapToDouble(v -> v).toArray();
    }

    private static double[] alone(Rule rule, int steps) {
        try (var scope = Scope.open(); var model = network(); var optimizer = rule.over(model)) {
            steps(model, optimizer, 0, steps);
            return values(model);
        }
    }

    private static void assertClose(double[] actual, double[] expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < actual.length; i++) assertThat(actual[i]).isCloseTo(expected[i], offset(1e-12));
    }

    @ParameterizedTest
    @MethodSource("cases") void ranks_with_a_part_of_the_state_each_train_as_one_process_with_all_of_it(Case c) throws Exception {
        List<double[]> whole = Ranks.all(folder, c.ranks, g -> {
            try (var model = network(); var optimizer = c.rule.over(model)) {
                steps(model, optimizer, g, 0, 5);
                return values(model);
            }
        });
        double[] alone = alone(c.rule, 5);
        for (double[] sharded : Ranks.all(folder, c.ranks, g -> {
            try (var model = network(); var optimizer = c.rule.over(model); var shards = ShardedOptimizer.of(optimizer, g)) {
                steps(model, optimizer, g, 0, 5);
                return values(model);
            }
        })) {
            assertThat(sharded).isEqualTo(whole.getFirst()); // in all bits
            assertClose(sharded, alone);
        }
    }

    private static Map<?, ?> states(Map<String, Object> stateDict) { return (Map<?, ?>) stateDict.get("state"); }

    @Test void each_rank_keeps_the_state_of_its_own_parameters_only() throws Exception {
        List<List<Long>> owned = Ranks.all(folder, 2, g -> {
            try (var model = network(); var optimizer = Rule.ADAM.over(model)) {
                var shards = ShardedOptimizer.of(optimizer, g);
                steps(model, optimizer, g, 0, 2);
                shards.close();
                shards.close();
                return states(optimizer.stateDict()).keySet().stream().map(i -> (Long) i).toList();
            }
        });
        // elements 48, 8, 40, 5, 15, 3: 48 + 8 + 3 and 40 + 15 + 5
        assertThat(owned.getFirst()).containsExactly(0L, 1L, 5L);
        assertThat(owned.getLast()).containsExactly(2L, 3L, 4L);
    }

    @Test void the_largest_parameters_are_dealt_first_to_the_rank_with_the_fewest_elements() {
        try (var scope = Scope.open()) {
            List<Tensor> parameters = Stream.of(3, 10, 4, 4, 0, 9).map(n -> Ranks.numbers(0, n)).toList();
            assertThat(ShardedOptimizer.owners(parameters, 2)).containsExactly(1, 0, 1, 0, 0, 1);
            assertThat(ShardedOptimizer.owners(parameters, 1)).containsOnly(0);
            assertThat(ShardedOptimizer.owners(parameters.subList(0, 1), 3)).containsExactly(0);
        }
    }

    private static List<Double> numbers(Object state) {
        var all = new ArrayList<Double>();
        ((Map<?, ?>) state).values().forEach(entries -> ((Map<?, ?>) entries).values().forEach(v -> {
            for (double d : ((Tensor) v).to(DType.FLOAT64).reshape(-1).toDoubleArray()) all.add(d);
        }));
        return all;
    }

    /** Continues from a file with other ranks, or alone if the group is null. */
    private static double[] resumed(Rule rule, Path file, @Nullable ProcessGroup g) throws IOException, InterruptedException {
        try (var model = network(); var optimizer = rule.over(model);
                var shards = g == null ? null : ShardedOptimizer.of(optimizer, g)) {
            var sections = Checkpoints.read(file);
            @SuppressWarnings("unchecked") var weights = (Map<String, Tensor>) sections.get("model");
            @SuppressWarnings("unchecked") var state = (Map<String, Object>) sections.get("optimizer");
            model.loadStateDict(weights);
            optimizer.loadStateDict(state);
            if (g == null) steps(model, optimizer, 3, 5);
            else steps(model, optimizer, g, 3, 5);
            return values(model);
        }
    }

    @ParameterizedTest
    @EnumSource void the_state_dict_of_two_ranks_is_that_of_one_process_and_goes_on_with_one_and_three(Rule rule) throws Exception {
        Path file = folder.resolve("state.ckpt");
        List<List<Double>> all = Ranks.all(folder, 2, g -> {
            try (var model = network(); var optimizer = rule.over(model); var shards = ShardedOptimizer.of(optimizer, g)) {
                steps(model, optimizer, g, 0, 3);
                Map<String, Object> state = optimizer.stateDict();
                if (g.rank() == 0) Checkpoints.write(file, Map.of("model", model.stateDict(), "optimizer", state));
                return numbers(states(state));
            }
        });
        try (var scope = Scope.open(); var model = network(); var optimizer = rule.over(model)) {
            steps(model, optimizer, 0, 3);
            List<Double> expected = numbers(states(optimizer.stateDict()));
            for (List<Double> state : all) {
                assertThat(state).hasSameSizeAs(expected);
                for (int i = 0; i < state.size(); i++) assertThat(state.get(i)).isCloseTo(expected.get(i), offset(1e-12));
            }
        }
        double[] whole = alone(rule, 5);
        try (var scope = Scope.open()) {
            assertClose(resumed(rule, file, null), whole);
        }
        for (double[] three : Ranks.all(folder, 3, g -> resumed(rule, file, g))) assertClose(three, whole);
    }

    @Test void a_state_that_was_there_before_is_divided() throws Exception {
        double[] whole = alone(Rule.ADAM, 5);
        for (double[] divided : Ranks.all(folder, 2, g -> {
            try (var model = network(); var optimizer = Rule.ADAM.over(model)) {
                steps(model, optimizer, g, 0, 3);
                try (var shards = ShardedOptimizer.of(optimizer, g)) {
                    steps(model, optimizer, g, 3, 5);
                }
                assertThat(states(optimizer.stateDict())).hasSize(3);
                return values(model);
            }
        })) assertClose(divided, whole);
    }

    @Test void a_step_with_a_closure_gives_the_same_result() throws Exception {
        double[] whole = alone(Rule.ADAMW, 2);
        for (double[] one : Ranks.all(folder, 2, g -> {
            try (var model = network(); var parallel = DataParallel.of(model, g); var optimizer = Rule.ADAMW.over(model);
                    var shards = ShardedOptimizer.of(optimizer, g)) {
                for (int s = 0; s < 2; s++) {
                    int step = s;
                    optimizer.step(() -> {
                        optimizer.zeroGrad();
                        try {
                            parallel.beforeForward();
                            Tensor loss = loss(model, step, g.rank(), 2);
                            parallel.backward(loss);
                            return loss;
                        } catch (InterruptedException e) {
                            throw g.interrupted(e);
                        }
                    });
                }
                assertThat(states(optimizer.stateDict())).hasSize(6);
                return values(model);
            }
        })) assertClose(one, whole);
    }

    @Test void what_cannot_be_sharded_is_refused_on_every_rank() throws Exception {
        for (Object o : Ranks.run(folder, 2, Duration.ofSeconds(5), g -> {
            try (var model = new Linear(3, 2 + g.rank()); var sgd = new SGD(model.parameters(), SGD.options(0.1))) {
                return ShardedOptimizer.of(sgd, g);
            }
        }))
            assertThat(o).isInstanceOf(IllegalArgumentException.class).extracting("message").asString()
                    .contains("parameter 0 of the optimiser is float32 [2, 3] on cpu on rank 0 and float32 [3, 3] on cpu on rank 1");
        assertThat(Ranks.all(folder, 1, g -> {
            try (var model = new Linear(3, 2); var other = new Linear(3, 2);
                    var lbfgs = new LBFGS(model.parameters(), LBFGS.options());
                    var sgd = new SGD(model.parameters(), SGD.options(0.1)); var shards = ShardedOptimizer.of(sgd, g)) {
                assertThatIllegalArgumentException().isThrownBy(() -> ShardedOptimizer.of(lbfgs, g)).withMessageContaining("LBFGS");
                sgd.addParamGroup(other.parameters(), SGD.options(0.1));
                assertThatIllegalStateException().isThrownBy(sgd::step).withMessageContaining("added");
                assertThatIllegalArgumentException().isThrownBy(() -> sgd.loadStateDict(Map.of("no", "state")));
            }
            return new TreeSet<>(List.of("refused"));
        })).containsExactly(new TreeSet<>(List.of("refused")));
    }
}
