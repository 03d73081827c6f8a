package panatorch.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** The arithmetic of the benchmarks, and what they say to a wrong call; the timing itself needs Python and is no test. */
@NoTensorLeaks
class HarnessTest {
    @Test void a_ratio_is_of_one_pair_and_its_mean_is_geometric() {
        var f = new Figures();
        f.add(Map.of("a", 1.0, "b", 4.0), Map.of("a", 2.0, "b", 8.0));
        f.add(Map.of("a", 3.0, "b", 3.0), Map.of("a", 1.0, "b", 9.0));
        f.add(Map.of("a", 2.0, "b", 2.0), Map.of("a", 2.0, "b", 2.0));
        assertThat(f.java(Figures.MEAN).median()).isCloseTo(2, within(1e-12));
        assertThat(f.python(Figures.MEAN).max()).isCloseTo(4, within(1e-12));
        assertThat(f.ratio(Figures.MEAN).min()).isCloseTo(0.5, within(1e-12));
        assertThat(f.ratio(Figures.MEAN).median()).isCloseTo(1, within(1e-12));
        assertThat(f.ratio("a")).isEqualTo(new Figures.Spread(0.5, 1, 3));
        assertThat(f.javaRatio(new Workload.Comparison("b", "a"))).isEqualTo(new Figures.Spread(1, 1, 4));
        assertThatThrownBy(() -> f.add(Map.of("a", 1.0), Map.of("b", 1.0))).hasMessage("Java measured [a], but Python [b].");
    }

    @Test void the_page_of_results_has_the_figures_of_several_runs_and_whether_targets_are_met() {
        var f = new Figures();
        f.add(Map.of("part", 0.002), Map.of("part", 0.004));
        var comparison = List.of(new Workload.Comparison("part", "part"));
        var met = workload("seconds", f.json(Map.of("part", 0.5), comparison));
        var missed = workload("mebibytes", f.json(Map.of("part", 0.49), List.of()));
        String page = Results.text(List.of(document("2026-01-02", "a", Map.of("fast", missed)),
                document("2026-01-01", "a", Map.of("fast", met)), document("2026-01-03", "b", Map.of("small", missed))));
        assertThat(page.lines()).as("a workload measured again counts as the last time")
                .containsSubsequence("## 2026-01-01, 2026-01-02: a, 2 cores, libtorch 2.13.0, JavaCPP's",
                        "cpu: a; cores: 2; libtorch: 2.13.0, JavaCPP's; vectors: AVX2.",
                        "| `fast` | part | 2.000 ms | 4.000 ms | 0.50 | 0.50 | 0.50 | ≤ 0.50, met |",
                        "|  | part ÷ part | 1.00 | 1.00 |  |  |  |  |",
                        "Targets met: 1 of 1.", "- `fast`: what it does; threads of an operator: 2; pairs: 1",
                        "## 2026-01-03: b, 2 cores, libtorch 2.13.0, JavaCPP's",
                        "| `small` | part | 0.0 MiB | 0.0 MiB | 0.50 | 0.50 | 0.50 | ≤ 0.49, **missed** |", "Targets met: 0 of 1.");
    }

    @Test void the_page_of_results_is_written_from_files_of_earlier_runs_without_python(@TempDir Path folder) throws IOException {
        var f = new Figures();
        f.add(Map.of("part", 1.0), Map.of("part", 2.0));
        var documents = List.of(document("2026-01-01", "a", Map.of("one", workload("seconds", f.json(Map.of(), List.of())))),
                document("2026-01-02", "a", Map.of("two", workload("seconds", f.json(Map.of(), List.of())))));
        Path page = folder.resolve("RESULTS.md"), first = folder.resolve("1.json"), second = folder.resolve("2.json");
        Files.writeString(first, documents.get(0).toString());
        Files.writeString(second, documents.get(1).toString());
        assertThat(says(null, "--results", page.toString(), "--from", first.toString(), second.toString())).isEqualTo("0 ");
        assertThat(page).hasContent(Results.text(documents));
        assertThat(page).content().contains("| `one` |", "| `two` |");
        try (var files = Files.list(folder)) {
            assertThat(files).as("nothing unfinished").containsExactlyInAnyOrder(page, first, second);
        }
    }

    private static Map<String, Object> workload(String unit, Map<String, Object> figures) {
        var all = new HashMap<>(figures);
        all.putAll(Map.of("summary", "what it does", "unit", unit, "threads", 2));
        return all;
    }

    private static JsonNode document(String date, String cpu, Map<String, Object> workloads) {
        var machine = new LinkedHashMap<String, Object>(Map.of("cpu", cpu));
        machine.put("cores", 2);
        machine.put("libtorch", "2.13.0, JavaCPP's");
        machine.put("vectors", "AVX2");
        return JsonMapper.builder().build().valueToTree(Map.of("date", date, "machine", machine, "workloads", workloads));
    }

