package panatorch.serialize;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import panatorch.internal.files.Download;
import panatorch.internal.files.FileNames;

/** Downloads weights to a cache; {@link StateDicts#download(URI, String)} describes it. */
final class Downloads {
    private static final Pattern CHECKSUM = Pattern.compile("[0-9a-f]{8,64}");
    private static final Set<String> THIS_MACHINE = Set.of("localhost", "127.0.0.1", "[::1]");

    private Downloads() {}

    static Path cache() {
        String own = System.getProperty("panatorch.cache"), caches = System.getenv("XDG_CACHE_HOME");
        Path folder = own != null ? Path.of(own)
                : (caches != null && !caches.isEmpty() ? Path.of(caches) : Path.of(System.getProperty("user.home"), ".cache"))
                        .resolve("panatorch");
        return folder.resolve("weights");
    }

    static Path fetch(URI url, String sha256, Path folder) throws IOException {
        String checksum = sha256.toLowerCase(Locale.ROOT);
        if (!CHECKSUM.matcher(checksum).matches())
            throw new IllegalArgumentException("the checksum must be 8 to 64 hexadecimal digits of a SHA-256, but is \"" + sha256 + "\"");
        if (!isAllowed(url))
            throw new IllegalArgumentException(
                    "weights are downloaded from https or file addresses, or from http on this machine, not from " + url);
        String name = fileName(url.getPath());
        if (name == null) throw new IllegalArgumentException("the address " + url + " does not end with the name of a file");
        name = checksum.substring(0, 8) + "-" + name;
        try {
            Files.createDirectories(folder);
            return new Download((file, bytes, of) -> {}).fetch(new Download.Source(name, -1, checksum, List.of(url)), folder);
        } catch (IOException e) {
            throw new IOException("the weights could not be downloaded (" + Download.reason(e) + "); download " + url
                    + " by hand, put it into " + folder.toAbsolutePath().normalize() + " under the name " + name + " and try again", e);
        }
    }

    private static boolean isAllowed(URI url) {
        return "https".equals(url.getScheme()) || "file".equals(url.getScheme())
                || "http".equals(url.getScheme()) && url.getHost() != null && THIS_MACHINE.contains(url.getHost());
    }

    private static @Nullable String fileName(@Nullable String path) {
        if (path == null) return null;
        String name = path.substring(path.lastIndexOf('/') + 1);
        return name.isEmpty() || name.equals(".") || name.equals("..") ? null : FileNames.of(Path.of(name));
    }
}
