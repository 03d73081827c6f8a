package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

/** A folder of images of which one for training and one for testing are damaged. */
@NoTensorLeaks
class DamagedImagesTest {
    private static final String TRAIN = "train --dataset folder --dropout none --epochs 1 --batch-size 2 ";

    @TempDir
    static Path folder;
    private static Path data, badTrain, badTest;

    @BeforeAll static void images() throws IOException {
        data = folder.resolve("data");
        for (String part : List.of("train", "test")) {
            for (String c : List.of("cat", "dog")) {
                Path of = Files.createDirectories(data.resolve(part).resolve(c));
                for (int i = 0; i < 4; i++)
                    ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), "png", of.resolve(i + ".png").toFile());
            }
        }
        badTrain = Files.writeString(data.resolve("train/cat/1.png"), "no image");
        badTest = Files.writeString(data.resolve("test/dog/2.png"), "no image");
    }

    @Test void by_default_a_damaged_image_ends_the_run_with_its_name_and_what_to_do() {
        Path out = folder.resolve("stopped");
        Calls stopped = Calls.of(TRAIN + "--data", data, Path.of("--out"), out);
        assertThat(stopped.status()).isEqualTo(2);
        assertThat(stopped.err()).contains(badTrain.toString(), "pass --damaged skip").hasLineCount(1);
        Calls resumed = Calls.of("train --damaged skip --resume", out);
        assertThat(resumed.status()).as(resumed.err()).isZero();
    }

    @Test void skip_ends_counts_and_names_them_in_the_log() throws IOException {
        Path out = folder.resolve("skipped");
        Calls trained = Calls.of(TRAIN + "--damaged skip --data", data, Path.of("--out"), out);
        assertThat(trained.err()).isEmpty();
        assertThat(trained.status()).isZero();
        assertThat(trained.out()).contains("skipped     2 damaged images, which run.log names");
        assertThat(out.resolve("run.log")).content().contains("damaged: " + badTrain, "damaged: " + badTest);
        assertThat(out.resolve("report.html")).isNotEmptyFile();

        Calls stopped = Calls.of("evaluate --checkpoint", out);
        assertThat(stopped.status()).isEqualTo(2);
        assertThat(stopped.err()).contains(badTest.toString(), "pass --damaged skip").hasLineCount(1);
        JsonNode evaluated = new ObjectMapper().readTree(Calls.of("evaluate --json --damaged skip --checkpoint", out).out());
        assertThat(evaluated.get("images").asInt()).isEqualTo(7);
        assertThat(evaluated.at("/skipped/0").asText()).isEqualTo(badTest.toString());
        assertThat(evaluated.at("/quality/confusion/1/0").asInt() + evaluated.at("/quality/confusion/1/1").asInt()).isEqualTo(3);
    }

    @Test void one_json_object_has_their_names() throws IOException {
        Calls trained = Calls.of(TRAIN + "--json --damaged skip --data", data, Path.of("--out"), folder.resolve("json"));
        assertThat(new ObjectMapper().readTree(trained.out()).get("skipped")).extracting(JsonNode::asText)
                .containsExactly(badTrain.toString(), badTest.toString());
    }

    @Test void an_effect_is_asked_of_folders_only() {
        assertThat(Calls.of("train --damaged skip").err()).contains("--damaged has no effect without --dataset folder").hasLineCount(1);
    }
}
