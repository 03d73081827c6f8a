package example;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.boot.SpringApplication;

/** Each server gives the probabilities that the models have in Python; a script of the command line's tests has written both. */
class ServersTest {
    private static final Path MODELS = Path.of("../../src/test/resources/panatorch/apps/models");
    private static final Path IMAGES = MODELS.resolve("image.pt2"), TEXTS = MODELS.resolve("text.pt2");
    private static Classifier images, texts;

    private final HttpClient client = HttpClient.newHttpClient();

    @BeforeAll static void load() throws Exception {
        images = Classifier.load(IMAGES);
        texts = Classifier.load(TEXTS);
    }

    @AfterAll static void close() {
        images.close();
        texts.close();
    }

    private HttpResponse<String> post(int port, String path, String type, byte[] body) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).header("Content-Type", type)
                .POST(BodyPublishers.ofByteArray(body)).build(), BodyHandlers.ofString());
    }

    private static double python(String item) throws Exception {
        String expected = Files.readString(MODELS.resolve("expected.json"));
        var row = Pattern.compile(Pattern.quote("\"" + item + "\"") + ":\\s*\\[([^]]*)]").matcher(expected);
        assertThat(row.find()).as(item).isTrue();
        return Pattern.compile(",").splitAsStream(row.group(1)).mapToDouble(Double::parseDouble).max().orElseThrow();
    }

    private static void assertFirst(HttpResponse<String> answer, String label, double probability) {
        assertThat(answer.statusCode()).as(answer::body).isEqualTo(200);
        var first = Pattern.compile("^\\[\\{\"label\":\"([^\"]*)\",\"probability\":([0-9.E-]+)}").matcher(answer.body());
        assertThat(first.find()).as(answer.body()).isTrue();
        assertThat(first.group(1)).isEqualTo(label);
        assertThat(Double.parseDouble(first.group(2))).isCloseTo(probability, within(1e-5));
    }

    private void check(int port) throws Exception {
        byte[] picture = Files.readAllBytes(MODELS.resolve("picture.png"));
        assertFirst(post(port, "/image", "image/png", picture), "airplane", python("picture.png"));
        assertFirst(post(port, "/text", "text/plain", "a good film".getBytes()), "negative", python("a good film"));
        HttpResponse<String> noImage = post(port, "/image", "image/png", "no image".getBytes());
        assertThat(noImage.statusCode()).as(noImage::body).isEqualTo(400);
        assertThat(noImage.body()).contains("image");

        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var answers = new ArrayList<Future<HttpResponse<String>>>();
            for (int i = 0; i < 200; i++) answers.add(threads.submit(() -> post(port, "/image", "image/png", picture)));
            for (Future<HttpResponse<String>> answer : answers) assertFirst(answer.get(), "airplane", python("picture.png"));
        }
    }

    @Test void the_jdks_server_classifies_images_and_texts() throws Exception {
        try (var server = new JdkServer(images, texts, 0)) {
            check(server.port());
        }
    }

    @Test void helidon_classifies_images_and_texts() throws Exception {
        try (var server = new HelidonServer(images, texts, 0)) {
            check(server.port());
        }
    }

    @Test void spring_boot_classifies_images_and_texts() throws Exception {
        List<String> arguments = List.of("--server.port=0", "--images=" + IMAGES, "--texts=" + TEXTS);
        try (var context = SpringApplication.run(SpringServer.class, arguments.toArray(String[]::new))) {
            check(Integer.parseInt(context.getEnvironment().getRequiredProperty("local.server.port")));
        }
    }
}
