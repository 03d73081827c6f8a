package panatorch.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import panatorch.DType;
import panatorch.Torch;
import panatorch.junit.NoTensorLeaks;

/** Clients that send or take nothing for a long time, and those of HTTP/1.0, by sockets. */
@NoTensorLeaks
@Timeout(120)
class SlowClientsTest {
    private static final String GOOD = TestServer.rows("[1,2,3]", "[1,3]");
    private static final ServerOptions IMPATIENT =
            ServerOptions.standard().headTimeout(Duration.ofMillis(800)).idleTimeout(Duration.ofMillis(800));

    private static Socket connect(TestServer server) throws IOException {
        var socket = new Socket(InetAddress.getLoopbackAddress(), server.server.port());
        socket.setSoTimeout(60_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String post(String version, String more) {
        return "POST /v2/models/double/infer HTTP/" + version + "\r\nHost: localhost\r\n" + more + "Content-Length: " + GOOD.length()
                + "\r\n\r\n" + GOOD;
    }

    /** Reads until the server has closed the connection. */
    private static String untilEnd(Socket socket) throws IOException {
        try {
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketException e) { // a reset is an end, too
            return "";
        }
    }

    /** Reads an answer with a length. */
    private static String answer(InputStream in) throws IOException {
        var head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int b = in.read();
            if (b < 0) throw new IOException("the connection ended: " + head);
            head.append((char) b);
        }
        int length = Integer.parseInt(head.toString().replaceFirst("(?is).*content-length: *(\\d+).*", "$1"));
        return head + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    @Test void two_hundred_slow_heads_stop_nobody_and_end_in_time() throws Exception {
        try (var server = new TestServer(IMPATIENT.maxConnections(210)); var slow = Executors.newVirtualThreadPerTaskExecutor()) {
            var ends = new ArrayList<CompletableFuture<Long>>();
            for (int i = 0; i < 200; i++) {
                Socket socket = connect(server);
                long began = System.nanoTime();
                ends.add(CompletableFuture.supplyAsync(() -> {
                    try (socket) {
                        send(socket, "GET /v2/models/double HTTP/1.1\r\nHost: localhost\r\n");
                        for (int n = 0;; n++) { // a header every now and then, for ever
                            send(socket, "X-" + n + ": 0\r\n");
                            Thread.sleep(100);
                        }
                    } catch (IOException | InterruptedException e) { // the server has closed the connection
                        return System.nanoTime() - began;
                    }
                }, slow));
            }
            for (int i = 0; i < 20; i++) assertThat(server.infer(GOOD).statusCode()).isEqualTo(200);
            for (CompletableFuture<Long> end : ends) assertThat(end.get()).isGreaterThan(700_000_000L); // none of them before
            try (Socket next = connect(server)) { // there is room again
                send(next, post("1.1", ""));
                assertThat(answer(next.getInputStream())).contains("[2.0,4.0,6.0]");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "G", "GET / HTTP/1.1\r", "GET / HTTP/1.1\r\n", "GET / HTTP/1.1\r\nHost: localhost\r\n", "PRI * HTTP/2.0\r\n",
                "GET / HTTP/1.0\r\n"}) void a_head_that_does_not_come_ends_its_connection(String begin) throws Exception {
        try (var server = new TestServer(IMPATIENT); Socket socket = connect(server)) {
            send(socket, begin);
            assertThat(untilEnd(socket)).doesNotContain("200");
            assertThat(server.infer(GOOD).statusCode()).isEqualTo(200);
        }
    }

    @Test void a_handshake_that_does_not_come_ends_its_connection(@TempDir java.nio.file.Path folder) throws Exception {
        var certificate = new Certificate(folder, "server");
        ServerOptions options = IMPATIENT.host("localhost").tls(certificate.chain, certificate.key);
        try (var server = new TestServer(options); Socket silent = connect(server); Socket half = connect(server)) {
            half.getOutputStream().write(new byte[] {22, 3, 1, 1, 0, 1}); // the begin of a client's hello
            assertThat(untilEnd(silent)).isEmpty();
            assertThat(untilEnd(half)).isEmpty();
        }
    }

    @Test void an_idle_connection_answers_until_its_time_is_over() throws Exception {
        try (var server = new TestServer(IMPATIENT); Socket socket = connect(server)) {
            for (int i = 0; i < 5; i++) {
                send(socket, post("1.1", ""));
                assertThat(answer(socket.getInputStream())).contains("[2.0,4.0,6.0]");
                Thread.sleep(100);
            }
            send(socket, "GET / HTTP/1.1\r\n"); // and no more
            assertThat(untilEnd(socket)).isEmpty();
        }
    }

    @Test void a_long_run_is_no_idle_connection() throws Exception {
        try (var server = new TestServer(IMPATIENT); Socket socket = connect(server)) {
            server.hold();
            send(socket, post("1.1", ""));
            server.awaitRun();
            Thread.sleep(2000); // more than twice the limit
            server.release();
            assertThat(answer(socket.getInputStream())).contains("[2.0,4.0,6.0]");
        }
    }

    @Test void an_answer_that_nobody_takes_ends_its_connection() throws Exception {
        try (var server = new TestServer(ServerOptions.standard().bodyTimeout(Duration.ofMillis(300))); Socket socket = connect(server)) {
            server.models.load("large", 1, () -> TestServer.model(DType.FLOAT32, _ -> Torch.zeros(1, 8_000_000)),
                    TestServer.SERVING.maxBatch(1));
            send(socket, post("1.1", "").replace("double", "large"));
            Thread.sleep(2000);
            assertThat(untilEnd(socket).length()).as("bytes of 32 million").isLessThan(30_000_000);
            assertThat(server.infer(GOOD).statusCode()).isEqualTo(200);
        }
    }

    @Test void http_1_0_is_answered_and_its_connection_closed() throws Exception {
        try (var server = new TestServer(ServerOptions.standard())) {
            for (String request : List.of("GET /v2/health/ready HTTP/1.0\r\n\r\n",
                    "GET /v2/health/ready HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"))
                try (Socket socket = connect(server)) {
                    send(socket, request);
                    assertThat(untilEnd(socket)).startsWith("HTTP/1.1 200").endsWith("{\"ready\":true}");
                }
            try (Socket socket = connect(server)) {
                String request = post("1.0", "");
                for (int i = 0; i < request.length(); i += 20) { // in pieces
                    send(socket, request.substring(i, Math.min(request.length(), i + 20)));
                    Thread.sleep(2);
                }
                assertThat(untilEnd(socket)).startsWith("HTTP/1.1 200").contains("[2.0,4.0,6.0]");
            }
        }
    }
}
