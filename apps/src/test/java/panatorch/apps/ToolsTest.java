package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

/** The commands that read the weights of a run. */
@NoTensorLeaks
class ToolsTest {
    @TempDir
    static Path folder;
    private static Path run, weights;

    @BeforeAll static void train() {
        run = folder.resolve("run");
        weights = run.resolve("model.safetensors");
        assertThat(Calls.of("train --limit-train 64 --limit-test 50 --epochs 1 --tensorboard --out", run).err()).isEmpty();
    }

    private static Calls works(String line, Path... paths) {
        Calls call = Calls.of(line, paths);
        assertThat(call.err()).isEmpty();
        assertThat(call.status()).isZero();
        return call;
    }

    private static JsonNode json(String text) throws IOException { return new ObjectMapper().readTree(text); }

    @Test void inspect_lists_keys_shapes_types_and_what_else_a_file_says() throws IOException {
        assertThat(works("inspect", weights).out()).contains("conv1.weight", "[16, 3, 3, 3]", "float32", "1,728 bytes", "model = resnet20",
                "116 tensors");
        JsonNode listed = json(works("inspect --json", weights).out());
        assertThat(listed.get("tensors")).hasSize(116);
        assertThat(listed.at("/tensors/0/shape")).isNotEmpty();
        assertThat(works("inspect", run.resolve("last.ckpt")).out()).contains("sections.model.conv1.weight", "sections.position.steps = 2");
    }

    @Test void weights_go_around_through_all_kinds_of_files_unchanged() {
        Path pt = folder.resolve("a.pt"), npz = folder.resolve("b.npz"), back = folder.resolve("c.safetensors"),
                last = folder.resolve("d.safetensors");
        works("convert", weights, pt);
        works("convert", pt, npz);
        works("convert", npz, back);
        works("convert", run.resolve("last.ckpt"), last);
        Path evaluation = folder.resolve("around");
        String first = works("evaluate --limit-test 50 --precision fp32 --json --checkpoint", weights, Path.of("--out"), evaluation).out();
        for (Path p : List.of(pt, npz, back, last)) {
            String again = works("evaluate --limit-test 50 --precision fp32 --json --dataset synthetic --model resnet20 --checkpoint", p,
                    Path.of("--out"), evaluation).out();
            assertThat(again.substring(0, again.indexOf("\"config\""))).isEqualTo(first.substring(0, first.indexOf("\"config\"")));
        }
    }

    @Test void complex_numbers_are_refused_without_advice_that_cannot_help() throws IOException {
        Path complex = folder.resolve("z.npz");
        try (var scope = panatorch.Scope.open()) {
            panatorch.serialize.Npy.saveAll(complex, java.util.Map.of("z", panatorch.Torch.zeros(panatorch.DType.COMPLEX128, 1)));
        }
        for (String dtype : List.of("", " --dtype fp32")) {
            Calls refused = Calls.of("convert" + dtype, complex, folder.resolve("z.safetensors"));
            assertThat(refused.status()).isEqualTo(2);
            assertThat(refused.err()).contains("complex128", ".pt file can hold it").doesNotContain("--dtype").hasLineCount(1);
        }
        works("convert", complex, folder.resolve("z.pt"));
    }

    @Test void a_git_lfs_pointer_is_called_one() throws IOException {
        Path pointer = java.nio.file.Files.writeString(folder.resolve("pointer.safetensors"),
                "version https://git-lfs.github.com/spec/v1\noid sha256:0000\nsize 45\n");
        assertThat(Calls.of("inspect", pointer).err()).contains("Git LFS pointer", "git lfs pull");
        assertThat(Calls.of("inspect", pointer).status()).isNotZero();
    }

