package panatorch.apps;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The command {@code serve} in a process of its own, on the models of {@link ModelFilesTest}. */
@Timeout(240)
class ServeTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private Child server;
    private String url = "";

    private static Path file(String name) throws Exception {
        return Path.of(Objects.requireNonNull(ModelFilesTest.class.getResource("models/" + name), name).toURI());
    }

    private void start(String... args) throws Exception {
        var line = new ArrayList<>(List.of("serve", "--port", "0", "--workers", "1"));
        line.addAll(List.of(args));
        server = Child.start(folder, List.of(), List.of(), line.toArray(String[]::new));
        Pattern address = Pattern.compile(" on (http://\\S+);");
        while (url.isEmpty()) {
            assertThat(server.process().isAlive()).as(() -> said()).isTrue();
            Matcher m = address.matcher(server.out());
            if (m.find()) url = m.group(1);
            else Thread.sleep(50);
        }
    }

    private String said() {
        try {
            return server.out() + server.err();
        } catch (IOException e) {
            return e.toString();
        }
    }

    @AfterEach void stop() {
        if (server != null) server.process().destroyForcibly();
        client.close();
    }

    private HttpResponse<String> post(String path, String type, BodyPublisher body) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(url + path)).header("Content-Type", type).POST(body).build(),
                BodyHandlers.ofString());
    }

    private String get(String path) throws Exception {
        return client.send(HttpRequest.newBuilder(URI.create(url + path)).build(), BodyHandlers.ofString()).body();
    }

    /** Begins a connection with the server for gRPC, and returns the type of the first frame that comes back. */
    private int frameOfGrpc(String greeting) throws Exception {
        Matcher port = Pattern.compile("; gRPC on port (\\d+);").matcher(server.out());
        assertThat(port.find()).isTrue();
        try (var socket = new Socket("127.0.0.1", Integer.parseInt(port.group(1)))) {
            socket.getOutputStream().write(greeting.getBytes(StandardCharsets.ISO_8859_1));
            return socket.getInputStream().readNBytes(9)[3];
        }
    }

    private static void assertProbabilities(HttpResponse<String> answer, String item, String label) throws Exception {
        assertThat(answer.statusCode()).as(answer::body).isEqualTo(200);
        JsonNode classes = JSON.readTree(answer.body()).at("/predictions/0/classes");
        JsonNode python = JSON.readTree(file("expected.json").toFile()).get(item);
        assertThat(classes.at("/0/label").asText()).isEqualTo(label);
        for (JsonNode c : classes)
            assertThat(c.get("probability").asDouble()).isCloseTo(python.get(c.get("index").asInt()).asDouble(), within(1e-5));
    }

    @Test void images_and_texts_get_the_probabilities_that_they_get_in_python() throws Exception {
        start("image=" + file("image.pt2"), file("text.pt2").toString(), "--optimize");
        assertProbabilities(post("/v2/models/image/classify", "image/png", BodyPublishers.ofFile(file("picture.png"))), "picture.png",
                "airplane");
        assertProbabilities(post("/v2/models/text/classify", "text/plain", BodyPublishers.ofString("a good film")), "a good film",
                "negative");
        assertThat(post("/v2/models/text/classify", "image/png", BodyPublishers.ofFile(file("picture.png"))).body())
                .contains("nothing says how images become inputs of the model 'text'");
        assertThat(post("/v2/models/image/classify", "image/png", BodyPublishers.ofString("no image")).statusCode()).isEqualTo(400);
        assertThat(post("/v2/models/text/classify", "text/plain", BodyPublishers.ofByteArray(new byte[] {(byte) 0xff})).body())
                .contains("the text is not UTF-8");
        assertThat(get("/metrics")).contains("panatorch_serve_requests_total{model=\"image:1\",outcome=\"answered\"} 1.0", "jvm_memory");
        assertThat(frameOfGrpc("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0")).as("settings").isEqualTo(4);
        assertThat(frameOfGrpc("GET / HTTP/1.1\r\n\r\n")).as("settings, and no word in the log").isEqualTo(4);
        assertThat(post("/v2/repository/models/text/unload", "application/json", BodyPublishers.noBody()).statusCode()).isEqualTo(403);
        server.process().destroy();
        assertThat(server.end()).isEqualTo(143);
        assertThat(server.out()).contains("serving 2 models on http://127.0.0.1:", "stopping: no new requests, 0 still to answer");
        assertThat(server.err()).isEmpty();
    }

    @Test void a_folder_of_models_is_loaded_again_while_the_old_ones_answer() throws Exception {
        Path versions = Files.createDirectories(folder.resolve("models/text"));
        Path first = Files.copy(file("text.pt2"), Files.createDirectories(versions.resolve("1")).resolve("model.pt2"));
        start("--repository", folder.resolve("models").toString());
        Files.writeString(first, "rubbish"); // in place, as a careless copy does
        HttpResponse<String> refused = post("/v2/repository/models/text/load", "application/json", BodyPublishers.noBody());
        assertThat(refused.statusCode()).isEqualTo(400);
        assertThat(refused.body()).contains("the model text:1 could not be loaded", "is not a zip archive");
        assertProbabilities(post("/v2/models/text/classify", "text/plain", BodyPublishers.ofString("Bad!")), "Bad!", "positive");

        Files.copy(file("text.pt2"), Files.createDirectories(versions.resolve("2")).resolve("other.pt2"));
        Files.delete(first);
        Files.delete(first.getParent());
        assertThat(post("/v2/repository/models/text/load", "application/json", BodyPublishers.noBody()).statusCode()).isEqualTo(200);
        assertThat(JSON.readTree(get("/v2/models/text")).get("versions")).hasToString("[\"2\"]");
        assertProbabilities(post("/v2/models/text/classify", "text/plain", BodyPublishers.ofString("Bad!")), "Bad!", "positive");
        for (String name : new String[] {"..", "%2e%2e", "other", ".hidden", "text%2f1"})
            assertThat(post("/v2/repository/models/" + name + "/load", "application/json", BodyPublishers.noBody()).statusCode()).as(name)
                    .isEqualTo(404);
        assertThat(post("/v2/repository/models/text/unload", "application/json", BodyPublishers.noBody()).statusCode()).isEqualTo(200);
        assertThat(get("/v2/models")).isEqualTo("{\"models\":[]}");
    }

    @Test void a_script_is_served_with_declared_inputs() throws Exception {
        start("image=" + file("image.ts"), "--input", "x:float32[batch,3,16,16]", "--output", "logits:float32[batch,3]");
        assertProbabilities(post("/v2/models/image/classify", "image/png", BodyPublishers.ofFile(file("picture.png"))), "picture.png",
                "airplane");
        assertThat(get("/v2/models/image")).contains("\"shape\":[-1,3,16,16]");
    }

    @Test void an_end_under_load_answers_all_that_was_accepted() throws Exception {
        start(file("text.pt2").toString());
        var outcomes = new ConcurrentLinkedQueue<String>();
        try (var callers = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 8; i++) callers.submit(() -> {
                while (true) {
                    try {
                        outcomes.add("" + post("/v2/models/text/classify", "text/plain", BodyPublishers.ofString("Bad!")).statusCode());
                    } catch (IOException e) { // no connection, or one that was closed before anything was read
                        return null;
                    }
                }
            });
            while (outcomes.size() < 200) Thread.sleep(5);
            server.process().destroy();
            assertThat(server.end()).isEqualTo(143);
        }
        assertThat(outcomes).hasSizeGreaterThan(200).containsOnly("200", "503");
        assertThat(server.err()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            serve | serve needs a model
            serve nothing.pt2 | there is no file nothing.pt2
            serve --repository nowhere | there is no folder nowhere
            serve a=MODEL b=MODEL --labels l.txt | are for one model
            serve MODEL MODEL | two models have the name 'text'
            serve 'a b=MODEL' | cannot be the name of a model
            serve MODEL --input x:float32[1] | --input has no effect on a model that knows its own
            serve SCRIPT | a TorchScript does not tell the types and shapes of its inputs
            serve SCRIPT --input x:float31[1] | there is no type 'float31'
            serve MODEL --bucket x | --bucket 'x' is not of the form
            serve MODEL --bucket x:1=8 | there is no input 'x' to pad
            serve MODEL --tls-key k | --tls-certificate and --tls-key belong together
            serve MODEL --token-file none | the token cannot be read
            serve MODEL --port 70000 | --port
            serve MODEL --device cuda:x | --device 'cuda:x' is neither cpu, nor cuda, nor cuda:N
            serve MODEL --device CUDA | --device 'CUDA' is neither cpu, nor cuda, nor cuda:N
            serve MODEL --device cuda:999 | --device cuda:999 asks for a GPU
            serve MODEL --port 65535 | no port follows --port 65535; pass --grpc-port or --no-grpc
            """) void a_wrong_call_is_told(String line, String message) throws Exception {
        var words = new ArrayList<String>();
        for (Matcher m = Pattern.compile("'([^']*)'|(\\S+)").matcher(line); m.find();) {
            String word = m.group(1) != null ? m.group(1) : m.group(2);
            words.add(word.replace("MODEL", file("text.pt2").toString()).replace("SCRIPT", file("image.ts").toString()));
        }
        Calls call = Calls.of(words.getFirst(), words.stream().skip(1).map(Path::of).toArray(Path[]::new));
        assertThat(call.err()).contains(message).hasLineCount(1);
        assertThat(call.status()).isEqualTo(2);
    }
}