    @Test void a_target_of_no_part_is_refused() {
        var f = new Figures();
        f.add(Map.of("part", 1.0), Map.of("part", 1.0));
        assertThatThrownBy(() -> f.json(Map.of(Figures.MEAN, 0.6), List.of())).isInstanceOf(IllegalArgumentException.class)
                .hasMessage("There are targets for [geometric mean], and the parts are [part].");
    }

    @Test void the_middle_of_an_even_number_is_between_the_two() {
        assertThat(Figures.Spread.of(new double[] {4, 1, 3, 2})).isEqualTo(new Figures.Spread(1, 2.5, 4));
    }

    @Test void the_java_side_of_operator_calls_computes() {
        try (var w = new OperatorCalls()) {
            // Σ (8r + 7)/64 · (r + 1) and Σ 7 · (r + 1)
            assertThat(w.check()).hasSize(24).containsEntry("item", 1.5).containsEntry("max.dim", 24.9375 + 252)
                    .isEqualTo(w.check());
        }
    }

    @Test void calls_through_javacpp_compute_what_ours_do() {
        try (var theirs = new JavaCppCalls(); var ours = new OperatorCalls()) {
            assertThat(ours.check()).hasSizeGreaterThan(12).containsAllEntriesOf(theirs.check());
        }
    }

    @SuppressWarnings("restricted")
    @Test void openblas_is_told_the_threads_of_an_operator_as_well() throws Throwable {
        int threads = Torch.numThreads();
        var asked = SymbolLookup.loaderLookup().find("openblas_get_num_threads");
        assumeTrue(asked.isPresent(), "skipped: this libtorch has no OpenBLAS");
        assumeTrue(System.getenv("OPENBLAS_NUM_THREADS") == null, "skipped: OPENBLAS_NUM_THREADS is set");
        var ask = Linker.nativeLinker().downcallHandle(asked.get(), FunctionDescriptor.of(ValueLayout.JAVA_INT));
        int before = (int) ask.invokeExact();
        try {
            for (int n : new int[] {2, 1}) {
                OperatorThreads.set(n);
                assertThat((int) ask.invokeExact()).isEqualTo(n).isEqualTo(Torch.numThreads());
            }
        } finally {
            OperatorThreads.set(before);
            Torch.setNumThreads(threads);
        }
    }

    @Test void a_checksum_knows_the_places() {
        try (var scope = Scope.open()) {
            var x = Torch.tensor(new float[] {1, 2, 3, 4}, 2, 2);
            assertThat(Checksum.of(x)).isEqualTo(1 + 2 * 2 + 3 * 3 + 4 * 4);
            assertThat(Checksum.of(x.permute(1, 0))).isEqualTo(1 + 2 * 3 + 3 * 2 + 4 * 4);
            assertThat(Checksum.of(x.max(0))).isEqualTo(3 + 2 * 4 + 1 + 2);
            assertThat(Checksum.of(List.of(x, 0.5))).isEqualTo(30.5);
        }
    }

    @Test void the_java_side_of_backward_chain_computes_and_keeps_no_gradient() {
        try (var w = new BackwardChain()) {
            var once = w.check();
            assertThat(once.get("backward")).isNotZero(); // no ReLU of the chain is dead
            assertThat(w.check()).isEqualTo(once);
        }
    }

    @Test void the_java_side_of_distillation_step_computes_the_same_twice_and_keeps_no_gradient() {
        try (var w = new DistillationStep()) {
            var once = w.check();
            assertThat(once).containsOnlyKeys("distillation", "training", "teacher");
            assertThat(once.get("distillation")).isPositive();
            assertThat(w.check()).isEqualTo(once);
        }
    }

    @Test void the_java_side_of_a_training_step_learns_and_its_two_settings_begin_alike() {
        for (var net : List.of(Net.MLP, Net.LENET)) {
            try (var w = new TrainingStep(net, false)) {
                var first = w.check();
                assertThat(first).as("%s", net).containsOnlyKeys("same settings", "out of the box");
                assertThat(first.get("same settings")).isPositive().isEqualTo(first.get("out of the box"));
                assertThat(w.check().get("same settings")).as("the next step's loss").isLessThan(first.get("same settings"));
            }
        }
    }

    @Test void the_java_side_of_a_step_by_autocast_begins_about_where_float32_does_and_learns() {
        try (var half = new TrainingStep(Net.LENET, true); var whole = new TrainingStep(Net.LENET, false)) {
            var first = half.check();
            double expected = whole.check().get("same settings");
            assertThat(first).containsOnlyKeys("same settings");
            assertThat(first.get("same settings")).isNotEqualTo(expected).isCloseTo(expected, within(half.tolerance() * expected));
            assertThat(half.check().get("same settings")).isLessThan(first.get("same settings"));
        }
    }

