package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

/** Distils a network that was trained with dropout into a student that {@code evaluate} reads. */
@NoTensorLeaks
class DistillTest {
    private static final String TINY = "distill --limit-train 64 --limit-test 50 --batch-size 32 --epochs 2 --mc 3 ";

    @TempDir
    Path folder;

    private Path teacher(String options) {
        Path run = folder.resolve("teacher");
        assertThat(Calls.of("train --limit-train 64 --limit-test 50 --epochs 1 " + options + " --out", run).err()).isEmpty();
        return run.resolve("model.safetensors");
    }

    private static JsonNode json(String text) throws IOException { return new ObjectMapper().readTree(text); }

    @Test void a_student_is_compared_with_its_teacher_and_read_by_evaluate() throws IOException {
        Path out = folder.resolve("student");
        Calls distilled = Calls.of(TINY + "--teacher", teacher("--model cuda-convnet-quick-dropout --dropout none"), Path.of("--out"), out);
        assertThat(distilled.err()).isEmpty();
        assertThat(distilled.out()).contains("2 masks an example", "epoch 2/2  loss", "loss − MI", "standard", "Monte-Carlo of 3",
                "student");
        try (var files = Files.list(out)) {
            assertThat(files.map(f -> f.getFileName().toString())).containsExactlyInAnyOrder("config.json", "metrics.json", "curves.png",
                    "last.ckpt", "best.safetensors", "model.safetensors", "report.html", "run.log");
        }
        JsonNode metrics = new ObjectMapper().readTree(out.resolve("metrics.json").toFile());
        assertThat(metrics.at("/epochs/1/excess").asDouble()).isNotNegative();
        assertThat(metrics.get("comparison")).hasSize(3);
        JsonNode evaluated = json(Calls.of("evaluate --json --limit-test 50 --checkpoint", out.resolve("model.safetensors")).out());
        assertThat(evaluated.get("loss")).isEqualTo(metrics.at("/comparison/student/nll"));
        assertThat(1 - evaluated.get("accuracy").asDouble()).isEqualTo(metrics.at("/comparison/student/error").asDouble(), within(1e-12));
        assertThat(out.resolve("report.html")).content().contains("Student and teacher", "Monte-Carlo of 3", "loss − MI",
                "panatorch distill --config");
    }

    @Test void the_teachers_scores_are_those_that_evaluate_tells() throws IOException {
        Path weights = teacher("--dropout standard");
        JsonNode comparison =
                json(Calls.of(TINY + "--json --epochs 1 --seed 5 --teacher", weights, Path.of("--out"), folder.resolve("student")).out())
                        .get("comparison");
        String evaluate = "evaluate --json --limit-test 50 --checkpoint";
        assertThat(json(Calls.of(evaluate, weights).out()).get("loss")).isEqualTo(comparison.at("/standard/nll"));
        assertThat(json(Calls.of(evaluate.replace("--json", "--json --mc 3 --seed 5"), weights).out()).at("/quality/nll").asDouble())
                .isCloseTo(comparison.at("/Monte-Carlo of 3/nll").asDouble(), within(0.05));
    }

    @Test void dropout_in_front_of_the_head_is_distilled_and_told_as_one_json_object() throws IOException {
        Calls distilled = Calls.of(TINY + "--json --samples 1 --perturb 0 --no-augment --teacher", teacher("--dropout standard"),
                Path.of("--out"), folder.resolve("student"));
        assertThat(distilled.err()).isEmpty();
        assertThat(distilled.out()).hasLineCount(1);
        JsonNode result = json(distilled.out());
        assertThat(result.get("end").asText()).isEqualTo("finished");
        assertThat(result.at("/best").has("excess")).isFalse();
        assertThat(result.at("/config/dropoutP").asDouble()).isEqualTo(0.3);
        assertThat(result.at("/comparison/Monte-Carlo of 3/nll").asDouble()).isNotEqualTo(result.at("/comparison/standard/nll").asDouble());
    }

    @Test void a_run_goes_on_by_the_command_that_began_it_and_with_its_epochs() {
        Path weights = teacher("--dropout standard"), out = folder.resolve("student");
        assertThat(Calls.of(TINY + "--stop-after 1 --teacher", weights, Path.of("--out"), out).out())
                .contains("Go on with: panatorch distill --resume " + out);
        assertThat(Calls.of("train --resume", out).err()).contains("was begun by distill: panatorch distill --resume " + out)
                .hasLineCount(1);
        assertThat(Calls.of("distill --epochs 3 --resume", out).err()).contains("--epochs cannot be changed", "two thirds of its 2 epochs")
                .hasLineCount(1);
        assertThat(Calls.of("distill --lr 1 --resume", out).err()).contains("--lr cannot be given with --resume");
        assertThat(Calls.of("distill --config", out.resolve("config.json"), Path.of("--out"), folder.resolve("again")).err()).isEmpty();
    }

    @Test void a_network_without_dropout_is_refused_before_a_folder_is_made() {
        Path out = folder.resolve("student");
        Calls refused = Calls.of(TINY + "--teacher", teacher("--dropout none"), Path.of("--out"), out);
        assertThat(refused.status()).isEqualTo(2);
        assertThat(refused.err()).contains("distill needs a network that was trained with dropout, and this one has none").hasLineCount(1);
        assertThat(out).doesNotExist();
    }

    @Test void wrong_numbers_are_refused() {
        for (String wrong : new String[] {"--samples 0", "--epochs 0", "--mc 1", "--lr 0", "--perturb 2"}) {
            Calls refused = Calls.of("distill --teacher nowhere " + wrong);
            assertThat(refused.status()).as(wrong).isEqualTo(2);
            assertThat(refused.err()).contains(wrong.split(" ")[0]).hasLineCount(1);
        }
    }
}
