package panatorch.distributed.fsdp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.Autograd;
import panatorch.DType;
import panatorch.InferenceMode;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.fsdp.FullyShardedDataParallel.Options;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.Tanh;
import panatorch.nn.parallel.Ranks;
import panatorch.optim.AdamW;
import panatorch.optim.ClipGrad;
import panatorch.optim.Optimizer;
import panatorch.optim.SGD;

/** Sharded training against one process that has the whole model and the whole batch. */
@NoTensorLeaks
@Timeout(300)
class FullyShardedDataParallelTest {
    private static final int EXAMPLES = 12, STEPS = 5;

    @TempDir
    Path folder;

    /** A residual block with a parameter of its own beside its layer, so that two ranks have 5 and 4 rows, and four 3, 3, 3 and none. */
    private static final class Block extends Module {
        private final Linear layer = child("layer", new Linear(9, 9));

        Block() { parameter("scale", Torch.ones()); }

        @Override public Tensor forward(Tensor x) { return x.add(layer.call(x).tanh().mul(parameter("scale"))); }
    }

    /** Its parameters outside blocks are those of the model's own unit. */
    private static Sequential network() {
        return new Sequential(new Linear(6, 9), new Block(), new Tanh(), new Block(), new Linear(9, 3));
    }

    private static <M extends Module> M filled(M model, int first) {
        model.to(DType.FLOAT64);
        try (var off = NoGrad.enter()) {
            int at = first;
            for (Tensor p : model.parameters()) p.copy_(Ranks.numbers(at++, p.shape()));
        }
        return model;
    }

    private static boolean isBlock(Module m) {
        return m instanceof Block;
    }

    private static Tensor batch(int step, int part, int parts) {
        long n = EXAMPLES / parts;
        return Ranks.numbers(100 * step, EXAMPLES, 6).narrow(0, part * n, n);
    }

    private static Tensor loss(Module model, Tensor x) { return model.call(x).square().mean(); }

    private static Optimizer optimizer(String name, Module model) {
        return name.equals("sgd") ? new SGD(model.parameters(), SGD.options(0.05).momentum(0.9))
                : new AdamW(model.parameters(), AdamW.options(0.01));
    }

    /** Returns the whole parameters as one array. */
    private static double[] values(Module model) {
        var all = new ArrayList<Double>();
        try (var scope = Scope.open()) {
            for (Tensor p : model.stateDict().values()) for (double v : p.detach().reshape(-1).toDoubleArray()) all.add(v);
        }
        return all.stream().mapToDouble(v -> v).toArray();
    }

    private static double[] alone(Supplier<? extends Module> network, String optimizer) {
        try (var scope = Scope.open(); var model = filled(network.get(), 0); var o = optimizer(optimizer, model)) {
            for (int s = 0; s < STEPS; s++) {
                loss(model, batch(s, 0, 1)).backward();
                o.step();
                o.zeroGrad();
            }
            return values(model);
        }
    }

    private List<double[]> sharded(int ranks, Supplier<? extends Module> network, String optimizer, Options options) throws Exception {
        return Ranks.all(folder, ranks, g -> {
            try (var model = filled(network.get(), g.rank() == 0 ? 0 : 50); // rank 0's parameters count
                    var sharded = FullyShardedDataParallel.of(model, g, FullyShardedDataParallelTest::isBlock, options);
                    var o = optimizer(optimizer, model)) {
                for (int s = 0; s < STEPS; s++) {
                    try (var scope = Scope.open()) {
                        sharded.backward(loss(model, batch(s, g.rank(), g.ranks())));
                        o.step();
                        o.zeroGrad();
                    }
                }
                return values(model);
            }
        });
    }

    private static void assertClose(List<double[]> all, double[] expected) {
        for (double[] one : all) {
            assertThat(one).isEqualTo(all.getFirst()); // in all bits
            assertThat(one).hasSameSizeAs(expected);
            for (int i = 0; i < one.length; i++) assertThat(one[i]).isCloseTo(expected[i], offset(1e-12));
        }
    }

