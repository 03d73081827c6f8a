package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import panatorch.Torch;

class VersionTest {
    @Test void the_versions_are_those_of_the_build_and_of_the_library() throws IOException {
        Calls version = Calls.of("--version");
        assertThat(version.status()).isZero();
        assertThat(version.out().strip()).isEqualTo("panatorch " + projectVersion() + ", libtorch " + Torch.version());
    }

    /** The first version in the module's POM is that of its parent, and so of the project. */
    private static String projectVersion() throws IOException {
        var version = Pattern.compile("<version>(.+?)</version>").matcher(Files.readString(Path.of("pom.xml")));
        assertThat(version.find()).isTrue();
        return version.group(1);
    }
}
