package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

/** Sentences in the place of images: files as SST-2's, whose columns are not named alike either. */
@NoTensorLeaks
class TextTest {
    private static final String TINY = "train --model bert-tiny --dataset sst2 --batch-size 16 --epochs 4 --optimizer adamw ";

    @TempDir
    Path folder;
    private Path data;

    @BeforeEach void sentences() throws IOException {
        data = Files.createDirectories(folder.resolve("sst2"));
        var train = new StringBuilder("label\tsentence\n");
        for (int i = 0; i < 64; i++)
            train.append(i % 2).append(i % 2 == 1 ? "\ta good film , number " : "\twhat a bad film is ").append(i % 7).append('\n');
        Files.writeString(data.resolve("train.tsv"), train);
        Files.writeString(data.resolve("dev.tsv"), "label\tcontent\n1\tgood film\n0\tbad , an unheard-of film\n1\t\n0\tbad\n");
    }

    private static Calls works(String line, Path... paths) {
        Calls call = Calls.of(line, paths);
        assertThat(call.err()).isEmpty();
        assertThat(call.status()).isZero();
        return call;
    }

    private static void isRefused(Calls call, String sentence) {
        assertThat(call.err()).contains(sentence).hasLineCount(1);
        assertThat(call.status()).isEqualTo(2);
    }

    @Test void a_small_bert_learns_sentences_and_is_evaluated_with_the_words_of_its_run() throws IOException {
        Path run = folder.resolve("run");
        assertThat(works(TINY + "--data " + folder + " --out", run).out()).contains("on sst2 (64 sentences, 4 for testing)");
        assertThat(run.resolve("vocab.txt")).content().startsWith("<pad>\n<unk>\n").endsWith("<cls>");
        assertThat(run.resolve("report.html")).content().containsPattern("<p>“[^”]*”: (positive|negative), taken for <b>");
        Files.writeString(data.resolve("train.tsv"), "label\tsentence\n0\tother words\n"); // whose numbers would be others
        JsonNode evaluated = new ObjectMapper()
                .readTree(works("evaluate --json --mc 2 --data " + folder + " --checkpoint", run.resolve("model.safetensors")).out());
        assertThat(evaluated.at("/quality/mutualInformation").asDouble()).isPositive();
        JsonNode plain = new ObjectMapper()
                .readTree(works("evaluate --json --data " + folder + " --checkpoint", run.resolve("model.safetensors")).out());
        assertThat(plain.get("loss")).isEqualTo(new ObjectMapper().readTree(run.resolve("metrics.json").toFile()).at("/final/testLoss"));
    }

    @Test void a_run_on_texts_is_resumed() {
        Path whole = folder.resolve("whole"), parts = folder.resolve("parts");
        works(TINY + "--data " + folder + " --out", whole);
        works(TINY + "--stop-after 2 --data " + folder + " --out", parts);
        works("train --resume", parts);
        assertThat(parts.resolve("model.safetensors")).hasSameBinaryContentAs(whole.resolve("model.safetensors"));
    }

    @Test void predict_says_what_sentences_are_and_reads_files_of_them() throws IOException {
        Path run = folder.resolve("run"), weights = run.resolve("model.safetensors");
        works(TINY.replace("--epochs 4", "--epochs 12 --lr 0.003") + "--data " + folder + " --out", run);
        Path file = Files.writeString(folder.resolve("reviews.txt"), "a good film , number 3\n\nwhat a bad film is 3\n");
        String[] lines = works("predict --json --mc 4 --checkpoint", weights, file, Path.of("--text"), Path.of("a good film")).out()
                .split(System.lineSeparator());
        assertThat(lines).hasSize(3);
        for (int i = 0; i < 3; i++) {
            JsonNode said = new ObjectMapper().readTree(lines[i]);
            assertThat(said.get("text").asText())
                    .isEqualTo(List.of("a good film", "a good film , number 3", "what a bad film is 3").get(i));
            assertThat(said.get("label").asText()).isEqualTo(i < 2 ? "positive" : "negative");
            assertThat(said.get("mutualInformation").asDouble()).isPositive();
        }
        assertThat(works("predict --checkpoint", weights, Path.of("--text"), Path.of("a good film")).out())
                .startsWith("a good film   positive ");
        Files.delete(run.resolve("vocab.txt"));
        isRefused(Calls.of("predict --checkpoint", weights, Path.of("--text"), Path.of("a good film")),
                "there is no vocab.txt beside the checkpoint");
    }

    @Test void a_student_of_a_network_for_sentences_knows_the_words_of_its_teacher() throws IOException {
        Path run = folder.resolve("run"), student = folder.resolve("student");
        works(TINY + "--data " + folder + " --out", run);
        byte[] words = Files.readAllBytes(run.resolve("vocab.txt"));
        Files.writeString(data.resolve("train.tsv"),
                "label\tsentence\n0\tother words , a good bad film\n".repeat(1) + "1\ta good film\n".repeat(15));
        works("distill --epochs 2 --batch-size 8 --mc 3 --data " + folder + " --teacher", run.resolve("model.safetensors"),
                Path.of("--out"), student);
        assertThat(student.resolve("vocab.txt")).hasBinaryContent(words);
        JsonNode metrics = new ObjectMapper().readTree(student.resolve("metrics.json").toFile());
        assertThat(metrics.at("/config/perturb").asDouble()).isZero();
        JsonNode evaluated = new ObjectMapper()
                .readTree(works("evaluate --json --data " + folder + " --checkpoint", student.resolve("model.safetensors")).out());
        assertThat(evaluated.get("loss")).isEqualTo(metrics.at("/comparison/student/nll"));
        isRefused(Calls.of("distill --perturb 0.1 --data " + folder + " --teacher", run.resolve("model.safetensors")),
                "--perturb blanks pixels, and bert-tiny takes texts");
    }

    @Test void images_and_texts_are_not_taken_for_each_other() {
        isRefused(Calls.of("train --dataset sst2 --data", folder), "resnet20 takes images, and this set has texts");
        isRefused(Calls.of("train --model bert-tiny"), "bert-tiny takes texts, and this set has images");
        isRefused(Calls.of(TINY + "--mixup 0.2 --data", folder), "--mixup and --cutmix mix images, and bert-tiny takes texts");
    }

    @Test void a_folder_without_texts_is_explained() throws IOException {
        Files.delete(data.resolve("train.tsv"));
        isRefused(Calls.of(TINY + "--data", folder), "train.tsv");
    }

    @Test
    @EnabledIfEnvironmentVariable(named = "PANATORCH_DATA", matches = ".+",
            disabledReason = "set PANATORCH_DATA to the folder that holds sst2") void it_trains_on_the_real_sentences() {
        works("train --model bert-tiny --dataset sst2 --epochs 1 --limit-train 128 --limit-test 100 --optimizer adamw --data "
                + System.getenv("PANATORCH_DATA") + " --out", folder.resolve("real"));
    }
}
