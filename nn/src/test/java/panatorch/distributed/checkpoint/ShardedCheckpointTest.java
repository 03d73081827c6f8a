package panatorch.distributed.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.Torch;
import panatorch.distributed.ProcessGroup;
import panatorch.distributed.fsdp.FullyShardedDataParallel;
import panatorch.distributed.optim.ShardedOptimizer;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.BatchNorm1d;
import panatorch.nn.Linear;
import panatorch.nn.Module;
import panatorch.nn.Sequential;
import panatorch.nn.Tanh;
import panatorch.nn.parallel.DataParallel;
import panatorch.nn.parallel.Ranks;
import panatorch.optim.AdamW;
import panatorch.serialize.MalformedFileException;
import panatorch.serialize.Safetensors;

@NoTensorLeaks
@Timeout(300)
class ShardedCheckpointTest {
    @TempDir
    Path folder;

    private Path checkpoint() { return folder.resolve("checkpoint"); }

    private static final List<Long> SHAPE = List.of(5L, 2L);

    private static Tensor whole() { return Ranks.numbers(0, 5, 2); }

    /** Rank r's rows of a tensor [5, 2], as many as torch.chunk gives it. */
    private static Piece rows(ProcessGroup g) {
        long rows = Math.ceilDiv(5, g.ranks()), begin = Math.min(5, g.rank() * rows), n = Math.min(5, begin + rows) - begin;
        return new Piece(whole().narrow(0, begin, n), SHAPE, List.of(begin, 0L));
    }

    private void save(int ranks) throws Exception {
        Ranks.all(folder, ranks, g -> {
            ShardedCheckpoint.save(checkpoint(), g, state(g));
            return g;
        });
    }

    private static Map<String, Object> state(ProcessGroup g) {
        var plain = new LinkedHashMap<String, @Nullable Object>();
        plain.put("epoch", 3);
        plain.put("rate", 0.1);
        plain.put("worst", Double.POSITIVE_INFINITY);
        plain.put("amsgrad", false);
        plain.put("foreach", null);
        plain.put("betas", List.of(0.9, 0.999));
        return Map.of("weights", Map.of("a", rows(g), "b", Torch.ones(DType.BFLOAT16, 3), "scalar", Torch.scalar(7)), "state",
                Map.of(4L, Map.of("step", Torch.scalar(2))), "plain", plain);
    }

    @Test void one_process_reads_what_three_ranks_have_written() throws Exception {
        save(3);
        try (var files = Files.list(checkpoint()); var scope = Scope.open()) {
            assertThat(files.map(f -> f.getFileName().toString().replaceAll("-[0-9a-f]+\\.", "."))).contains("checkpoint.json",
                    "rank-00000-of-00003.safetensors", "rank-00001-of-00003.safetensors", "rank-00002-of-00003.safetensors");
            Map<String, Object> all = ShardedCheckpoint.load(checkpoint());
            Map<?, ?> weights = (Map<?, ?>) all.get("weights"), plain = (Map<?, ?>) all.get("plain");
            assertThat(((Tensor) weights.get("a")).torchEquals(whole())).isTrue();
            assertThat(((Tensor) weights.get("b")).dtype()).isEqualTo(DType.BFLOAT16);
            assertThat(((Tensor) weights.get("scalar")).itemDouble()).isEqualTo(7);
            assertThat(((Tensor) ((Map<?, ?>) ((Map<?, ?>) all.get("state")).get(4L)).get("step")).itemDouble()).isEqualTo(2);
            assertThat(plain.get("epoch")).isEqualTo(3L);
            assertThat(plain.get("rate")).isEqualTo(0.1);
            assertThat(plain.get("worst")).isEqualTo(Double.POSITIVE_INFINITY);
            assertThat(plain.get("amsgrad")).isEqualTo(false);
            assertThat(plain.containsKey("foreach")).isTrue();
            assertThat(plain.get("foreach")).isNull();
            assertThat(plain.get("betas")).isEqualTo(List.of(0.9, 0.999));
        }
    }

