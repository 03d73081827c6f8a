import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import panatorch.*;
import panatorch.nn.*;
import panatorch.serve.*;
import panatorch.serve.http.*;

// A server of one model, and a client of the Open Inference Protocol in plain Java, which needs no library and asks any such server.
//
// Prints the answers to the same numbers as JSON and as bytes, the error for a wrong request, and that both answers are the model's own.

final HttpClient client = HttpClient.newHttpClient();

void main() throws Exception {
    Torch.manualSeed(0);
    var net = new Sequential(new Linear(3, 8), new Tanh(), new Linear(8, 2));
    net.eval();
    float[] own;
    try (var scope = Scope.open()) {
        own = net.call(Torch.tensor(new float[] {1, -2, 0.5f}, 1, 3)).toFloatArray();
    }
    try (var models = ModelRepository.of(); var server = ModelServer.start(models, ServerOptions.standard().port(0))) {
        models.load("net", 1, () -> Model.of(net).input("x", DType.FLOAT32, "batch", 3).output("y", DType.FLOAT32, "batch", 2),
                ServeOptions.standard().maxBatch(16));
        var address = URI.create(server.url() + "/v2/models/net/infer");

        String json = ask(address, """
                {"inputs": [{"name": "x", "shape": [1, 3], "datatype": "FP32", "data": [1, -2, 0.5]}]}""");
        IO.println("as JSON: " + json);
        IO.println("wrong:   " + ask(address, """
                {"inputs": [{"name": "x", "shape": [1, 2], "datatype": "FP32", "data": [1, -2]}]}"""));

        float[] bytes = askWithBytes(address, 1, -2, 0.5f);
        IO.println("as bytes: " + bytes[0] + ", " + bytes[1]);
        IO.println("the model's own numbers: "
                + (bytes[0] == own[0] && bytes[1] == own[1] && json.contains("[" + own[0] + "," + own[1] + "]")));
    }
}

String ask(URI address, String json) throws Exception {
    return client.send(HttpRequest.newBuilder(address).POST(BodyPublishers.ofString(json)).build(), BodyHandlers.ofString()).body();
}

/** Sends one row as bytes behind the JSON, and returns the output, which comes so too: little-endian, last dimension fastest. */
float[] askWithBytes(URI address, float... row) throws Exception {
    byte[] json = """
            {"inputs": [{"name": "x", "shape": [1, %d], "datatype": "FP32", "parameters": {"binary_data_size": %d}}],
             "parameters": {"binary_data_output": true}}""".formatted(row.length, 4 * row.length).getBytes(StandardCharsets.UTF_8);
    var body = ByteBuffer.allocate(json.length + 4 * row.length).order(ByteOrder.LITTLE_ENDIAN).put(json);
    for (float x : row) body.putFloat(x);
    var answer = client.send(HttpRequest.newBuilder(address).header("Inference-Header-Content-Length", "" + json.length)
            .POST(BodyPublishers.ofByteArray(body.array())).build(), BodyHandlers.ofByteArray());
    if (answer.statusCode() != 200) throw new IllegalStateException(new String(answer.body(), StandardCharsets.UTF_8));
    int from = Integer.parseInt(answer.headers().firstValue("Inference-Header-Content-Length").orElseThrow());
    var floats = ByteBuffer.wrap(answer.body(), from, answer.body().length - from).slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
    float[] output = new float[floats.remaining()];
    floats.get(output);
    return output;
}
