package panatorch.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;
import org.junit.jupiter.api.io.TempDir;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.junit.NoTensorLeaks;
import panatorch.serve.Answer;
import panatorch.serve.Request;

/** The description at {@code /v2/docs}, and answers against it, by Python's {@code openapi-spec-validator}. */
@NoTensorLeaks
@Timeout(120)
@EnabledIfEnvironmentVariable(named = "PYTHON", matches = ".+", disabledReason = "set PYTHON to a Python with openapi-spec-validator")
class OpenApiTest {
    private static final String ROWS = TestServer.rows("[1,2,3]", "[1,3]");

    @TempDir
    Path folder;
    private final List<byte[]> answers = new ArrayList<>();

    /** Answers each text with two classes. */
    private static final MediaReader TEXTS = new MediaReader() {
        @Override public boolean takes(String model, Kind kind) { return kind == Kind.TEXT; }

        @Override public Media read(String model, Kind kind, byte[] bytes) {
            Request request = Request.of(panatorch.Torch.ones(1, 3));
            return new Media() {
                @Override public Request request() { return request; }

                @Override public String json(Answer answer) {
                    return "{\"predictions\":[{\"classes\":[{\"label\":\"good\",\"index\":1,\"probability\":0.75}]}]}";
                }
            };
        }
    };

    private static Process python(String... words) throws IOException {
        var command = new ArrayList<>(List.of(System.getenv("PYTHON")));
        command.addAll(List.of(words));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private static String said(Process p) throws IOException {
        return new String(p.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    private void ask(TestServer server, int status, String path, String body, String... headers) throws Exception {
        askOf("double/1", server, status, path, body, headers);
    }

    /** Asks a version of a model, and keeps the answer. A body makes it a POST; pairs of header and value follow. */
    private void askOf(String model, TestServer server, int status, String path, String body, String... headers) throws Exception {
        String[] of = model.split("/");
        var request = server.to(path.replace("{name}", of[0]).replace("{version}", of[1]));
        if (body != null) request.POST(BodyPublishers.ofString(body));
        if (headers.length > 0) request.headers(headers);
        HttpResponse<String> answer = server.client.send(request.build(), BodyHandlers.ofString(StandardCharsets.ISO_8859_1));
        assertThat(answer.statusCode()).as(() -> path + " " + answer.body()).isEqualTo(status);
        String type = answer.headers().firstValue("Content-Type").orElse("").replaceFirst(";.*", "");
        answers.add(JsonDocument.of(to -> {
            to.writeStartObject();
            to.writeStringField("path", path);
            to.writeStringField("method", body == null ? "get" : "post");
            to.writeNumberField("status", status);
            to.writeStringField("type", type);
            to.writeStringField("body", answer.body());
            to.writeEndObject();
        }));
    }

    @Test void the_description_is_valid_and_answers_are_as_it_says() throws Exception {
        Process has = python("-c", "import openapi_spec_validator");
        String import_ = said(has);
        assumeTrue(has.waitFor() == 0, () -> "skipped: PYTHON has no openapi-spec-validator: " + import_);
        ServerOptions options = ServerOptions.standard().metrics(() -> "up 1\n").media(TEXTS).maxBody(10_000).loader(_ -> {});
        try (var server = new TestServer(options)) {
            server.models.load("wide", 1, () -> TestServer.model(DType.FLOAT32, x -> x.to(DType.COMPLEX64)), TestServer.SERVING);
            server.models.load("broken", 1, () -> server.model(OpenApiTest::fail), TestServer.SERVING);
            for (String path : List.of("/", "/v2", "/v2/docs", "/v2/models", "/v2/health/live", "/v2/health/ready", "/metrics"))
                ask(server, 200, path, null);
            ask(server, 403, "/v2/health/live", null, "Origin", "http://other.example");
            for (String model : List.of("/v2/models/{name}", "/v2/models/{name}/versions/{version}")) {
                ask(server, 200, model, null);
                askOf("other/1", server, 404, model, null);
                ask(server, 200, model + "/ready", null);
                ask(server, 200, model + "/infer", ROWS);
                ask(server, 200, model + "/infer", ROWS.replaceFirst("\\{", "{\"parameters\":{\"binary_data_output\":true},"));
                ask(server, 400, model + "/infer", "{}");
                ask(server, 413, model + "/infer", " ".repeat(10_001));
                ask(server, 415, model + "/infer", ROWS, "Content-Encoding", "gzip");
                ask(server, 200, model + "/classify", "a good film", "Content-Type", "text/plain");
                ask(server, 415, model + "/classify", "{}", "Content-Type", "application/json");
            }
            askOf("double/x", server, 400, "/v2/models/{name}/versions/{version}", null);
            askOf("wide/1", server, 501, "/v2/models/{name}/infer", ROWS);
            askOf("broken/1", server, 500, "/v2/models/{name}/infer", ROWS);
            ask(server, 200, "/v2/repository/index", "");
            ask(server, 200, "/v2/repository/models/{name}/load", "");
            ask(server, 200, "/v2/repository/models/{name}/unload", "");
            check(server.get("/v2/docs").body());
        }
    }

    private static Tensor fail(Tensor x) {
        if (x.sum().item().floatValue() > 0) throw new IllegalStateException("index 3 is out of range");
        return x;
    }

    private void check(String description) throws Exception {
        Path document = Files.writeString(folder.resolve("openapi.json"), description);
        var all = new ArrayList<String>();
        for (byte[] a : answers) all.add(new String(a, StandardCharsets.UTF_8));
        Path examples = Files.writeString(folder.resolve("answers.json"), "[" + String.join(",\n", all) + "]");
        Process p = python("src/test/python/openapi.py", document.toString(), examples.toString());
        String faults = said(p);
        assertThat(p.waitFor()).as(faults).isZero();
    }
}