    @Test void any_part_of_a_tensor_is_read_from_the_pieces_that_have_it() throws Exception {
        save(3); // rows 0 1 | 2 3 | 4
        try (var scope = Scope.open()) {
            for (long begin = 0; begin < 5; begin++) for (long n = 0; begin + n <= 5; n++) for (long column = 0; column < 2; column++) {
                var part = new Region(List.of(begin, column), List.of(n, 1L));
                Map<?, ?> weights = (Map<?, ?>) ShardedCheckpoint.load(checkpoint(),
                        (path, shape) -> path.getLast().equals("a") ? part : null).get("weights");
                assertThat(weights.keySet().toString()).isEqualTo("[a]");
                assertThat(((Tensor) weights.get("a")).torchEquals(whole().narrow(0, begin, n).narrow(1, column, 1))).isTrue();
            }
            assertThatIllegalArgumentException().isThrownBy(() -> ShardedCheckpoint.load(checkpoint(),
                    (path, shape) -> Region.rows(4, 3, SHAPE))).withMessageContaining("does not lie in");
        }
    }

    @Test void a_second_save_replaces_the_first_and_its_files() throws Exception {
        save(3);
        save(2);
        try (var files = Files.list(checkpoint()); var scope = Scope.open()) {
            assertThat(files.map(f -> f.getFileName().toString().replaceAll("-[0-9a-f]+\\.", "."))).containsExactlyInAnyOrder(
                    "checkpoint.json", "rank-00000-of-00002.safetensors", "rank-00001-of-00002.safetensors");
            assertThat(ShardedCheckpoint.load(checkpoint())).containsKey("weights");
        }
    }

    @Test void a_save_that_a_rank_does_not_survive_leaves_the_checkpoint_before() throws Exception {
        save(2);
        List<Object> all = Ranks.run(folder, 2, Duration.ofSeconds(6), g -> {
            if (g.rank() == 0) {
                ShardedCheckpoint.save(checkpoint(), g, Map.of("weights", Map.of("a", Torch.zeros(5, 2))));
                return g;
            }
            g.allGather(""); // the number of the save; then this rank ends, as rank 0 has written its file or not
            throw new IllegalStateException("killed");
        });
        assertThat((Throwable) all.get(0)).isInstanceOf(panatorch.distributed.DistributedException.class);
        try (var scope = Scope.open()) {
            Map<?, ?> weights = (Map<?, ?>) ShardedCheckpoint.load(checkpoint()).get("weights");
            assertThat(((Tensor) weights.get("a")).torchEquals(whole())).isTrue();
        }
        save(2); // and the next save removes what the interrupted one has left
        try (var files = Files.list(checkpoint())) {
            assertThat(files).hasSize(3);
        }
    }

    private Path file(String begin) throws IOException {
        try (var files = Files.list(checkpoint())) {
            return files.filter(f -> f.getFileName().toString().startsWith(begin)).findFirst().orElseThrow();
        }
    }

    private void assertMalformed(String message) {
        try (var scope = Scope.open()) {
            assertThatExceptionOfType(MalformedFileException.class).isThrownBy(() -> ShardedCheckpoint.load(checkpoint()))
                    .withMessageContaining(message);
        }
    }

