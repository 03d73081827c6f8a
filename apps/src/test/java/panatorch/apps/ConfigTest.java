package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class ConfigTest {
    @TempDir
    Path folder;

    private Calls trainWith(String json, String options) throws IOException {
        Path config = Files.writeString(folder.resolve("some.json"), json);
        return Calls.of("train --limit-train 64 --limit-test 50 " + options + "--out", folder.resolve("run"), Path.of("--config"), config);
    }

    private String written(String key) throws IOException {
        return new ObjectMapper().readTree(folder.resolve("run").resolve("config.json").toFile()).path(key).asText();
    }

    @Test void a_runs_own_configuration_repeats_it_and_the_command_line_counts_more() throws IOException {
        Path first = folder.resolve("first"), second = folder.resolve("second"), third = folder.resolve("third");
        assertThat(
                Calls.of("train --limit-train 64 --limit-test 50 --epochs 3 --schedule multi-step --milestones 1,2 --weight-decay 0 --out",
                        first).status())
                .isZero();
        assertThat(Calls.of("train --out", second, Path.of("--config"), first.resolve("config.json")).err()).isEmpty();
        assertThat(second.resolve("model.safetensors")).hasSameBinaryContentAs(first.resolve("model.safetensors"));
        assertThat(second.resolve("config.json")).hasSameTextualContentAs(first.resolve("config.json"));
        assertThat(Calls.of("train --seed 1 --out", third, Path.of("--config"), first.resolve("config.json")).status()).isZero();
        assertThat(Files.mismatch(third.resolve("model.safetensors"), first.resolve("model.safetensors"))).isNotNegative();
    }

    @Test void a_configuration_may_hold_only_what_differs() throws IOException {
        assertThat(trainWith("{\"epochs\": 1, \"optimizer\": \"adam\", \"dropoutNum\": 2, \"keepGoing\": true}", "").err())
                .contains("unknown key 'dropoutNum'");
        assertThat(
                trainWith("{\"epochs\": 1, \"optimizer\": \"adam\", \"dropoutSamples\": 2, \"keepGoing\": true}", "--dropout-num 3 ").err())
                .isEmpty();
        assertThat(written("optimizer")).isEqualTo("adam");
        assertThat(written("dropoutSamples")).isEqualTo("3");
        assertThat(written("keepGoing")).isEqualTo("true");
    }

    @Test void what_is_no_configuration_is_refused_before_any_work() throws IOException {
        assertThat(trainWith("{\"epoch\": 1}", "").err()).contains("the unknown key 'epoch', did you mean epochs?").hasLineCount(1);
        assertThat(trainWith("{\"epochs\": 1", "").err()).contains("is not JSON").hasLineCount(1);
        assertThat(trainWith("[1]", "").err()).contains("is not a JSON object").hasLineCount(1);
        assertThat(trainWith("{\"epochs\": \"many\"}", "").err()).contains("'--epochs'").contains("'many'").hasLineCount(1);
        assertThat(trainWith("{\"lr\": {}}", "").err()).contains("an object for 'lr'").hasLineCount(1);
        assertThat(folder.resolve("run")).doesNotExist();
    }

    @Test void a_run_is_resumed_as_it_is_or_not_at_all() throws IOException {
        Calls none = Calls.of("train --resume", folder.resolve("nowhere"));
        assertThat(none.status()).isEqualTo(2);
        assertThat(none.err()).contains("there is no run to go on with").hasLineCount(1);
        assertThat(Calls.of("train --resume", folder).err()).contains("it has no config.json");
        Files.writeString(folder.resolve("config.json"), "{}");
        assertThat(Calls.of("train --lr 1 --resume", folder).err()).contains("--lr cannot be given with --resume").hasLineCount(1);
        assertThat(Calls.of("train --config x --resume", folder).err()).contains("--config cannot be given");
    }
}
