package panatorch.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.offset;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.data.Batches;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.fsdp.FullyShardedDataParallel;
import panatorch.distributed.optim.ShardedOptimizer;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.Flatten;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.Tanh;
import panatorch.nn.parallel.DataParallel;
import panatorch.nn.parallel.Ranks;
import panatorch.optim.AdamW;
import panatorch.optim.Optimizer;

/** Ranks as threads against one process that trains on the whole batches, float64. */
@NoTensorLeaks
@Timeout(240)
class DistributedTrainerTest {
    private static final int BATCH = 12, ITEMS = 48;

    @TempDir
    Path folder;
    private Task task;
    private Tensor images, labels;

    @BeforeEach void data() {
        task = new Task();
        try (var scope = Scope.open()) {
            images = task.images.narrow(0, 0, ITEMS).to(DType.FLOAT64).clone().escape();
            labels = task.labels.narrow(0, 0, ITEMS).clone().escape();
        }
    }

    @AfterEach void free() {
        task.close();
        images.close();
        labels.close();
    }

    private static Sequential model(boolean normalised) {
        var layers = new ArrayList<Module>(List.of(new Flatten(), new Linear(32, 10)));
        if (normalised) layers.add(new BatchNorm1d(10));
        layers.addAll(List.of(new Tanh(), new Linear(10, Task.CLASSES)));
        var model = new Sequential(layers.toArray(Module[]::new));
        model.to(DType.FLOAT64);
        try (var scope = Scope.open(); var off = NoGrad.enter()) {
            int at = 0;
            for (Tensor p : model.parameters()) p.copy_(Ranks.numbers(at++, p.shape()).mul(0.3));
        }
        return model;
    }

    private Batches train(int rank, int ranks) { return new SharedBatches(images, labels, BATCH, rank, ranks); }

    /** Shares of 5 batches of all ranks, of which the last one is smaller, in another order than for training. */
    private Batches test(int rank, int ranks) {
        return new SharedBatches(images, labels, 11, rank, ranks);
    }

    /** All that a run ends with on a rank. */
    private record End(Map<String, List<Double>> weights, List<Map<String, Double>> train, List<Map<String, Double>> test, long steps,
            @Nullable String stopReason) {}

    /** A training whose parts the tests change. */
    private final class Run {
        boolean normalised, sharded, divided;
        long epochs = 2;
        @Nullable
        Path from;
        UnaryOperator<TrainerBuilder> options = b -> b;
        Function<Integer, List<Callback>> callbacks = rank -> List.of();

        /** Trains on one rank, or in a process alone if the group is null. */
        End train(@Nullable ProcessGroup g) throws Exception {
            int rank = g == null ? 0 : g.rank(), ranks = g == null ? 1 : g.ranks();
            try (var model = model(normalised); Optimizer optimizer = new AdamW(model.parameters(), AdamW.options(0.02));
                    var rows = divided && g != null ? FullyShardedDataParallel.of(model, g, m -> m instanceof Linear) : null;
                    var shards = sharded && g != null ? ShardedOptimizer.of(optimizer, g) : null) {
                var builder = options.apply(Trainer.of(model, optimizer, Task.objective()).metrics(Metric.ACCURACY)
                        .callbacks(callbacks.apply(rank).toArray(Callback[]::new)));
                if (rows != null) builder.distributed(rows, Uneven.ERROR);
                else if (g != null) builder.distributed(g);
                try (var trainer = builder.build()) {
                    if (from != null) trainer.load(from);
                    trainer.fit(DistributedTrainerTest.this.train(rank, ranks), test(rank, ranks), epochs);
                    return new End(Task.values(model), trainer.history().stream().map(Trainer.EpochSummary::train).toList(),
                            trainer.history().stream().map(Trainer.EpochSummary::test).toList(), trainer.steps(), trainer.stopReason());
                }
            }
        }

        End alone() throws Exception { return train(null); }

        List<End> on(int ranks) throws Exception { return Ranks.all(folder, ranks, this::train); }
    }

    private static Callback atStep(long step, Consumer<Trainer> action) {
        return new Callback() {
            @Override public void batchEnd(Trainer t) { if (t.steps() == step) action.accept(t); }
        };
    }