    @Test void missing_and_damaged_files_are_named() throws Exception {
        Files.createDirectories(checkpoint());
        assertMalformed("it holds no checkpoint: there is no checkpoint.json, which a save writes when everything else is complete");
        save(2);
        Path part = file("rank-00001");
        byte[] bytes = Files.readAllBytes(part);
        bytes[bytes.length - 1] ^= 1;
        Files.write(part, bytes);
        assertMalformed(part + ": it is damaged: the bytes of ");
        Files.write(part, Arrays.copyOf(bytes, bytes.length - 1));
        assertMalformed(part + ": it has " + (bytes.length - 1) + " bytes, but the index says " + bytes.length);
        Files.delete(part);
        assertMalformed("checkpoint.json: it refers to " + part.getFileName() + ", which is missing. Copy all files of the folder");
        save(2);
        Path index = file("checkpoint.json");
        String text = Files.readString(index);
        for (String[] change : new String[][] {{"\"shape\" : [ 5, 2 ]", "\"shape\" : [ 6, 2 ]"}, {"\"FLOAT64\"", "\"FLOAT\""},
            {"rank-00000", "../rank-00000"}, {"\"offsets\" : [ 3, 0 ]", "\"offsets\" : [ 2, 0 ]"}}) {
            assertThat(text).contains(change[0]);
            Files.writeString(index, text.replace(change[0], change[1]));
            assertMalformed("checkpoint.json: it is damaged at weights/");
        }
        Files.writeString(index, text.replace("\"version\" : 1", "\"version\" : 2"));
        assertMalformed("its version is 2, and version 1 is read");
        Files.writeString(index, text.substring(0, text.length() / 2), StandardOpenOption.TRUNCATE_EXISTING);
        assertMalformed("it is damaged, and no JSON");
        Files.writeString(index, "{}");
        assertMalformed("it is not the index of a sharded checkpoint");
    }

    @Test void pieces_that_do_not_make_a_tensor_and_other_values_are_refused_on_all_ranks() throws Exception {
        for (Map<String, ?> bad : List.<Map<String, ?>>of(Map.of("x", Path.of("x")), Map.of("$x", 1), Map.of("x", Map.of(1.5, 2)))) {
            for (Object o : Ranks.run(folder, 2, Duration.ofSeconds(10), g -> {
                ShardedCheckpoint.save(checkpoint(), g, g.rank() == 1 ? bad : Map.of());
                return g;
            })) assertThat((Throwable) o).isInstanceOf(IllegalArgumentException.class);
        }
        for (Object o : Ranks.run(folder, 2, Duration.ofSeconds(10), g -> {
            ShardedCheckpoint.save(checkpoint(), g, Map.of("x", new Piece(Torch.ones(2, 2), SHAPE, List.of(g.rank() * 2L, 0L))));
            return g;
        }))
            assertThat((Throwable) o).isInstanceOf(IllegalArgumentException.class).hasMessageStartingWith(
                    "the pieces of x, float32 [5,2], do not make a whole tensor");
        try (var files = Files.list(checkpoint())) {
            assertThat(files).isEmpty();
        }
    }