    @ParameterizedTest
    @CsvSource({"1, sgd", "2, sgd", "3, sgd", "4, sgd", "2, adamw", "3, adamw", "4, adamw"}) void ranks_train_as_one_process(int n,
            String optimizer) throws Exception {
        assertClose(sharded(n, FullyShardedDataParallelTest::network, optimizer, Options.standard()),
                alone(FullyShardedDataParallelTest::network, optimizer));
    }

    @ParameterizedTest
    @CsvSource({"false, true", "true, false", "false, false"}) void neither_resharding_nor_prefetching_changes_bits(boolean reshard,
            boolean prefetch) throws Exception {
        assertThat(sharded(2, FullyShardedDataParallelTest::network, "adamw",
                Options.standard().reshardAfterForward(reshard).prefetch(prefetch)).getFirst())
                .isEqualTo(sharded(2, FullyShardedDataParallelTest::network, "adamw", Options.standard()).getFirst());
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true}) void gradients_accumulate_with_and_without_messages(boolean sync) throws Exception {
        List<double[]> all = Ranks.all(folder, 2, g -> {
            try (var model = filled(network(), 0);
                    var sharded = FullyShardedDataParallel.of(model, g, FullyShardedDataParallelTest::isBlock);
                    var o = optimizer("adamw", model)) {
                for (int s = 0; s < STEPS; s++) {
                    for (int half = 0; half < 2; half++) {
                        try (var scope = Scope.open()) {
                            Tensor loss = loss(model, batch(s, 2 * half + g.rank(), 4)).div(2);
                            sharded.backward(loss, sync || half == 1);
                            assertThat(model.parameters().getFirst().grad() != null).isEqualTo(sync || half == 1);
                        }
                    }
                    o.step();
                    o.zeroGrad();
                }
                return values(model);
            }
        });
        assertClose(all, alone(FullyShardedDataParallelTest::network, "adamw"));
    }

    /** Trains the blocks only; a block's frozen scale is gathered with them. */
    private static Sequential partlyFrozen() {
        Sequential all = network();
        all.submodule("0").requiresGrad(false);
        all.submodule("1").parameter("scale").requiresGrad_(false);
        return all;
    }

    @Test void frozen_parameters_are_divided_and_stay() throws Exception {
        assertClose(sharded(3, FullyShardedDataParallelTest::partlyFrozen, "adamw", Options.standard()),
                alone(FullyShardedDataParallelTest::partlyFrozen, "adamw"));
    }

    private static final class Tied extends Module {
        private final Linear in = child("in", new Linear(6, 9, false));
        private final Block first = child("first", new Block()), second = child("second", new Block());

        Tied() { ((Linear) second.submodule("layer")).setParameter("weight", first.submodule("layer").parameter("weight")); }

        @Override public Tensor forward(Tensor x) { return second.call(first.call(in.call(x))); }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3}) void tied_parameters_of_two_units_stay_tied(int n) throws Exception {
        assertClose(sharded(n, Tied::new, "sgd", Options.standard()), alone(Tied::new, "sgd"));
        Ranks.all(folder, 2, g -> {
            try (var model = filled(new Tied(), 0);
                    var sharded = FullyShardedDataParallel.of(model, g, FullyShardedDataParallelTest::isBlock);
                    var scope = Scope.open()) {
                var state = model.stateDict();
                assertThat(state).containsKeys("first.layer.weight", "second.layer.weight");
                assertThat(state.get("second.layer.weight").toDoubleArray()).isEqualTo(state.get("first.layer.weight").toDoubleArray());
            }
            return g;
        });
    }

    /** Uses its block twice, and a part of another one never. */
    private static final class Repeated extends Module {
        private final Linear in = child("in", new Linear(6, 9));
        private final Block block = child("block", new Block());

        Repeated() { parameter("unused", Torch.ones(4, 2)); }

        @Override public Tensor forward(Tensor x) { return block.call(block.call(in.call(x)).tanh()); }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3}) void a_unit_may_be_called_twice_and_an_unused_parameter_is_not_updated(int n) throws Exception {
        assertClose(sharded(n, Repeated::new, "adamw", Options.standard()), alone(Repeated::new, "adamw"));
    }

    private static final class Recomputed extends Module {
        private final Linear in = child("in", new Linear(6, 9));
        private final Block first = child("first", new Block()), second = child("second", new Block());

        @Override public Tensor forward(Tensor x) {
            Tensor h = Autograd.checkpoint(first::call, in.call(x));
            return Autograd.checkpoint(second::call, h);
        }
    }

    @Test void checkpoints_compute_units_again() throws Exception {
        assertClose(sharded(2, Recomputed::new, "sgd", Options.standard()), alone(Recomputed::new, "sgd"));
    }

    private static final class Branches extends Module {
        private final Linear left = child("left", new Linear(6, 3)), right = child("right", new Linear(6, 3));

        @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
            Tensor x = Objects.requireNonNull(inputs.getFirst());
            return List.of(left.call(x), right.call(x));
        }
    }

    @Test void a_parameter_that_one_rank_uses_gets_the_mean_gradient() throws Exception {
        double expected;
        try (var scope = Scope.open(); var model = filled(new Branches(), 0)) {
            model.callAll(List.of(batch(0, 0, 1))).getLast().square().mean().backward();
            expected = Objects.requireNonNull(model.submodule("right").parameter("weight").grad()).sum().itemDouble() / 2;
        }
        List<Double> all = Ranks.all(folder, 2, g -> {
            try (var model = filled(new Branches(), 0);
                    var sharded = FullyShardedDataParallel.of(model, g, m -> false);
                    var scope = Scope.open()) {
                List<Tensor> out = model.callAll(List.of(batch(0, 0, 1)));
                sharded.backward(out.get(g.rank()).square().mean());
                return Objects.requireNonNull(model.namedParameters().get("right.weight").grad()).sum().itemDouble();
            }
        });
        assertThat(all.get(0) + all.get(1)).isCloseTo(expected, offset(1e-12));
    }

    @Test void the_clipped_norm_is_that_of_all_ranks() throws Exception {
        double norm;
        try (var scope = Scope.open(); var model = filled(network(), 0)) {
            loss(model, batch(0, 0, 1)).backward();
            norm = ClipGrad.norm_(model.parameters(), 0.01).itemDouble();
        }
        for (double[] one : Ranks.all(folder, 3, g -> {
            try (var model = filled(network(), 0);
                    var sharded = FullyShardedDataParallel.of(model, g, FullyShardedDataParallelTest::isBlock);
                    var scope = Scope.open()) {
                sharded.backward(loss(model, batch(0, g.rank(), 3)));
                return new double[] {sharded.clipGradNorm(0.01), sharded.clipGradNorm(0.01)};
            }
        })) {
            assertThat(one[0]).isCloseTo(norm, offset(1e-12));
            assertThat(one[1]).isCloseTo(0.01, offset(1e-5)); // after clipping
        }
    }

    @Test void parameters_gathered_in_bfloat16_stay_float32_on_their_ranks() throws Exception {
        Ranks.all(folder, 2, g -> {
            try (var model = filled(network(), 0).to(DType.FLOAT32);
                    var exact = filled(network(), 0).to(DType.FLOAT32);
                    var sharded = FullyShardedDataParallel.of(model, g, FullyShardedDataParallelTest::isBlock,
                            Options.standard().gatherType(DType.BFLOAT16).reduceType(DType.FLOAT32));
                    var scope = Scope.open()) {
                Tensor x = batch(0, 0, 1).to(DType.FLOAT32), y = model.call(x);
                assertThat(y.dtype()).isEqualTo(DType.BFLOAT16);
                sharded.backward(y.to(DType.FLOAT32).square().mean());
                loss(exact, x).backward();
                Tensor own = Objects.requireNonNull(model.namedParameters().get("1.layer.weight").grad());
                Tensor all = Objects.requireNonNull(exact.namedParameters().get("1.layer.weight").grad());
                assertThat(own.dtype()).isEqualTo(DType.FLOAT32);
                Tensor theirs = all.narrow(0, g.rank() * 5, 5 - g.rank());
                double error = own.sub(theirs).norm().itemDouble() / theirs.norm().itemDouble();
                assertThat(error).isBetween(1e-6, 0.1);
            }
            return g;
        });
    }

    @Test void an_evaluation_in_the_middle_changes_nothing() throws Exception {
        double[] expected = sharded(2, FullyShardedDataParallelTest::network, "adamw", Options.standard()).getFirst();
        List<double[]> all = Ranks.all(folder, 2, g -> {
            try (var model = filled(network(), 0);
                    var sharded = FullyShardedDataParallel.of(model, g, FullyShardedDataParallelTest::isBlock);
                    var o = optimizer("adamw", model)) {
                for (int s = 0; s < STEPS; s++) {
                    try (var scope = Scope.open()) {
                        Tensor loss = loss(model, batch(s, g.rank(), 2));
                        try (var off = NoGrad.enter()) {
                            assertThat(loss(model, batch(s, g.rank(), 2)).itemDouble()).isEqualTo(loss.itemDouble());
                        }
                        sharded.backward(loss);
                        o.step();
                        o.zeroGrad();
                        try (var mode = InferenceMode.enter()) {
                            loss(model, batch(s, g.rank(), 2));
                        }
                    }
                }
                return values(model);
            }
        });
        assertThat(all.getFirst()).isEqualTo(expected);
    }

    /**
     * Two ranks of Python's {@code fully_shard} over Gloo, torch 2.13.0: {@code fully_shard(m, mesh=mesh)} for each {@code nn.Linear} of
     * {@code nn.Sequential(nn.Linear(6, 9), nn.Tanh(), nn.Linear(9, 9), nn.Tanh(), nn.Linear(9, 3)).double()} and for the whole, where
     * element k of parameter i is {@code sin((k + i) * 1.3)} and the batches are those of {@link #batch}. {@code AdamW(lr=0.01)}, the mean
     * of {@code net(x).square().mean()} over the ranks, and {@code clip_grad_norm_(net.parameters(), 0.5).full_tensor()}.
     */
    private static final double[][] OF_PYTHON = {{6.493779899918094, 6.927918531294211}, {5.471902754541354, 6.216373100033051},
        {4.546805800577526, 5.276846026861397}, {4.409933444649052, 4.5865440100397175}, {4.41996510274309, 5.547730394200872}};

    @Test void losses_and_norms_are_those_of_pythons_fully_shard() throws Exception {
        List<double[][]> all = Ranks.all(folder, 2, g -> {
            try (var model = filled(new Sequential(new Linear(6, 9), new Tanh(), new Linear(9, 9), new Tanh(), new Linear(9, 3)), 0);
                    var sharded = FullyShardedDataParallel.of(model, g, m -> m instanceof Linear);
                    var adam = optimizer("adamw", model)) {
                var found = new double[STEPS][];
                for (int s = 0; s < STEPS; s++) {
                    try (var scope = Scope.open()) {
                        Tensor loss = loss(model, batch(s, g.rank(), 2));
                        sharded.backward(loss);
                        found[s] = new double[] {loss.itemDouble(), sharded.clipGradNorm(0.5)};
                        adam.step();
                        adam.zeroGrad();
                    }
                }
                return found;
            }
        });
        for (int s = 0; s < STEPS; s++) {
            assertThat((all.get(0)[s][0] + all.get(1)[s][0]) / 2).isCloseTo(OF_PYTHON[s][0], offset(1e-12));
            assertThat(all.get(0)[s][1]).isEqualTo(all.get(1)[s][1]).isCloseTo(OF_PYTHON[s][1], offset(1e-12));
        }
    }
}
