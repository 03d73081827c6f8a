package panatorch.parity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.junit.NoTensorLeaks;
import panatorch.nn.Module;
import panatorch.serve.Model;
import panatorch.serve.ModelRepository;
import panatorch.serve.ServeOptions;
import panatorch.serve.http.ModelServer;
import panatorch.serve.http.ServerOptions;

/** The server as Google's client for Python sees it over gRPC; {@code src/test/python/grpc_client.py} asks. */
@NoTensorLeaks
@Timeout(240)
class GrpcClientTest {
    private static final Path SCRIPT = Path.of("src/test/python/grpc_client.py"),
            PROTO = Path.of("../apps/serve/grpc/src/main/resources/panatorch/serve/grpc/inference.proto");
    private static final Map<String, DType> TYPES = Map.of("BOOL", DType.BOOL, "INT8", DType.INT8, "INT16", DType.INT16, "INT32",
            DType.INT32, "INT64", DType.INT64, "UINT8", DType.UINT8, "FP16", DType.FLOAT16, "FP32", DType.FLOAT32, "FP64", DType.FLOAT64);

    private static void load(ModelRepository models, String name, DType type, UnaryOperator<Tensor> formula) {
        models.load(name, 1, () -> {
            var module = new Module() {
                @Override public Tensor forward(Tensor input) { return formula.apply(input); }
            };
            module.eval();
            return Model.of(module).input("x", type, "batch", 3).output("y", type, "batch", 3);
        }, ServeOptions.standard().workers(1).maxBatch(1_000_000));
    }

    private static JsonNode askedByPython(ModelServer server) throws IOException, InterruptedException {
        String python = System.getenv("PYTHON");
        assumeTrue(python != null, "skipped: set PYTHON to an interpreter with grpcio and grpcio-tools, which asks the server");
        Path errors = Files.createTempFile("grpc", ".txt");
        Process process = new ProcessBuilder(python, SCRIPT.toString(), "" + server.grpcPort(), PROTO.toString())
                .redirectError(errors.toFile()).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        String said = Files.readString(errors);
        Files.delete(errors);
        assumeTrue(status != 3, "skipped: PYTHON lacks grpcio-tools: " + output.strip());
        assertThat(status).as(said).isZero();
        return new ObjectMapper().readTree(output);
    }

    @Test void python_gets_what_it_asks_for() throws Exception {
        ServerOptions options = ServerOptions.standard().port(0).grpc(0).token("secret");
        try (var models = ModelRepository.of(); var server = ModelServer.start(models, options)) {
            load(models, "double", DType.FLOAT32, x -> x.mul(2));
            load(models, "slow", DType.FLOAT32, x -> {
                if (x.sum().itemDouble() != 0) pause(); // not while it warms up
                return x.clone();
            });
            TYPES.forEach((name, type) -> load(models, "same_" + name, type, x -> x.clone()));

            JsonNode asked = askedByPython(server);
            for (String yes : new String[] {"live", "ready", "large"}) assertThat(asked.get(yes).asBoolean()).as(yes).isTrue();
            assertThat(asked.get("versions")).hasToString("[\"1\"]");
            assertThat(asked.get("numbers")).hasToString("[2.0,4.0,6.0]");
            assertThat(asked.get("same")).hasSize(TYPES.size()).allMatch(JsonNode::asBoolean);
            JsonNode errors = asked.get("errors");
            assertThat(errors.get(0)).hasToString("[\"INVALID_ARGUMENT\",\"input 'x': dimension 1 is 4, but has to be 3\"]");
            assertThat(errors.get(1).toString()).startsWith("[\"NOT_FOUND\",\"there is no model 'none'; there are [double, ");
            assertThat(errors.get(2).toString()).startsWith("[\"UNAUTHENTICATED\",\"this server wants the header");
            assertThat(errors.get(3).get(0).asText()).isEqualTo("DEADLINE_EXCEEDED");
            assertThat(errors.get(4)).hasToString(
                    "[\"RESOURCE_EXHAUSTED\",\"the message is too long; at most 67108864 bytes are allowed\"]");
            assertThat(errors.get(5).get(0).asText()).isEqualTo("UNIMPLEMENTED");
            assertThat(asked.get("after")).hasToString("[[2.0,4.0,6.0],[2.0,4.0,6.0],[2.0,4.0,6.0]]");
            assertThat(asked.get("stream"))
                    .hasToString("[[\"r0\",0.0],\"input 'x': dimension 1 is 4, but has to be 3\",[\"r2\",4.0]]");
        }
    }

    private static void pause() {
        try {
            Thread.sleep(1000);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
