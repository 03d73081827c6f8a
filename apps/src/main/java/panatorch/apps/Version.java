package panatorch.apps;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;
import picocli.CommandLine.IVersionProvider;

/** The versions that {@code --version} prints. The build writes them into {@code version.properties}. */
final class Version implements IVersionProvider {
    @Override public String[] getVersion() {
        var versions = new Properties();
        try (var in = Objects.requireNonNull(Version.class.getResourceAsStream("version.properties"),
                "version.properties is not on the class path")) {
            versions.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        String libtorch = versions.getProperty("libtorch", "unknown").replaceAll("-.*", ""); // the presets' own version follows a hyphen
        return new String[] {"panatorch " + versions.getProperty("panatorch", "unknown") + ", libtorch " + libtorch};
    }
}
