package panatorch.serialize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import panatorch.Scope;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** The servers' faults are those of {@code DownloadTest} in datasets, which has the same downloader. */
@NoTensorLeaks
class DownloadsTest {
    @TempDir
    Path folder;

    private URI weights() throws IOException {
        Path file = folder.resolve("weights.safetensors");
        try (var scope = Scope.open()) {
            Safetensors.save(file, Map.of("w", Torch.ones(2)), Map.of());
        }
        return file.toUri();
    }

    private static String sha256(URI file) throws IOException, NoSuchAlgorithmException {
        return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(Files.readAllBytes(Path.of(file))));
    }

    @Test void weights_are_downloaded_once_and_loaded() throws IOException, NoSuchAlgorithmException {
        URI url = weights();
        String hash = sha256(url);
        Path cache = folder.resolve("cache"), file = StateDicts.download(url, hash.toUpperCase(), cache);
        assertThat(file).isEqualTo(cache.resolve(hash.substring(0, 8) + "-weights.safetensors"));
        try (var scope = Scope.open()) {
            assertThat(StateDicts.load(file).get("w").toFloatArray()).containsExactly(1, 1);
        }
        Files.delete(Path.of(url));
        assertThat(StateDicts.download(url, hash.substring(0, 8), cache)).isEqualTo(file);
        assertThat(cache).isDirectoryNotContaining("glob:**.part");
    }

    @Test void content_with_another_checksum_is_refused_and_not_kept() throws IOException {
        URI url = weights();
        Path cache = folder.resolve("cache");
        assertThatThrownBy(() -> StateDicts.download(url, "00000000", cache)).isInstanceOf(IOException.class)
                .hasMessageStartingWith("the weights could not be downloaded (" + url + " sent other content: its SHA-256 is ")
                .hasMessageEndingWith("put it into " + cache + " under the name 00000000-weights.safetensors and try again");
        assertThat(cache.resolve("00000000-weights.safetensors")).doesNotExist();
    }

    @Test void a_file_in_the_cache_that_was_changed_is_named() throws IOException, NoSuchAlgorithmException {
        URI url = weights();
        Path file = StateDicts.download(url, sha256(url), folder.resolve("cache"));
        Files.writeString(file, "other");
        assertThatThrownBy(() -> StateDicts.download(url, sha256(url), folder.resolve("cache")))
                .hasMessageContaining("the file " + file + " exists with other content; move it away");
    }

    @Test void addresses_and_checksums_that_cannot_be_used_are_refused() {
        assertThatThrownBy(() -> StateDicts.download(URI.create("http://example.org/w.pt"), "f37072fd"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("weights are downloaded from https or file addresses, or from http on this machine, not from "
                        + "http://example.org/w.pt");
        assertThatThrownBy(() -> StateDicts.download(URI.create("https://example.org/w.pt"), "f370"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the checksum must be 8 to 64 hexadecimal digits of a SHA-256, but is \"f370\"");
        assertThatThrownBy(() -> StateDicts.download(URI.create("https://example.org/"), "f37072fd"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the address https://example.org/ does not end with the name of a file");
    }
}
