package panatorch.apps.reproduce;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
class DropoutMethodsTest {
    @TempDir
    Path folder;

    @Test void all_methods_are_measured_by_the_same_yardsticks() throws IOException {
        Findings f = Quick.run(Quick.named("dropout-methods"), Quick.lab(null, 2, 200), folder).findings();
        assertThat(f.variants()).hasSize(8);
        for (String variant : f.variants()) {
            for (String percent : new String[] {Measures.TEST_ERROR, "ECE %", "AUROC of errors %"})
                assertThat(f.mean(variant, percent)).as("%s of %s", percent, variant).isBetween(0.0, 100.0);
            assertThat(f.mean(variant, "test NLL")).as(variant).isPositive();
        }
        double one = f.mean("dropout", "training seconds");
        assertThat(f.mean("Monte-Carlo dropout (25)", "training seconds")).as("the same network").isEqualTo(one);
        assertThat(f.mean("ensemble of 3", "training seconds")).as("the same network and two more").isGreaterThan(one);
        assertThat(f.mean("distilled student", "training seconds")).as("teacher and student").isGreaterThan(one);
        assertThat(f.mean("Monte-Carlo dropout (25)", Measures.TEST_ERROR)).as("other predictions than plain ones")
                .isNotEqualTo(f.mean("no dropout", Measures.TEST_ERROR));
    }
}
