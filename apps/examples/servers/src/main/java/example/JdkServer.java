package example;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** The JDK's own HTTP server: {@code java … example.JdkServer IMAGES.pt2 TEXTS.pt2 [PORT]}. */
public final class JdkServer implements AutoCloseable {
    private static final int MOST_BYTES = 10 << 20, STOP_SECONDS = 5;

    /** What a body becomes. */
    private interface Answer {
        List<Classifier.Guess> to(byte[] body) throws IOException;
    }

    private final HttpServer server;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

    JdkServer(Classifier images, Classifier texts, int port) throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.setExecutor(threads);
        server.createContext("/image", exchange -> answer(exchange, images::image));
        server.createContext("/text", exchange -> answer(exchange, body -> texts.text(new String(body, StandardCharsets.UTF_8))));
        server.start();
    }

    private static void answer(HttpExchange exchange, Answer answer) throws IOException {
        try (exchange) {
            if (!exchange.getRequestMethod().equals("POST")) {
                send(exchange, 405, "POST an image or a text");
                return;
            }
            byte[] body = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
            if (body.length > MOST_BYTES) send(exchange, 413, "the body is larger than " + MOST_BYTES + " bytes");
            else try {
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                send(exchange, 200, Classifier.Guess.json(answer.to(body)));
            } catch (IOException | RuntimeException e) {
                exchange.getResponseHeaders().set("Content-Type", "text/plain; charset=utf-8");
                send(exchange, Classifier.status(e), String.valueOf(e.getMessage()));
            }
        }
    }

    private static void send(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
    }

    int port() { return server.getAddress().getPort(); }

    @Override public void close() {
        server.stop(STOP_SECONDS);
        threads.close();
    }

    public static void main(String[] args) throws IOException {
        var images = Classifier.load(Path.of(args[0]));
        var texts = Classifier.load(Path.of(args[1]));
        var server = new JdkServer(images, texts, args.length > 2 ? Integer.parseInt(args[2]) : 8080);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            server.close();
            images.close();
            texts.close();
        }));
    }
}
