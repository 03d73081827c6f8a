package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
@EnabledIfEnvironmentVariable(named = "PANATORCH_DATA", matches = ".+",
        disabledReason = "set PANATORCH_DATA to the folder that holds cifar-10-batches-bin")
class CifarTest {
    private static final Path DATA = Path.of(System.getenv().getOrDefault("PANATORCH_DATA", ""));

    @TempDir
    Path folder;

    @Test void the_data_folder_may_be_named_with_or_without_its_last_part() {
        for (Path data : new Path[] {DATA, DATA.resolve("cifar-10-batches-bin")}) {
            Calls run = Calls.of(
                    "train --dataset cifar10 --limit-train 64 --limit-test 50 --epochs 1 --out " + folder.resolve("run") + " --data", data);
            assertThat(run.err()).isEmpty();
            assertThat(run.status()).isZero();
        }
    }
}
