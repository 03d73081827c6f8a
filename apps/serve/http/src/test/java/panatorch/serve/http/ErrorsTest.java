package panatorch.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import panatorch.junit.NoTensorLeaks;

@NoTensorLeaks
@Timeout(120)
class ErrorsTest {
    private static final String GOOD = TestServer.rows("[1,2,3]", "[1,3]");

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            <"shape":[1,4],"datatype":"FP32","data":[1,2,3,4]> | input 'x': dimension 1 is 4, but has to be 3
            <"shape":[1,3],"datatype":"INT64","data":[1,2,3]> | input 'x' is int64 [1, 3] on cpu, but the model takes float32[batch, 3]
            {"inputs":[{"name":"z","shape":[1,3],"datatype":"FP32","data":[1,2,3]> | the request lacks the inputs [x] of [x]
            {"inputs":[]} | the request lacks the inputs [x] of [x]
            {} | the request lacks the inputs [x] of [x]
            [] | the request has to be a JSON object
            {"inputs":{}} | inputs has to be an array
            <"shape":[1,3],"datatype":"FP32","data":[1,2,3]>x | the request is not JSON
            <"shape":[1,3],"datatype":"FP32","data":[1,2,3]>1 | something behind the request's JSON
            <"shape":[1,3],"datatype":"FP32","data":[1,2 | the request is not JSON: Unexpected end-of-input
            <"shape":[1,3],"datatype":"FP32","data":[1,2]> | input 'x': the data has 2 elements, but the shape is [1, 3], which has 3
            <"shape":[2,3],"datatype":"FP32","data":[[1,2,3,4],[5,6]]> | the data has arrays of 4 and of 2 elements side by side
            <"shape":[2,3],"datatype":"FP32","data":[[1,2],[3,4],[5,6]]> | input 'x': the data has the shape [3, 2], but the shape is [2, 3]
            <"shape":[1,3],"datatype":"FP32","data":[1,"a",3]> | the data has a text; only numbers
            <"shape":[1,3],"datatype":"FP32","data":[1,null,3]> | the data has null where a number
            <"shape":[1,3],"datatype":"FP32","data":[1,true,3]> | input 'x': the data has truth values and numbers
            <"shape":[1,3],"datatype":"UINT8","data":[1,256,3]> | input 'x': element 1 of the data is 256, but UINT8 is from 0 to 255
            <"shape":[1,3],"datatype":"INT64","data":[1,2.5,3]> | input 'x': element 1 of the data is 2.5, which JSON cannot give
            <"shape":[1,-3],"datatype":"FP32","data":[1,2,3]> | a size of a shape has to be a whole number from 0
            <"shape":[3037000500,3037000500],"datatype":"FP32","data":[1]> | has more elements than memory can hold
            <"shape":[1,3],"datatype":"BYTES","data":["a","b","c"]> | the data has a text
            <"shape":[1,3],"datatype":"FP31","data":[1,2,3]> | input 'x': there is no datatype 'FP31'; there are [BOOL, UINT8
            <"datatype":"FP32","data":[1,2,3]> | input 'x' has no shape
            <"shape":[1,3],"data":[1,2,3]> | input 'x' has no datatype
            <"shape":[1,3],"datatype":"FP32"> | input 'x': there is no data
            {"inputs":[{"shape":[1,3],"datatype":"FP32","data":[1,2,3]> | input 0 has no name
            <"shape":[1,3],"datatype":"FP32","parameters":{"binary_data_size":12}> | binary_data_size is 12, but only 0 bytes are left
            <"shape":[1,3],"datatype":"FP32","data":[1,2,3]}],"outputs":[{"name":"q"> | there is no output 'q'; the model has [y]
            <"name":"x"> | the request is not JSON: Duplicate field 'name'
            <"shape":[1],"datatype":"FP32","data":[1]}],"outputs":[{"name":"y","parameters":{"classification":2}> | 'classification' is not
            {"inputs":[],"parameters":{"sequence_id":4}} | the parameter 'sequence_id' is not supported
            {"a":DEEP} | nesting depth
            """) void a_wrong_request_is_told_what_is_wrong(String body, String message) throws Exception {
        try (var server = new TestServer(ServerOptions.standard())) {
            HttpResponse<String> answer = server.infer(body.replace("<", "{\"inputs\":[{\"name\":\"x\",").replace(">", "}]}")
                    .replace("DEEP", "[".repeat(70) + "]".repeat(70)));
            assertThat(answer.body()).startsWith("{\"error\":\"").contains(message);
            assertThat(answer.statusCode()).isEqualTo(400);
            assertThat(server.infer(GOOD).statusCode()).isEqualTo(200);
        }
    }

    @Test void what_does_not_exist_is_404() throws Exception {
        try (var server = new TestServer(ServerOptions.standard())) {
            HttpResponse<String> model = server.post("/v2/models/other/infer", GOOD);
            assertThat(model.statusCode()).isEqualTo(404);
            assertThat(model.body()).isEqualTo("{\"error\":\"there is no model 'other'; there are [double]\"}");
            assertThat(server.post("/v2/models/double/versions/9/infer", GOOD).statusCode()).isEqualTo(404);
            assertThat(server.post("/v2/models/double/versions/a/infer", GOOD).statusCode()).isEqualTo(400);
            assertThat(server.get("/v1/models").body()).contains("there is no GET /v1/models");
            assertThat(server.get("/metrics").statusCode()).isEqualTo(404);
        }
    }

    @Test void while_models_are_loaded_the_server_is_not_ready() throws Exception {
        var loaded = new AtomicBoolean();
        try (var server = new TestServer(ServerOptions.standard().ready(loaded::get))) {
            assertThat(server.get("/v2/health/live").statusCode()).isEqualTo(200);
            assertThat(server.get("/v2/health/ready").statusCode()).isEqualTo(503);
            HttpResponse<String> other = server.post("/v2/models/other/infer", GOOD);
            assertThat(other.statusCode()).isEqualTo(503);
            assertThat(other.headers().firstValue("Retry-After")).hasValue("1");
            assertThat(server.infer(GOOD).statusCode()).isEqualTo(200);
            loaded.set(true);
            assertThat(server.get("/v2/health/ready").statusCode()).isEqualTo(200);
            assertThat(server.post("/v2/models/other/infer", GOOD).statusCode()).isEqualTo(404);
        }
    }

    @Test void a_body_beyond_the_limit_is_413_with_and_without_its_length() throws Exception {
        try (var server = new TestServer(ServerOptions.standard().maxBody(1000))) {
            String body = " ".repeat(1001) + GOOD;
            HttpResponse<String> known = server.infer(body);
            assertThat(known.statusCode()).isEqualTo(413);
            var stream = BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8)));
            HttpResponse<String> chunked =
                    server.client.send(server.to("/v2/models/double/infer").POST(stream).build(), BodyHandlers.ofString());
            assertThat(chunked.statusCode()).isEqualTo(413);
            assertThat(server.infer(GOOD).statusCode()).isEqualTo(200);
        }
    }

    @Test void a_body_that_does_not_come_ends_its_connection_only() throws Exception {
        try (var server = new TestServer(ServerOptions.standard().bodyTimeout(Duration.ofMillis(200)));
                var slow = new Socket("127.0.0.1", server.server.port())) {
            slow.getOutputStream().write(("POST /v2/models/double/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n{")
                    .getBytes(StandardCharsets.UTF_8));
            slow.setSoTimeout(60_000);
            slow.getInputStream().readAllBytes(); // until the end
            assertThat(server.infer(GOOD).statusCode()).isEqualTo(200);
        }
    }

    @Test void what_is_left_of_a_refused_body_is_not_taken_for_a_request() throws Exception {
        try (var server = new TestServer(ServerOptions.standard().maxBody(1000));
                var socket = new Socket("127.0.0.1", server.server.port())) {
            String hidden =
                    "POST /v2/models/double/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + GOOD.length() + "\r\n\r\n" + GOOD;
            socket.getOutputStream().write(("POST /v2/models/double/infer HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2000\r\n\r\n"
                    + hidden).getBytes(StandardCharsets.UTF_8));
            assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8)).contains("413")
                    .containsOnlyOnce("HTTP/1.1");
        }
    }

    @Test void a_full_queue_is_429() throws Exception {
        try (var server = new TestServer(ServerOptions.standard(), TestServer.SERVING.queue(1).maxBatch(1))) {
            server.hold();
            var waiting = new ArrayList<CompletableFuture<HttpResponse<String>>>();
            waiting.add(async(server));
            server.awaitRun();
            waiting.add(async(server));
            while (server.models.get("double", 1).health().waiting() == 0) Thread.sleep(1);
            HttpResponse<String> full = server.infer(GOOD);
            assertThat(full.statusCode()).isEqualTo(429);
            assertThat(full.headers().firstValue("Retry-After")).hasValue("1");
            server.release();
            for (var w : waiting) assertThat(w.get().statusCode()).isEqualTo(200);
        }
    }

    @Test void a_late_answer_is_504() throws Exception {
        try (var server = new TestServer(ServerOptions.standard())) {
            server.hold();
            HttpResponse<String> late = server.infer(GOOD.replaceFirst("\\{", "{\"parameters\":{\"timeout\":20000},"));
            assertThat(late.statusCode()).isEqualTo(504);
            assertThat(late.body()).contains("double:1 did not answer within 20.0 ms");
        }
    }

    private static CompletableFuture<HttpResponse<String>> async(TestServer server) {
        return server.client.sendAsync(server.to("/v2/models/double/infer").POST(BodyPublishers.ofString(GOOD)).build(),
                BodyHandlers.ofString());
    }

    @Test void a_model_that_fails_is_500_with_its_message() throws Exception {
        try (var server = new TestServer(ServerOptions.standard())) {
            server.models.load("broken", 1, () -> server.model(x -> {
                if (x.sum().item().floatValue() > 0) throw new IllegalArgumentException("index 3 is out of range");
                return x;
            }), TestServer.SERVING);
            HttpResponse<String> answer = server.post("/v2/models/broken/infer", GOOD);
            assertThat(answer.statusCode()).isEqualTo(500);
            assertThat(answer.body()).isEqualTo("{\"error\":\"index 3 is out of range\"}");
        }
    }

    @Test void clients_load_and_unload_models_only_if_there_is_a_loader() throws Exception {
        try (var server = new TestServer(ServerOptions.standard())) {
            assertThat(server.post("/v2/repository/models/double/unload", "").statusCode()).isEqualTo(403);
            assertThat(server.post("/v2/repository/models/double/load", "").statusCode()).isEqualTo(403);
        }
        var servers = new ArrayList<TestServer>();
        try (var server = new TestServer(ServerOptions.standard().loader(name -> {
            if (!name.equals("half")) throw new NoSuchElementException("there is no folder " + name);
            TestServer s = servers.getFirst();
            s.models.load(name, 1, () -> s.model(x -> x.div(2)), TestServer.SERVING);
        }))) {
            servers.add(server);
            assertThat(server.post("/v2/repository/models/half/load", "").statusCode()).isEqualTo(200);
            assertThat(server.post("/v2/models/half/infer", GOOD).body()).contains("[0.5,1.0,1.5]");
            assertThat(server.post("/v2/repository/models/other/load", "").statusCode()).isEqualTo(404);
            assertThat(server.post("/v2/repository/models/half/unload", "").statusCode()).isEqualTo(200);
            assertThat(server.post("/v2/models/half/infer", GOOD).statusCode()).isEqualTo(404);
        }
    }

    @Test void the_end_answers_what_has_begun_and_refuses_the_rest() throws Exception {
        var server = new TestServer(ServerOptions.standard().grace(Duration.ofSeconds(60)), TestServer.SERVING.maxBatch(1));
        try {
            server.hold();
            List<CompletableFuture<HttpResponse<String>>> begun = Stream.generate(() -> async(server)).limit(8).toList();
            server.awaitRun();
            while (server.models.get("double", 1).health().waiting() < 7) Thread.sleep(1);
            Thread end = Thread.ofPlatform().start(server.server::close);
            HttpResponse<String> refused = server.get("/v2/health/ready");
            while (refused.statusCode() == 200) refused = server.get("/v2/health/ready");
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(server.infer(GOOD).body()).isEqualTo("{\"error\":\"the server is stopping\"}");
            server.release();
            for (var b : begun) assertThat(b.get().statusCode()).isEqualTo(200);
            end.join();
        } finally {
            server.close();
        }
    }
}
