package panatorch.datasets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadTest {
    /** What the server does with a request; {@code from} is where its range begins. */
    private interface Answer {
        void give(HttpExchange exchange, int from) throws IOException;
    }

    @TempDir
    Path data;
    private final byte[] content = new byte[300_000];
    private final List<String> requests = new ArrayList<>();
    private final CountDownLatch end = new CountDownLatch(1);
    private HttpServer server;
    private Answer answer = this::serve;

    @BeforeEach void a_server() throws IOException {
        new Random(0).nextBytes(content);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            String range = exchange.getRequestHeaders().getFirst("Range");
            requests.add(exchange.getRequestURI().getPath() + (range == null ? "" : " " + range));
            try (exchange) {
                answer.give(exchange, range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", "")));
            }
        });
        server.start();
    }

    @AfterEach void stop() {
        end.countDown();
        server.stop(0);
    }

    private static void head(HttpExchange exchange, int from, int size) throws IOException {
        if (from > 0) exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (size - 1) + "/" + size);
        exchange.sendResponseHeaders(from > 0 ? 206 : 200, size - from);
    }

    private void serve(HttpExchange exchange, int from) throws IOException {
        head(exchange, from, content.length);
        exchange.getResponseBody().write(content, from, content.length - from);
    }

    /** Gives {@code n} bytes of the rest and hangs up. */
    private void cut(HttpExchange exchange, int from, int n) throws IOException {
        head(exchange, from, content.length);
        OutputStream out = exchange.getResponseBody();
        out.write(content, from, Math.min(n, content.length - from));
        out.flush();
    }

    private String url(String folder) { return "http://localhost:" + server.getAddress().getPort() + "/" + folder; }

    private RemoteFile file(String... folders) throws IOException { return file("set.bin", content, folders); }

    private RemoteFile file(String name, byte[] content, String... folders) throws IOException {
        Path copy = Files.write(data.resolve("copy"), content);
        String hash = Download.sha256(copy);
        Files.delete(copy);
        return new RemoteFile(name, content.length, hash,
                folders.length == 0 ? new String[] {url("")} : Stream.of(folders).map(this::url).toArray(String[]::new));
    }

    private Path fetch(RemoteFile... files) {
        return new Download((file, bytes, of) -> {}, 3, Duration.ofMillis(300), Duration.ofMillis(1)).fetch(List.of(files), data, "set");
    }

    private void assertNothingIsThere() throws IOException {
        try (Stream<Path> inside = Files.list(data.resolve("set"))) {
            assertThat(inside.map(p -> p.getFileName().toString())).as("only what may be gone on with").isSubsetOf("set.bin.part");
        }
    }

    @Test void a_file_is_loaded_once_and_watched() throws IOException {
        var watched = new ArrayList<Long>();
        var download = new Download((name, bytes, of) -> watched.add(bytes), 1, Duration.ofSeconds(5), Duration.ZERO);
        assertThat(download.fetch(List.of(file()), data, "set").resolve("set.bin")).hasBinaryContent(content);
        assertThat(watched).isSorted().endsWith(300_000L);
        fetch(file());
        assertThat(requests).containsExactly("/set.bin");
        assertThat(data.resolve("set")).isDirectoryNotContaining("glob:**.part");
    }

    @Test void a_server_that_hangs_up_is_asked_for_the_rest() throws IOException {
        answer = (exchange, from) -> cut(exchange, from, 100_000);
        assertThat(fetch(file()).resolve("set.bin")).hasBinaryContent(content);
        assertThat(requests).hasSizeBetween(3, 8).first().isEqualTo("/set.bin");
        assertThat(requests.subList(1, requests.size())).allMatch(r -> r.startsWith("/set.bin bytes="));
    }

    @Test void a_run_that_was_killed_is_gone_on_with() throws IOException {
        Files.createDirectory(data.resolve("set"));
        Files.write(data.resolve("set/set.bin.part"), Arrays.copyOf(content, 123_456));
        assertThat(fetch(file()).resolve("set.bin")).hasBinaryContent(content);
        assertThat(requests).containsExactly("/set.bin bytes=123456-");
    }

    @Test void a_server_that_stalls_is_left_and_asked_again() throws IOException {
        answer = (exchange, from) -> {
            if (from > 0) {
                serve(exchange, from);
                return;
            }
            cut(exchange, 0, 50_000);
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        assertThat(fetch(file()).resolve("set.bin")).hasBinaryContent(content);
        assertThat(requests).containsExactly("/set.bin", "/set.bin bytes=50000-");
    }

    @Test void a_server_that_always_stalls_is_given_up() throws IOException {
        answer = (exchange, from) -> {
            try {
                end.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        };
        assertThatThrownBy(() -> fetch(file())).isInstanceOf(DatasetException.class).hasMessageContaining("SocketTimeoutException");
        assertThat(requests).hasSize(3);
        assertNothingIsThere();
    }

    @Test void a_server_without_ranges_begins_again() throws IOException {
        answer = (exchange, from) -> {
            if (requests.size() == 1) cut(exchange, 0, 100_000);
            else serve(exchange, 0);
        };
        assertThat(fetch(file()).resolve("set.bin")).hasBinaryContent(content);
        assertThat(requests).hasSize(2);
    }

    @Test void a_server_without_ranges_that_always_hangs_up_is_given_up() throws IOException {
        answer = (exchange, from) -> cut(exchange, 0, requests.size() % 2 == 0 ? 90_000 : 100_000);
        assertThatThrownBy(() -> fetch(file())).isInstanceOf(DatasetException.class);
        assertThat(requests).hasSizeLessThan(6);
    }

    @Test void a_range_that_begins_elsewhere_is_not_appended() throws IOException {
        answer = (exchange, from) -> {
            if (from == 0) {
                if (requests.size() == 1) cut(exchange, 0, 100_000);
                else serve(exchange, 0);
                return;
            }
            exchange.getResponseHeaders().set("Content-Range", "bytes 7-299999/300000");
            exchange.sendResponseHeaders(206, 0);
            exchange.getResponseBody().write(content, 7, 299_993);
        };
        assertThat(fetch(file()).resolve("set.bin")).hasBinaryContent(content);
        assertThat(requests).containsExactly("/set.bin", "/set.bin bytes=100000-", "/set.bin");
    }

    @Test void wrong_bytes_never_get_the_files_name() throws IOException {
        answer = (exchange, from) -> {
            content[200_000] ^= 1;
            serve(exchange, from);
            content[200_000] ^= 1;
        };
        RemoteFile file = file();
        assertThatThrownBy(() -> fetch(file)).isInstanceOf(DatasetException.class)
                .hasMessageContaining("sent other content: its SHA-256 is ")
                .hasMessageEndingWith("; download " + url("set.bin") + " by hand, put it into " + data.resolve("set") + " and try again");
        assertNothingIsThere();
        assertThat(data.resolve("set/set.bin.part")).as("wrong bytes are not gone on with").isEmptyFile();
    }

    @Test void a_page_instead_of_the_file_is_refused_by_its_length() throws IOException {
        answer = (exchange, from) -> {
            byte[] page = "<html>please log in</html>".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
        };
        assertThatThrownBy(() -> fetch(file())).isInstanceOf(DatasetException.class).hasMessageContaining("has 26 bytes, not 300000");
        assertThat(requests).hasSize(1);
        assertNothingIsThere();
    }

    @Test void a_file_without_end_is_not_loaded_for_ever() throws IOException {
        answer = (exchange, from) -> {
            exchange.sendResponseHeaders(200, 0); // in chunks, without a length
            for (int i = 0; i < 1000; i++) exchange.getResponseBody().write(content);
        };
        assertThatThrownBy(() -> fetch(file())).isInstanceOf(DatasetException.class).hasMessageContaining("sends more than 300000 bytes");
        assertThat(data.resolve("set/set.bin.part")).isEmptyFile();
    }

    @Test void the_next_address_is_asked_where_one_fails() throws IOException {
        answer = (exchange, from) -> {
            if (exchange.getRequestURI().getPath().startsWith("/old")) exchange.sendResponseHeaders(404, -1);
            else serve(exchange, from);
        };
        assertThat(fetch(file("old/", "new/")).resolve("set.bin")).hasBinaryContent(content);
        assertThat(requests).containsExactly("/old/set.bin", "/new/set.bin");
    }

    @Test void an_overloaded_server_is_asked_again_without_losing_what_there_is() throws IOException {
        Files.createDirectory(data.resolve("set"));
        Files.write(data.resolve("set/set.bin.part"), Arrays.copyOf(content, 1000));
        answer = (exchange, from) -> {
            if (requests.size() < 3) exchange.sendResponseHeaders(503, -1);
            else serve(exchange, from);
        };
        assertThat(fetch(file()).resolve("set.bin")).hasBinaryContent(content);
        assertThat(requests).containsOnly("/set.bin bytes=1000-");
    }

    @Test void without_a_network_one_is_told_what_to_load_and_where_to_put_it() throws IOException {
        RemoteFile file = file();
        server.stop(0);
        assertThatThrownBy(() -> fetch(file)).isInstanceOf(DatasetException.class)
                .hasMessageMatching(
                        "set\\.bin could not be downloaded \\(ConnectException: .*\\); download http://localhost:\\d+/set\\.bin by hand, "
                                + "put it into .*/set and try again");
        Files.write(data.resolve("set/set.bin"), content);
        assertThat(fetch(file).resolve("set.bin")).hasBinaryContent(content);
        Files.write(data.resolve("set/set.bin"), new byte[3]);
        assertThatThrownBy(() -> fetch(file)).hasMessageContaining("exists with other content; move it away");
    }

    @Test void two_that_load_the_same_file_do_not_mix_it() throws IOException {
        Files.createDirectory(data.resolve("set"));
        try (var other = FileChannel.open(data.resolve("set/set.bin.part"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var lock = other.lock()) {
            assertThat(lock.isValid()).isTrue();
            assertThatThrownBy(() -> fetch(file())).isInstanceOf(DatasetException.class)
                    .hasMessageContaining("another process is downloading it");
        }
        assertThat(requests).isEmpty();
    }

    /** A tar of one entry, as its format asks for it. */
    private static byte[] tar(String name, char type, byte[] content) throws IOException {
        var out = new ByteArrayOutputStream();
        var header = new byte[512];
        System.arraycopy(name.getBytes(StandardCharsets.UTF_8), 0, header, 0, name.length());
        byte[] rest = String.format("%07o\0%07o\0%07o\0%011o\0%011o\0        %c", 0644, 0, 0, content.length, 0, type)
                .getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(rest, 0, header, 100, rest.length);
        int sum = 0;
        for (byte b : header) sum += b & 0xFF;
        System.arraycopy(String.format("%06o\0 ", sum).getBytes(StandardCharsets.US_ASCII), 0, header, 148, 8);
        out.write(header);
        out.write(content);
        out.write(new byte[(512 - content.length % 512) % 512]);
        return out.toByteArray();
    }

    private RemoteFile archive(byte[]... entries) throws IOException {
        var out = new ByteArrayOutputStream();
        try (var gz = new GZIPOutputStream(out)) {
            for (byte[] e : entries) gz.write(e);
            gz.write(new byte[1024]);
        }
        byte[] bytes = out.toByteArray();
        answer = (exchange, from) -> {
            head(exchange, from, bytes.length);
            exchange.getResponseBody().write(bytes, from, bytes.length - from);
        };
        return file("set.tar.gz", bytes);
    }

    @Test void an_archive_is_unpacked_once() throws IOException {
        RemoteFile archive =
                archive(tar("set/", '5', new byte[0]), tar("set/a.bin", '0', new byte[] {1, 2}), tar("set/more/b.bin", '0', new byte[512]));
        Path folder = fetch(archive);
        assertThat(folder.resolve("a.bin")).hasBinaryContent(new byte[] {1, 2});
        assertThat(folder.resolve("more/b.bin")).hasSize(512);
        fetch(archive);
        assertThat(requests).hasSize(1);
        assertThat(data).isDirectoryNotContaining("glob:**/.set*");
    }

    @Test void no_entry_gets_out_of_the_folder() throws IOException {
        for (String name : new String[] {"../evil", "set/../../evil", "/tmp/evil", "set/..\\evil"}) {
            RemoteFile archive = archive(tar("set/", '5', new byte[0]), tar(name, '0', new byte[] {1}));
            assertThatThrownBy(() -> fetch(archive)).isInstanceOf(DatasetException.class)
                    .hasMessageContaining("the name " + name + " leads out of the folder");
            assertThat(data).isDirectoryNotContaining("glob:**/{set,.set*,evil}");
            Files.delete(data.resolve("set.tar.gz"));
        }
    }

    @Test void links_damage_and_a_missing_folder_leave_nothing_behind() throws IOException {
        byte[] whole = tar("set/a.bin", '0', new byte[4000]), damaged = tar("set/a.bin", '0', new byte[10]);
        damaged[1] ^= 1;
        var archives = new LinkedHashMap<String, byte[]>();
        archives.put("set/link is of the type 2; only files and folders are unpacked", tar("set/link", '2', new byte[0]));
        archives.put("it holds no folder set", tar("other/a", '0', new byte[1]));
        archives.put("a header is damaged", damaged);
        archives.put("it is truncated", Arrays.copyOf(whole, 600));
        for (var e : archives.entrySet()) {
            RemoteFile archive = archive(e.getValue());
            assertThatThrownBy(() -> fetch(archive)).isInstanceOf(DatasetException.class)
                    .hasMessageContaining("the archive " + data.resolve("set.tar.gz") + " cannot be unpacked: " + e.getKey());
            assertThat(data).isDirectoryNotContaining("glob:**/{set,.set*}");
            Files.delete(data.resolve("set.tar.gz"));
        }
    }

    @Test void the_table_has_the_sums_that_the_sets_have() throws IOException {
        String real = System.getenv("PANATORCH_DATA");
        assumeTrue(real != null, "skipped: set PANATORCH_DATA to the folder that holds mnist");
        for (RemoteFile f : PublicData.MNIST.files) {
            Path there = Path.of(real, "mnist", f.name());
            assertThat(Files.size(there)).isEqualTo(f.size());
            assertThat(Download.sha256(there)).isEqualTo(f.sha256());
        }
        assertThat(PublicData.MNIST.download(Path.of(real))).isEqualTo(Path.of(real, "mnist"));
    }
}