    private static Stream<Double> numbers(End end) {
        return Stream.of(end.weights.values().stream().flatMap(List::stream),
                Stream.concat(end.train.stream(), end.test.stream()).flatMap(m -> m.values().stream())).flatMap(s -> s);
    }

    private static void assertClose(End actual, End expected) {
        List<Double> a = numbers(actual).toList(), e = numbers(expected).toList();
        assertThat(a).hasSameSizeAs(e);
        for (int i = 0; i < a.size(); i++) assertThat(a.get(i)).isCloseTo(e.get(i), offset(1e-11));
        assertThat(actual.steps).isEqualTo(expected.steps);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3}) void ranks_end_with_the_weights_and_the_means_of_one_process(int ranks) throws Exception {
        var run = new Run();
        End alone = run.alone();
        assertThat(alone.test.getLast().get("loss")).isLessThan(alone.test.getFirst().get("loss"));
        for (End end : run.on(ranks)) assertClose(end, alone);
    }

    @Test void accumulated_batches_of_two_ranks_make_the_steps_of_one_process() throws Exception {
        var run = new Run();
        run.options = b -> b.accumulate(3);
        End alone = run.alone();
        for (End end : run.on(2)) assertClose(end, alone);
    }

    @Test void a_sharded_optimiser_trains_alike_and_its_checkpoint_is_that_of_one_process() throws Exception {
        var run = new Run();
        End alone = run.alone();
        run.epochs = 1;
        run.sharded = true;
        run.callbacks = rank -> List.of(new Checkpointing(folder.resolve("run")));
        run.on(2);
        run.epochs = 2;
        run.from = folder.resolve("run").resolve(Checkpointing.LAST);
        run.callbacks = rank -> List.of();
        for (End end : run.on(3)) assertClose(end, alone);
        assertClose(run.alone(), alone);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3}) void divided_parameters_train_alike_with_clipping_and_accumulation(int ranks) throws Exception {
        var run = new Run();
        run.options = b -> b.accumulate(2);
        run.callbacks = rank -> List.of(ClipGradients.norm(0.05));
        End alone = run.alone();
        run.divided = true;
        for (End end : run.on(ranks)) assertClose(end, alone);
    }

    @Test void the_checkpoint_of_divided_parameters_is_that_of_one_process() throws Exception {
        var run = new Run();
        End alone = run.alone();
        run.epochs = 1;
        run.divided = true;
        run.callbacks = rank -> List.of(new Checkpointing(folder.resolve("run")));
        run.on(2);
        assertThat(folder.resolve("run").resolve(Checkpointing.BEST)).exists();
        run.epochs = 2;
        run.from = folder.resolve("run").resolve(Checkpointing.LAST);
        run.callbacks = rank -> List.of();
        for (End end : run.on(3)) assertClose(end, alone);
        run.divided = false;
        assertClose(run.alone(), alone);
    }

    @Test void divided_parameters_of_another_model_and_a_scaler_are_refused() throws Exception {
        Ranks.all(folder, 1, g -> {
            try (var model = model(false); var other = model(false); var adam = new AdamW(model.parameters(), AdamW.options(0.1));
                    var rows = FullyShardedDataParallel.of(other, g, m -> false); var scaler = new panatorch.amp.GradScaler()) {
                var builder = Trainer.of(model, adam, Task.objective()).distributed(rows, Uneven.ERROR);
                assertThatIllegalArgumentException().isThrownBy(builder::build).withMessage(
                        "the model whose parameters are divided is another than the trainer's");
                var scaled = Trainer.of(other, adam, Task.objective()).distributed(rows, Uneven.ERROR).scaler(scaler);
                assertThatIllegalArgumentException().isThrownBy(scaled::build).withMessageContaining("is trained without a GradScaler");
            }
            return g;
        });
    }

    // ---- stops

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2}) void a_stop_on_one_rank_stops_all_at_the_same_step_with_its_reason(int stopper) throws Exception {
        var run = new Run();
        run.callbacks = rank -> rank == stopper ? List.of(atStep(3, t -> t.stop("enough"))) : List.of();
        for (End end : run.on(3)) {
            assertThat(end.steps).isEqualTo(3);
            assertThat(end.stopReason).isEqualTo("enough");
        }
    }

    /** As of a signal, which may come to any rank at any time. */
    @Test void a_stop_from_another_thread_stops_all_at_the_same_step() throws Exception {
        var run = new Run();
        run.epochs = 1_000_000;
        run.callbacks = rank -> rank == 0 ? List.of()
                : List.of(atStep(5, t -> Thread.ofVirtual().start(() -> t.stop("interrupted"))));
        List<End> ends = run.on(2);
        assertThat(ends.getFirst().steps).isEqualTo(ends.getLast().steps).isGreaterThanOrEqualTo(5);
        assertThat(ends.getFirst().weights).isEqualTo(ends.getLast().weights);
        assertThat(ends.getFirst().stopReason).isEqualTo("interrupted");
    }

    @Test void early_stopping_ends_all_ranks_after_the_same_epoch() throws Exception {
        var run = new Run();
        run.epochs = 50;
        run.callbacks = rank -> List.of(new EarlyStopping("accuracy", 2));
        End alone = run.alone();
        assertThat(alone.train).hasSizeLessThan(50);
        for (End end : run.on(2)) assertThat(end.train).hasSameSizeAs(alone.train);
    }

    // ---- resumption

    private static Callback stop() { return atStep(6, t -> t.stop("asked for")); }

    @ParameterizedTest
    @ValueSource(booleans = {false, true}) void a_stopped_run_goes_on_with_as_many_ranks_bit_for_bit(boolean background)
            throws Exception {
        var run = new Run();
        run.normalised = true;
        List<End> whole = run.on(3);
        run.callbacks = rank -> {
            var checkpoints = new Checkpointing(folder.resolve("run"));
            return List.of(background ? checkpoints.inBackground() : checkpoints, stop());
        };
        assertThat(run.on(3).getFirst().steps).isEqualTo(6);
        run.callbacks = rank -> List.of();
        run.from = folder.resolve("run").resolve(Checkpointing.LAST);
        List<End> resumed = run.on(3);
        // Other ranks' buffers are those of rank 0 before a step and an evaluation.
        assertThat(resumed.getFirst()).isEqualTo(whole.getFirst());
        for (End end : resumed) {
            assertThat(end.train).isEqualTo(whole.getFirst().train);
            assertThat(end.test).isEqualTo(whole.getFirst().test);
        }
    }

    @Test void with_another_number_of_ranks_it_goes_on_with_the_same_batches() throws Exception {
        var run = new Run();
        End whole = run.alone();
        run.callbacks = rank -> List.of(new Checkpointing(folder.resolve("run")), stop());
        run.on(2);
        run.callbacks = rank -> List.of();
        run.from = folder.resolve("run").resolve(Checkpointing.LAST);
        assertClose(run.alone(), whole);
        for (int ranks : new int[] {1, 3, 4}) for (End end : run.on(ranks)) assertClose(end, whole);
    }

    @Test void a_run_of_one_process_goes_on_with_two() throws Exception {
        var run = new Run();
        End whole = run.alone();
        run.callbacks = rank -> List.of(new Checkpointing(folder.resolve("run")), stop());
        run.alone();
        run.callbacks = rank -> List.of();
        run.from = folder.resolve("run").resolve(Checkpointing.LAST);
        for (End end : run.on(2)) assertClose(end, whole);
    }

    // ---- output

    @Test void rank_0_alone_writes_and_prints() throws Exception {
        var run = new Run();
        run.epochs = 1;
        var printed = List.of(new ByteArrayOutputStream(), new ByteArrayOutputStream());
        run.callbacks = rank -> List.of(new LineProgress(new PrintStream(printed.get(rank), true, StandardCharsets.UTF_8), 0),
                new Checkpointing(folder.resolve("run" + rank)), new TensorBoard(folder.resolve("run" + rank)));
        run.on(2);
        assertThat(printed.getFirst().toString(StandardCharsets.UTF_8)).contains("epoch 1, batch 4 of 4: loss", "epoch 1: loss");
        assertThat(printed.getLast().size()).isZero();
        assertThat(folder.resolve("run0")).isDirectoryContaining("glob:**last.ckpt").isDirectoryContaining("glob:**best.safetensors")
                .isDirectoryContaining("glob:**events*");
        assertThat(folder.resolve("run1")).isEmptyDirectory();
    }

    /** The ranks are threads that share a generator, so only rank 1 may draw here. */
    @Test void ranks_are_seeded_by_their_number_and_repeatably() throws Exception {
        var draws = new ArrayList<List<Double>>();
        for (int i = 0; i < 2; i++) {
            try (var first = model(false); var second = model(false)) {
                Torch.manualSeed(5);
                draws.addAll(Ranks.all(folder, 2, g -> {
                    var model = g.rank() == 0 ? first : second;
                    try (var adam = new AdamW(model.parameters(), AdamW.options(0.02));
                            var trainer = Trainer.of(model, adam, Task.objective()).distributed(g).build()) {
                        trainer.fit(train(g.rank(), 2), 0);
                        return g.rank() == 0 ? List.of() : List.of(Torch.rand(1).itemDouble(), Torch.rand(1).itemDouble());
                    }
                }));
            }
        }
        assertThat(draws.get(1)).isEqualTo(draws.get(3)).hasSize(2);
        try (var scope = Scope.open()) {
            Torch.manualSeed(5);
            assertThat(draws.get(1).getFirst()).isNotEqualTo(Torch.rand(1).itemDouble());
        }
    }

    // ---- errors

    private List<Object> uneven(Uneven uneven) throws Exception {
        return Ranks.run(folder, 2, Duration.ofSeconds(10), g -> {
            try (var model = model(false); var adam = new AdamW(model.parameters(), AdamW.options(0.02));
                    var trainer = Trainer.of(model, adam, Task.objective())
                            .distributed(g, DataParallel.Options.standard(), uneven).build()) {
                trainer.fit(Batches.of(images, labels, g.rank() == 0 ? 8 : 11), 2); // 6 batches and 5
                return trainer.steps();
            }
        });
    }

    @Test void other_numbers_of_batches_are_an_error_with_both_numbers_or_cut_to_the_shortest() throws Exception {
        for (Object o : uneven(Uneven.ERROR))
            assertThat(o).isInstanceOf(IllegalArgumentException.class).extracting("message").asString()
                    .contains("rank 0 has 6, and rank 1 has 5", "Uneven.SHORTEST");
        assertThat(uneven(Uneven.SHORTEST)).containsExactly(10L, 10L);
    }

    @Test void ranks_with_other_checkpoints_are_an_error_on_every_rank() throws Exception {
        var run = new Run();
        run.epochs = 1;
        run.callbacks = rank -> List.of(new Checkpointing(folder.resolve("run")));
        run.alone();
        Path file = folder.resolve("run").resolve(Checkpointing.LAST);
        for (Object o : Ranks.run(folder, 2, Duration.ofSeconds(10), g -> {
            var other = new Run();
            if (g.rank() == 1) other.from = file;
            return other.train(g);
        }))
            assertThat(o).isInstanceOf(IllegalArgumentException.class).extracting("message").asString()
                    .contains("rank 0 has finished 0 of 2 epochs, 0 batches and 0 steps, and rank 1 has finished 1 of 2 epochs");
    }

    @Test void a_checkpoint_within_an_epoch_does_not_go_on_with_batches_of_another_size() throws Exception {
        var run = new Run();
        run.callbacks = rank -> List.of(new Checkpointing(folder.resolve("run")), stop());
        run.alone();
        try (var model = model(false); var adam = new AdamW(model.parameters(), AdamW.options(0.02));
                var trainer = Trainer.of(model, adam, Task.objective()).build()) {
            trainer.load(folder.resolve("run").resolve(Checkpointing.LAST));
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> trainer.fit(Batches.of(images, labels, 8), 2))
                    .withMessageContaining("at batch 2 of an epoch of 4 batches, and epochs of 6");
        }
    }
}
