package example;

import io.helidon.http.Status;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Helidon SE: {@code java … example.HelidonServer IMAGES.pt2 TEXTS.pt2 [PORT]}. */
public final class HelidonServer implements AutoCloseable {
    private static final int MOST_BYTES = 10 << 20;

    private final WebServer server;

    HelidonServer(Classifier images, Classifier texts, int port) {
        server = WebServer.builder().host("127.0.0.1").port(port).maxPayloadSize(MOST_BYTES)
                .routing((HttpRouting.Builder routing) -> routing.post("/image", answer(byte[].class, images::image))
                        .post("/text", answer(String.class, texts::text))
                        .error(IOException.class, HelidonServer::refuse).error(RuntimeException.class, HelidonServer::refuse))
                .build().start();
    }

    private static void refuse(ServerRequest request, ServerResponse response, Exception e) {
        response.status(Status.create(Classifier.status(e))).send(String.valueOf(e.getMessage()));
    }

    /** What a body becomes. */
    private interface Answer<T> {
        List<Classifier.Guess> to(T body) throws IOException;
    }

    private static <T> Handler answer(Class<T> type, Answer<T> answer) {
        return (request, response) -> {
            String json = Classifier.Guess.json(answer.to(request.content().as(type)));
            response.header("Content-Type", "application/json").send(json);
        };
    }

    int port() { return server.port(); }

    @Override public void close() { server.stop(); }

    public static void main(String[] args) throws IOException {
        var images = Classifier.load(Path.of(args[0]));
        var texts = Classifier.load(Path.of(args[1]));
        new HelidonServer(images, texts, args.length > 2 ? Integer.parseInt(args[2]) : 8080);
    }
}
