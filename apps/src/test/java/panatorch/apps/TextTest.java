package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

/** Sentences in the place of images: files as SST-2's, whose columns are not named alike either. */
@NoTensorLeaks
class TextTest {
    private static final String TINY = "train --model bert-tiny --dataset sst2 --batch-size 16 --epochs 4 --optimizer adamw ";

    @TempDir Path folder;
    private Path data;

    @BeforeEach void sentences() throws IOException {
        data = Files.createDirectories(folder.resolve("sst2"));
        var train = new StringBuilder("label\tsentence\n");
        for (int i = 0; i < 64; i++) train.append(i % 2).append(i % 2 == 1 ? "\ta good film , number " : "\twhat a bad film is ").append(i % 7).append('\n');
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
        assertThat(works(TINY + "--data " + folder + " --out", run).out()).contains("on sst2 (64 texts, 4 for testing)");
        assertThat(run.resolve("vocab.txt")).content().startsWith("<pad>\n<unk>\n").endsWith("<cls>");
        assertThat(run.resolve("report.html")).exists();
        Files.writeString(data.resolve("train.tsv"), "label\tsentence\n0\tother words\n"); // whose numbers would be others
        JsonNode evaluated = new ObjectMapper().readTree(works("evaluate --json --mc 2 --data " + folder + " --checkpoint", run.resolve("model.safetensors")).out());
        assertThat(evaluated.at("/quality/mutualInformation").asDouble()).isPositive();
        JsonNode plain = new ObjectMapper().readTree(works("evaluate --json --data " + folder + " --checkpoint", run.resolve("model.safetensors")).out());
        assertThat(plain.get("loss")).isEqualTo(new ObjectMapper().readTree(run.resolve("metrics.json").toFile()).at("/final/testLoss"));
    }

    @Test void a_run_on_texts_is_resumed() {
        Path whole = folder.resolve("whole"), parts = folder.resolve("parts");
        works(TINY + "--data " + folder + " --out", whole);
        works(TINY + "--stop-after 2 --data " + folder + " --out", parts);
        works("train --resume", parts);
        assertThat(parts.resolve("model.safetensors")).hasSameBinaryContentAs(whole.resolve("model.safetensors"));
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

    @Test @EnabledIfEnvironmentVariable(named = "PANATORCH_DATA", matches = ".+", disabledReason = "set PANATORCH_DATA to the folder that holds sst2")
    void it_trains_on_the_real_sentences() {
        works("train --model bert-tiny --dataset sst2 --epochs 1 --limit-train 128 --limit-test 100 --optimizer adamw --data " + System.getenv("PANATORCH_DATA") + " --out", folder.resolve("real"));
    }
}
