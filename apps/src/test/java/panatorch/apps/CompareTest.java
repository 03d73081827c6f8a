package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.Color;
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

/** Runs that must not be averaged, because they are no repetitions of one another. */
@NoTensorLeaks
class CompareTest {
    private static final String FOLDER = "train --dataset folder --epochs 1 --batch-size 4 --dropout none";

    @TempDir
    static Path folder;
    private static Path first, again, moved, otherTest, otherTrain, moreClasses, fewer;

    @BeforeAll static void train() throws IOException {
        Path data = images("data", 0, 0, "cat", "dog");
        first = run("first", "", data);
        again = run("again", " --seed 1", data);
        moved = run("moved", " --seed 2", images("copy of it", 0, 0, "cat", "dog"));
        otherTest = run("other-test", " --seed 3", images("other test", 0, 9, "cat", "dog"));
        otherTrain = run("other-train", " --seed 4", images("other train", 9, 0, "cat", "dog"));
        moreClasses = run("more-classes", " --seed 5", images("more classes", 0, 0, "cat", "dog", "owl"));
        fewer = run("fewer", " --seed 6 --limit-test 2", data);
    }

    private static Path run(String name, String options, Path data) {
        Path run = folder.resolve(name);
        assertThat(Calls.of(FOLDER + options + " --data", data, Path.of("--out"), run).err()).isEmpty();
        return run;
    }

    /** Four pictures a class, named from a number on. */
    private static Path images(String name, int train, int test, String... classes) throws IOException {
        Path data = folder.resolve(name);
        for (String part : List.of("train", "test")) for (String c : classes) for (int i = 0; i < 4; i++) {
            int number = i + (part.equals("train") ? train : test);
            var picture = new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB);
            picture.setRGB(0, 0, new Color(number, number, number).getRGB());
            ImageIO.write(picture, "png", Files.createDirectories(data.resolve(part).resolve(c)).resolve(number + ".png").toFile());
        }
        return data;
    }

    private static JsonNode rows(Path... runs) throws IOException {
        Calls compared = Calls.of("compare --json", runs);
        assertThat(compared.err()).isEmpty();
        return new ObjectMapper().readTree(compared.out()).get("rows");
    }

    @Test void seeds_of_a_run_are_averaged_wherever_its_data_lies() throws IOException {
        assertThat(rows(first, again, moved)).hasSize(1);
        assertThat(Calls.of("compare", first, again, moved).out()).doesNotContain("different data");
    }

    @Test void runs_on_other_data_are_never_averaged_and_a_sentence_says_in_what_they_differ() throws IOException {
        assertThat(rows(first, otherTest)).hasSize(2);
        assertThat(Calls.of("compare", first, again, otherTest).out()).contains("made on different data, so they are not averaged",
                "They differ in the test items, of which there are equally many.",
                "data 1: folder, 8 items for training, 8 for testing, 2 classes: " + first + ", " + again,
                "data 2: folder, 8 items for training, 8 for testing, 2 classes: " + otherTest);
        assertThat(Calls.of("compare", first, otherTrain).out())
                .contains("differ in the training items, of which there are equally many; the test items are the same.");
        assertThat(Calls.of("compare", first, moreClasses).out()).contains("differ in the number of classes.");
        assertThat(Calls.of("compare", first, fewer).out()).contains("differ in the number of test items.");
    }

    @Test void runs_that_do_not_say_what_their_data_were_are_told_by_where_these_lay() throws IOException {
        Path a = old("old a", first), b = old("old b", again), c = old("old c", otherTest);
        assertThat(rows(a, b)).hasSize(1);
        assertThat(rows(a, b, c)).hasSize(2);
        assertThat(Calls.of("compare", a, again).out()).contains("it is unknown whether it is the same");
    }

    /** Removes the identity of the data, as in the metrics of older versions. */
    private static Path old(String name, Path run) throws IOException {
        var metrics = (ObjectNode) new ObjectMapper().readTree(Files.readAllBytes(run.resolve("metrics.json")));
        metrics.remove("data");
        return Files.writeString(Files.createDirectory(folder.resolve(name)).resolve("metrics.json"), metrics.toString()).getParent();
    }

    /** A path in a legend would else push all legends out of the picture. */
    @Test void an_option_of_any_length_leaves_the_table_its_width() throws IOException {
        String path = "/data/" + "x".repeat(300) + "/end";
        var metrics = (ObjectNode) new ObjectMapper().readTree(Files.readAllBytes(first.resolve("metrics.json")));
        ((ObjectNode) metrics.get("config")).put("teacher", path).put("model", "vgg16-bn");
        Path other = Files.writeString(Files.createDirectory(folder.resolve("long")).resolve("metrics.json"), metrics.toString()),
                picture = folder.resolve("long.png");
        Calls compared = Calls.of("compare", first, other, Path.of("--out"), picture);
        assertThat(compared.out()).contains("/data/xxx", "xxx/end");
        assertThat(compared.out().lines().filter(line -> !line.startsWith("written")))
                .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(120));
        BufferedImage drawn = ImageIO.read(picture.toFile());
        for (int x : new int[] {0, drawn.getWidth() / 2})
            for (int y = drawn.getHeight() - 60; y < drawn.getHeight() - 2; y++)
                assertThat(Color.WHITE.getRGB()).as("left of a legend").isEqualTo(drawn.getRGB(x, y));
    }

    @Test void a_run_that_was_interrupted_is_not_averaged_with_whole_ones() throws IOException {
        Path half = folder.resolve("half"), whole = folder.resolve("whole");
        assertThat(Calls.of("train --limit-train 32 --limit-test 10 --batch-size 32 --epochs 2 --stop-after 1 --out", half).err())
                .isEmpty();
        assertThat(Calls.of("train --limit-train 32 --limit-test 10 --batch-size 32 --epochs 2 --seed 1 --out", whole).err()).isEmpty();
        JsonNode rows = rows(half, whole);
        assertThat(rows).hasSize(2);
        assertThat(rows.findValuesAsText("name")).containsExactly("epochs done 1", "epochs done 2");
    }
}
