package panatorch.serve.http;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.function.UnaryOperator;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.serve.Model;
import panatorch.serve.ModelRepository;
import panatorch.serve.ServeOptions;

/** A server on a free port with the model {@code double}, x [batch, 3] → y = 2 · x of float32, which a test can hold up. */
final class TestServer implements AutoCloseable {
    static final ServeOptions SERVING = ServeOptions.standard().workers(1);

    final ModelRepository models = ModelRepository.of();
    final ModelServer server;
    final HttpClient client;
    private final Semaphore permits = new Semaphore(Integer.MAX_VALUE / 2);
    private volatile CountDownLatch entered = new CountDownLatch(0);

    TestServer(ServerOptions options) {
        this(options, SERVING);
    }

    TestServer(ServerOptions options, ServeOptions serving) {
        this(options, serving, HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build());
    }

    TestServer(ServerOptions options, ServeOptions serving, HttpClient client) {
        this.client = client;
        models.load("double", 1, () -> model(x -> x.mul(2)), serving);
        server = ModelServer.start(models, options.port(0));
    }

    Model model(UnaryOperator<Tensor> formula) {
        return model(DType.FLOAT32, x -> {
            entered.countDown();
            permits.acquireUninterruptibly();
            return formula.apply(x);
        });
    }

    static Model model(DType dtype, UnaryOperator<Tensor> formula) {
        var module = new Module() {
            @Override public Tensor forward(Tensor input) { return formula.apply(input); }
        };
        module.eval();
        return Model.of(module).input("x", dtype, "batch", 3).output("y", dtype, "batch", 3);
    }

    /** Lets runs wait from now on, until {@link #release}. */
    void hold() {
        permits.drainPermits();
        entered = new CountDownLatch(1);
    }

    void awaitRun() throws InterruptedException { entered.await(); }

    void release() { permits.release(Integer.MAX_VALUE / 2); }

    HttpRequest.Builder to(String path) {
        return HttpRequest.newBuilder(URI.create(server.url() + path));
    }

    HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return client.send(to(path).build(), BodyHandlers.ofString());
    }

    HttpResponse<String> post(String path, String body) throws IOException, InterruptedException {
        return client.send(to(path).POST(BodyPublishers.ofString(body)).build(), BodyHandlers.ofString());
    }

    /** Asks the model {@code double} with JSON. */
    HttpResponse<String> infer(String body) throws IOException, InterruptedException {
        return post("/v2/models/double/infer", body);
    }

    static String rows(String data, String shape) {
        return "{\"inputs\":[{\"name\":\"x\",\"shape\":" + shape + ",\"datatype\":\"FP32\",\"data\":" + data + "}]}";
    }

    @Override public void close() {
        release();
        server.close();
        models.close();
        client.close();
    }
}