    @Test void a_rank_that_cannot_write_is_named_on_all_ranks() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        for (Object o : Ranks.run(folder, 2, Duration.ofSeconds(10), g -> {
            ShardedCheckpoint.save(g.rank() == 1 ? file : checkpoint(), g, Map.of("x", Piece.whole(Torch.ones(g.rank() + 1)).tensor()));
            return g;
        })) assertThat((Throwable) o).isInstanceOf(IOException.class).hasMessageContaining("rank 1 could not write its part of");
        assertThat(checkpoint().resolve("checkpoint.json")).doesNotExist();
    }

    // ---- models

    private static Sequential network() {
        var model = new Sequential(new Linear(4, 7), new BatchNorm1d(7), new Tanh(), new Linear(7, 3));
        model.to(DType.FLOAT64);
        try (var off = NoGrad.enter()) {
            int at = 0;
            for (Tensor p : model.parameters()) p.copy_(Ranks.numbers(at++, p.shape()));
        }
        return model;
    }

    private static Tensor loss(Module model, int step) { return model.call(Ranks.numbers(step * 50, 8, 4)).square().mean(); }

    private static AdamW adam(Module model) {
        return new AdamW(model.parameters(), AdamW.options(0.01));
    }

    private static double[] values(Map<String, Tensor> state) {
        try (var scope = Scope.open()) {
            return state.values().stream().flatMapToDouble(t -> Arrays.stream(t.detach().reshape(-1).to(DType.FLOAT64).toDoubleArray()))
                    .toArray();
        }
    }

    /** All ranks see the same batches, so that any number of them makes the step of one process. */
    private double[] sharded(int ranks, int from, int to) throws Exception {
        return Ranks.all(folder, ranks, g -> {
            try (var model = network(); var sharded = FullyShardedDataParallel.of(model, g, m -> m instanceof Linear);
                    var adam = adam(model); var scope = Scope.open()) {
                if (from > 0) assertThat(sharded.load(checkpoint(), adam)).isEqualTo(Map.of("steps", (long) from));
                for (int s = from; s < to; s++) {
                    sharded.backward(loss(model, s));
                    adam.step();
                    adam.zeroGrad();
                }
                sharded.save(checkpoint(), adam, Map.of("steps", to));
                return values(model.stateDict());
            }
        }).getFirst();
    }

    @SuppressWarnings("unchecked") private static <V> Map<String, V> map(Map<String, Object> state, String key) {
        return (Map<String, V>) state.get(key);
    }

    @Test void a_sharded_run_goes_on_with_two_ranks_then_three_then_in_one_process() throws Exception {
        double[] expected;
        try (var scope = Scope.open(); var model = network(); var adam = adam(model)) {
            for (int s = 0; s < 6; s++) {
                loss(model, s).backward();
                adam.step();
                adam.zeroGrad();
            }
            expected = values(model.stateDict());
        }
        sharded(2, 0, 2);
        sharded(3, 2, 4);
        try (var scope = Scope.open(); var model = network(); var adam = adam(model)) {
            Map<String, Object> state = ShardedCheckpoint.load(checkpoint());
            model.loadStateDict(map(state, "model"));
            adam.loadStateDict(map(state, "optimizer"));
            for (int s = 4; s < 6; s++) {
                loss(model, s).backward();
                adam.step();
                adam.zeroGrad();
            }
            assertThat(values(model.stateDict())).containsExactly(expected, org.assertj.core.data.Offset.offset(1e-12));
        }
    }

    @Test void the_state_of_a_sharded_optimiser_is_cut_for_other_ranks() throws Exception {
        double[] three = zero(3, false), two = zero(2, true), again = zero(2, true);
        assertThat(two).isNotEqualTo(three);
        assertThat(again).isEqualTo(two); // a load does not depend on the ranks that saved, nor change the file
    }

    /** Makes two steps, after a load or before a save. */
    private double[] zero(int ranks, boolean load) throws Exception {
        return Ranks.all(folder, ranks, g -> {
            try (var model = network(); var parallel = DataParallel.of(model, g); var adam = adam(model);
                    var sharded = ShardedOptimizer.of(adam, g); var scope = Scope.open()) {
                if (load) {
                    Map<String, Object> state = ShardedCheckpoint.load(checkpoint(), sharded.cut("optimizer"));
                    model.loadStateDict(map(state, "model"));
                    adam.loadStateDict(map(state, "optimizer"));
                }
                for (int s = 0; s < 2; s++) {
                    parallel.beforeForward();
                    parallel.backward(loss(model, s));
                    adam.step();
                    adam.zeroGrad();
                }
                if (!load)
                    ShardedCheckpoint.save(checkpoint(), g, Map.of("model", model.stateDict(), "optimizer", sharded.shardedStateDict()));
                return values(model.stateDict());
            }
        }).getFirst();
    }

    @Test void each_file_is_a_safetensors_file() throws Exception {
        save(2);
        try (var scope = Scope.open()) {
            Tensor own = Safetensors.load(file("rank-00001")).get("weights/a");
            assertThat(own.torchEquals(whole().narrow(0, 3, 2))).isTrue();
        }
    }
}