    @Test void the_java_side_of_inference_answers_the_same_from_its_other_threads() {
        int threads = Torch.numThreads();
        try (var w = new Inference(Net.MLP)) {
            var sums = w.check();
            assertThat(sums).containsOnlyKeys("batch 1", "batch 1 from 2 threads", "batch 32", "batch 32 from 2 threads");
            assertThat(sums.get("batch 1")).isPositive().isEqualTo(sums.get("batch 1 from 2 threads"));
        } finally {
            Torch.setNumThreads(threads);
        }
    }

    @Test void the_java_side_of_multi_sample_heads_computes_and_keeps_no_gradient() {
        try (var w = MultiSampleHeads.withFastMasks()) {
            var once = w.check();
            assertThat(once).containsOnlyKeys("M = 1", "M = 8", "M = 64");
            assertThat(w.check()).isEqualTo(once);
        }
    }

    @Test void the_java_side_of_start_up_starts_processes_that_compute() {
        try (var w = new StartUp()) {
            assertThat(w.check()).isEqualTo(Map.of("plain", 8.0, "archive", 8.0));
        }
    }

    @Test void a_peak_of_memory_is_read_from_the_status_of_a_process() {
        assertThat(SomeSteps.peakMebibytes(List.of("VmPeak:\t 9999999 kB", "VmHWM:\t   12800 kB", "VmRSS:\t   11111 kB"))).isEqualTo(12.5);
        assertThatThrownBy(() -> SomeSteps.peakMebibytes(List.of("Name:\tjava"))).hasMessage("the system does not say the peak of memory");
    }

    @Test
    @EnabledOnOs(OS.LINUX) void the_process_whose_memory_is_measured_learns_and_holds_at_least_libtorch() {
        try (var w = new PeakMemory(Net.MLP)) {
            double first;
            try (var training = new TrainingStep(Net.MLP, false)) {
                first = training.check().get("same settings");
            }
            assertThat(w.check().get("same settings")).as("the loss of the last step").isPositive().isLessThan(first);
            assertThat(w.run().get("same settings")).as("MiB").isBetween(100.0, 4000.0);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX) void a_file_that_is_dropped_is_no_longer_in_the_page_cache(@TempDir Path folder) throws IOException {
        Path file = folder.resolve("file");
        try (var channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.allocate(1 << 20));
            channel.force(true);
        }
        assertThat(isCached(file)).as("after writing").isTrue();
        PageCache.drop(file);
        assertThat(isCached(file)).as("after dropping").isFalse();
    }

    private static boolean isCached(Path file) throws IOException {
        try (var arena = Arena.ofConfined(); var channel = FileChannel.open(file)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena).isLoaded();
        }
    }

    @Test void the_java_side_of_checkpoint_reads_back_what_it_saved() {
        try (var w = new CheckpointFiles()) {
            var sums = w.check();
            assertThat(sums).containsOnlyKeys("save", "load", "load checkpoint");
            assertThat(sums.get("load")).isNotZero().isEqualTo(sums.get("save")).isEqualTo(sums.get("load checkpoint"));
            assertThat(w.run()).containsOnlyKeys("save", "save to disk", "save checkpoint", "save in background", "load",
                    "load checkpoint");
        }
    }

    @Test void a_wrong_call_gets_one_sentence() {
        assertThat(says(null, "operator-calls")).isEqualTo("2 Set PYTHON to a Python interpreter that has torch 2.13.0, to compare with.");
        assertThat(says("python", "--frobnicate"))
                .startsWith("2 There is no workload and no option --frobnicate; the workloads are [operator-calls");
        assertThat(says("python", "--json")).startsWith("2 --json needs a value.");
        assertThat(says("python", "--json", "no/such/folder/file")).isEqualTo("2 The folder of --json no/such/folder/file does not exist.");
        assertThat(says("python", "--results", "results.md", "operator-calls", "--from", "a.json"))
                .startsWith("2 --from goes with --results alone: nothing is measured.");
        assertThat(says(null, "--results", "target/results.md", "--from", "no-such.json")).startsWith("1 ").contains("no-such.json");
        assertThat(says("python", "--pairs", "0")).isEqualTo("2 --pairs is a whole number from 1 on, not 0.");
        assertThat(says("no-such-python", "operator-calls")).startsWith("1 ").contains("no-such-python");
    }

    @Test void a_workload_that_needs_what_is_not_here_says_how_to_name_it() {
        assumeTrue(System.getenv("DJL_CLASSPATH") == null, "skipped: DJL_CLASSPATH is set");
        assertThat(says("python", "mlp-inference-djl"))
                .isEqualTo("2 mlp-inference-djl needs DJL_CLASSPATH, the class path of native-tests/bench/djl/pom.xml, and PYTHON.");
    }

    private static String says(String python, String... args) {
        var errors = new ByteArrayOutputStream();
        int status = Main.run(new PrintStream(errors, true, StandardCharsets.UTF_8), python, args);
        return status + " " + errors.toString(StandardCharsets.UTF_8).strip();
    }
}
