package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.cuda.CudaGraph;
import panatorch.junit.NoTensorLeaks;

/** Every program of {@code apps/examples} compiles without a warning, does what its first lines promise, and leaves no tensor behind. */
@NoTensorLeaks
class ExamplesTest {
    @TempDir
    static Path classes;
    private static SourcePrograms programs;

    @BeforeAll static void compile() throws IOException {
        programs = SourcePrograms.in(Path.of("examples"), classes);
        programs.compile();
    }

    private static String run(String name, String... args) throws Exception { return programs.run(name, args); }

    /** The numbers that follow {@code words} in the output, in order. */
    private static double[] numbers(String output, String words) {
        var number = Pattern.compile(Pattern.quote(words) + " ?(-?[\\d.]+(?:E-?\\d+)?)");
        double[] all = number.matcher(output).results().mapToDouble(m -> Double.parseDouble(m.group(1))).toArray();
        assertThat(all).as("numbers after '%s' in: %s", words, output).isNotEmpty();
        return all;
    }

    private static double last(String output, String words) {
        double[] all = numbers(output, words);
        return all[all.length - 1];
    }

    @Test void gradients_are_their_formula_and_descent_finds_the_line() throws Exception {
        String output = run("TensorsAndAutograd");
        assertThat(output).contains("they agree: true").contains("the line: y = 2.000 x + 1.000");
        assertThat(last(output, "loss")).isLessThan(1e-3);
    }

    @Test void a_server_answers_as_the_model_does() throws Exception {
        assertThat(run("AskOverHttp")).contains("\"model_name\":\"net\"", "input 'x': dimension 1 is 2, but has to be 3",
                "the model's own numbers: true");
    }

    @Test void a_perceptron_learns_the_circle() throws Exception {
        String output = run("Perceptron", "150");
        assertThat(last(output, "loss")).isLessThan(numbers(output, "loss")[0] / 2);
        assertThat(last(output, "accuracy on new points:")).isGreaterThan(0.8);
    }

    @Test void a_resnet_by_hand_learns() throws Exception {
        String output = run("ResNetByHand", "2", "320");
        assertThat(numbers(output, "loss")).hasSize(2);
        assertThat(last(output, "loss")).isLessThan(numbers(output, "loss")[0]);
    }

    @Test void a_loaded_trunk_is_better_than_chance_and_all_but_the_head_is_in_the_file() throws Exception {
        String output = run("FineTuning", "1", "5");
        assertThat(output).contains("not in the file: [1.weight, 1.bias]");
        assertThat(last(output, "ten shapes: accuracy")).as("chance is 0.1").isGreaterThan(0.2);
        assertThat(last(output, "loaded trunk: accuracy")).as("chance is 0.5").isGreaterThan(0.6);
    }

    @Test void waves_of_an_own_set_are_told_apart() throws Exception {
        String output = run("OwnDataset", "3");
        assertThat(last(output, "loss")).isLessThan(numbers(output, "loss")[0]);
        assertThat(last(output, "accuracy on new waves:")).as("chance is 0.33").isGreaterThan(0.6);
    }

    @Test void an_own_functions_derivative_is_right() throws Exception {
        String output = run("OwnFunction");
        assertThat(last(output, "greatest difference from silu:")).isLessThan(1e-6);
        assertThat(output).contains("agrees with finite differences").contains("so does its own derivative");
    }

    @Test void every_precision_learns() throws Exception {
        String output = run("MixedPrecision", "60");
        assertThat(output).contains("fp32: logits are float32", "bf16: logits are bfloat16", "fp16: logits are float16", "scale 65536");
        var losses = Pattern.compile("loss ([\\d.]+) → ([\\d.]+)").matcher(output).results().toList();
        assertThat(losses).hasSize(3);
        assertThat(losses).allSatisfy(m -> assertThat(Double.parseDouble(m.group(2))).isLessThan(Double.parseDouble(m.group(1)) / 1.5));
    }

    @Test void a_network_is_less_sure_where_there_were_no_data() throws Exception {
        String output = run("Uncertainty", "300");
        assertThat(last(output, "loss")).isLessThan(numbers(output, "loss")[0]);
        assertThat(last(output, "with data,")).isGreaterThan(last(output, "std on average:"));
    }

    @Test void eight_samples_of_a_head_learn() throws Exception {
        String output = run("MultiSampleHead", "3", "1000");
        assertThat(last(output, "loss")).isLessThan(numbers(output, "loss")[0]);
        assertThat(last(output, "test accuracy:")).as("chance is 0.1").isGreaterThan(0.15);
    }

    @Test void two_ranks_learn_the_same_weights() throws Exception {
        String port;
        try (var socket = new ServerSocket(0)) {
            port = "" + socket.getLocalPort();
        }
        var ranks = new ArrayList<Process>();
        var ends = new HashSet<String>();
        try {
            for (int r = 0; r < 2; r++) {
                var java = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED", "-cp",
                        classes.resolve("TwoRanks") + File.pathSeparator + System.getProperty("java.class.path"),
                        "TwoRanks", "150").redirectErrorStream(true);
                java.environment().putAll(Map.of("RANK", "" + r, "WORLD_SIZE", "2", "MASTER_ADDR", "127.0.0.1", "MASTER_PORT", port));
                ranks.add(java.start());
            }
            for (var rank : ranks) {
                String output = new String(rank.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                assertThat(rank.waitFor()).as(output).isZero();
                assertThat(last(output, "accuracy")).as("chance is 0.5").isGreaterThan(0.8);
                ends.add(output.substring(output.indexOf("accuracy")));
            }
        } finally {
            ranks.forEach(Process::destroyForcibly);
        }
        assertThat(ends).hasSize(1);
    }

    @Test void without_a_gpu_the_example_of_a_graph_says_so() throws Exception {
        assumeTrue(!CudaGraph.isAvailable(), "there is a GPU here");
        assertThat(run("CudaGraphStep")).isEqualToIgnoringNewLines("There is no GPU that libtorch can use, and a CUDA graph needs one.");
    }

    @Test void a_graphed_step_computes_what_the_eager_one_does() throws Exception {
        assumeTrue(CudaGraph.isAvailable(), "this example needs a GPU that libtorch can use");
        double[] losses = numbers(run("CudaGraphStep", "40"), "loss");
        assertThat(losses).hasSize(2);
        assertThat(losses[1]).isCloseTo(losses[0], within(1e-3));
    }
}
