package panatorch.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.junit.NoTensorLeaks;

/** Damaged requests. The property {@code panatorch.fuzz.requests} sets another number of them. */
@NoTensorLeaks
@Timeout(1200)
class FuzzTest {
    private static final int REQUESTS = Integer.getInteger("panatorch.fuzz.requests", 2_000);
    private static final String[] PIECES =
            {"", "\"", "{", "[", "]", "}", ":", ",", "-1", "99999999999999999999", "1e999", "null", "true", "NaN",
                "\\u0000", "\0", "é", "\r\n", "binary_data_size", "shape", "[[[[[[[[", "0", "2147483648", "FP64", "BOOL", "BYTES"};

    private static byte[] json(Random random) {
        String good = TestServer.rows("[1,2,3]", "[1,3]");
        var text = new StringBuilder(
                random.nextBoolean() ? good : good.replace("\"data\":[1,2,3]", "\"parameters\":{\"binary_data_size\":12}"));
        for (int i = random.nextInt(1, 4); i > 0; i--) {
            int at = random.nextInt(text.length()), to = Math.min(text.length(), at + random.nextInt(6));
            text.replace(at, to, PIECES[random.nextInt(PIECES.length)]);
        }
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] request(Random random) {
        byte[] json = json(random), tensor = new byte[random.nextInt(3) * 6];
        random.nextBytes(tensor);
        var all = new ByteArrayOutputStream();
        int length = json.length + tensor.length + (random.nextInt(8) == 0 ? random.nextInt(-5, 6) : 0);
        String head = "POST /v2/models/double/infer HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: " + length + "\r\n"
                + (tensor.length > 0 ? "Inference-Header-Content-Length: " + (json.length + random.nextInt(-1, 2)) + "\r\n" : "") + "\r\n";
        all.writeBytes(head.getBytes(StandardCharsets.UTF_8));
        all.writeBytes(json);
        all.writeBytes(tensor);
        byte[] bytes = all.toByteArray();
        if (random.nextInt(4) == 0) bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        return bytes;
    }

    @Test void damaged_requests_are_refused_and_harm_nobody() throws Exception {
        var random = new Random(1);
        var statuses = new TreeMap<String, Integer>();
        try (var server = new TestServer(ServerOptions.standard().bodyTimeout(Duration.ofMillis(100)))) {
            for (int i = 0; i < REQUESTS; i++) {
                byte[] request = request(random);
                String answer = send(server, request);
                // Helidon itself calls a request line whose method has an illegal character an internal error, without a body.
                boolean noMethod = answer.startsWith("HTTP/1.1 500") && answer.endsWith("Content-Length: 0\r\n\r\n");
                String status = answer.isEmpty() || noMethod ? "closed" : answer.substring(9, Math.min(12, answer.length()));
                statuses.merge(status, 1, Integer::sum);
                assertThat(status).as(() -> new String(request, StandardCharsets.UTF_8) + "\n→ " + answer)
                        .isIn("200", "400", "403", "404", "405", "413", "414", "415", "501", "505", "closed");
                if (i % 100 == 0) assertThat(server.infer(TestServer.rows("[1,2,3]", "[1,3]")).body()).contains("[2.0,4.0,6.0]");
            }
        }
        assertThat(statuses.get("400")).isGreaterThan(REQUESTS / 2);
    }

    /** Returns what came back until the connection ended; a request that lacks its end gets an end. */
    private static String send(TestServer server, byte[] request) throws IOException {
        try (var socket = new Socket("127.0.0.1", server.server.port())) {
            socket.setSoTimeout(30_000);
            socket.getOutputStream().write(request);
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (IOException e) {
            return ""; // the server closed a connection whose rest it did not read
        }
    }
}