    @Test void what_a_kind_of_file_cannot_hold_is_refused_with_the_way_out() {
        Path half = folder.resolve("half.safetensors");
        works("convert --dtype bf16", weights, half);
        Calls refused = Calls.of("convert", half, folder.resolve("half.npz"));
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.err()).contains("NumPy does not have", "--dtype fp32").hasLineCount(1);
        works("convert --dtype fp32", half, folder.resolve("half.npz"));
        assertThat(Calls.of("convert", weights, folder.resolve("x.onnx")).err()).contains("the extension of x.onnx is unknown")
                .hasLineCount(1);
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "PYTHON", matches = ".+",
            disabledReason = "set PYTHON to a Python with torch and safetensors") void python_loads_what_convert_writes() throws Exception {
        Path pt = folder.resolve("python.pt");
        works("convert", weights, pt);
        String program =
                "import torch, sys; from safetensors.torch import load_file; a = load_file(sys.argv[1]); b = torch.load(sys.argv[2], "
                        + "weights_only=True); assert list(a) and all(torch.equal(a[k], b[k]) for k in a)";
        var python = new ProcessBuilder(System.getenv("PYTHON"), "-c", program, weights.toString(), pt.toString()).redirectErrorStream(true)
                .redirectOutput(new File(folder.toFile(), "python")).start();
        assertThat(python.waitFor()).as(Files.readString(folder.resolve("python"))).isZero();
    }

    @Test void an_evaluation_tells_calibration_classes_and_confusion() throws IOException {
        Path out = folder.resolve("evaluated");
        Calls call = works("evaluate --limit-test 50 --checkpoint", weights, Path.of("--out"), out);
        assertThat(call.out()).contains("top-5 accuracy", "Brier score", "calibration error", "precision", "true \\ predicted");
        JsonNode quality = json(Files.readString(out.resolve("metrics.json"))).get("quality");
        assertThat(quality.get("confusion")).hasSize(10);
        assertThat(quality.get("ece").asDouble()).isBetween(0.0, 1.0);
        assertThat(ImageIO.read(out.resolve("confusion.png").toFile()).getWidth()).isGreaterThan(400);
    }

    @Test void monte_carlo_evaluation_samples_the_dropout_of_training() throws IOException {
        Path out = folder.resolve("mc");
        JsonNode plain = json(works("evaluate --limit-test 50 --json --checkpoint", weights, Path.of("--out"), out).out());
        JsonNode mc = json(works("evaluate --limit-test 50 --json --mc 5 --checkpoint", weights, Path.of("--out"), out).out());
        assertThat(plain.at("/quality/mutualInformation").isMissingNode()).isTrue();
        assertThat(mc.at("/quality/mutualInformation").asDouble()).isPositive();
        Calls refused = Calls.of("evaluate --limit-test 50 --mc 5 --dropout-p 0 --checkpoint", weights);
        assertThat(refused.err()).contains("--mc needs a network that was trained with dropout").hasLineCount(1);
    }

    @Test void predict_says_what_is_on_pictures_of_any_size() throws IOException {
        var picture = new BufferedImage(50, 40, BufferedImage.TYPE_INT_RGB);
        Path png = folder.resolve("picture.png");
        ImageIO.write(picture, "png", png.toFile());
        JsonNode said = json(works("predict --json --mc 4 --checkpoint", weights, png).out());
        assertThat(said.get("image").asText()).isEqualTo(png.toString());
        assertThat(said.get("probabilities")).hasSize(10);
        assertThat(said.get("probabilities").get(said.get("label").asText()).asDouble()).isEqualTo(said.get("probability").asDouble());
        assertThat(said.get("mutualInformation").asDouble()).isNotNegative();
        assertThat(works("predict --top 2 --checkpoint", weights, png).out()).hasLineCount(1).contains("picture.png", " %");
        assertThat(Calls.of("predict --checkpoint", weights, folder.resolve("none.png")).err()).contains("there is no image")
                .hasLineCount(1);
    }

    @Test void a_damaged_picture_does_not_keep_others_from_being_told() throws IOException {
        Path pictures = Files.createDirectory(folder.resolve("pictures")), good = pictures.resolve("b.png");
        ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), "png", good.toFile());
        Path damaged = Files.write(pictures.resolve("a.png"), java.util.Arrays.copyOf(Files.readAllBytes(good), 60));
        Calls text = Calls.of("predict --checkpoint", weights, pictures);
        assertThat(text.status()).isEqualTo(2);
        assertThat(text.out()).startsWith(good + " ").hasLineCount(1);
        assertThat(text.err()).startsWith("panatorch: the image " + damaged + " cannot be read").hasLineCount(1);
        Calls told = Calls.of("predict --json --checkpoint", weights, pictures);
        List<String> lines = told.out().lines().toList();
        assertThat(told.status()).isEqualTo(2);
        assertThat(json(lines.get(0)).get("image").asText()).isEqualTo(damaged.toString());
        assertThat(json(lines.get(0)).get("error").asText()).contains("cannot be read");
        assertThat(json(lines.get(1)).get("probabilities")).hasSize(10);
    }

    @Test void what_a_kind_of_file_cannot_say_is_named() {
        assertThat(works("convert", weights, folder.resolve("named.pt")).out())
                .contains("a .pt file cannot hold the metadata of " + weights, "--model, --dataset and --normalize");
        assertThat(works("convert", weights, folder.resolve("named.safetensors")).out()).doesNotContain("cannot say");
    }

    @Test void predict_takes_a_sentence_for_networks_that_read_only() {
        assertThat(Calls.of("predict --text hello --checkpoint", weights).err())
                .contains("--text is for networks that take texts, and resnet20 takes images").hasLineCount(1);
        assertThat(Calls.of("predict --checkpoint", weights).err()).contains("predict needs an image").hasLineCount(1);
    }

    @Test void find_lr_draws_the_curve_and_suggests_a_rate() throws IOException {
        Path out = folder.resolve("lr");
        assertThat(works("find-lr --limit-train 256 --batch-size 64 --steps 50 --from 1e-5 --dropout none --no-augment --out", out).out())
                .contains("the loss falls fastest at --lr 0.");
        assertThat(json(Files.readString(out.resolve("find-lr.json"))).get("suggestion").asDouble()).isBetween(1e-4, 0.5);
        assertThat(out.resolve("find-lr.png")).isNotEmptyFile();
    }

    @Test void find_lr_says_so_where_a_few_noisy_steps_suggest_nothing() throws IOException {
        String few = "find-lr --limit-train 64 --steps 6 --from 1e-9 --to 1e-8 ";
        assertThat(works(few.strip()).out()).contains("6 steps from 1.0e-09 to 1.0e-08; no rate can be suggested")
                .doesNotContain("at --lr ");
        assertThat(json(works(few + "--json").out()).get("suggestion").isNull()).isTrue();
    }

    @Test void compare_averages_runs_that_differ_in_their_seed() throws IOException {
        Path other = folder.resolve("other"), plain = folder.resolve("plain"), picture = folder.resolve("runs.png");
        works("train --limit-train 64 --limit-test 50 --epochs 1 --seed 1 --out", other);
        works("train --limit-train 64 --limit-test 50 --epochs 1 --dropout none --out", plain);
        Calls table = works("compare", run, other, plain, Path.of("--out"), picture);
        assertThat(table.out()).contains("dropout multi-sample", "dropout none", " ± ");
        assertThat(table.out().lines()).allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(120));
        assertThat(picture).isNotEmptyFile();
        JsonNode rows = json(works("compare --json", run, other, plain).out()).get("rows");
        assertThat(rows).hasSize(2);
        assertThat(rows.at("/0/runs").asInt()).isEqualTo(2);
        assertThat(rows.at("/1/testLoss/sd").isNull()).isTrue();
        assertThat(Calls.of("compare", run, run).err()).contains("is named twice").hasLineCount(1);
        assertThat(Calls.of("compare", folder.resolve("nowhere")).err()).contains("there is no run in").hasLineCount(1);
    }

    @Test void tensorboard_files_lie_in_the_folder() throws IOException {
        try (var files = Files.list(run)) {
            assertThat(files.map(f -> f.getFileName().toString())).anyMatch(f -> f.startsWith("events.out.tfevents."));
        }
    }
}
