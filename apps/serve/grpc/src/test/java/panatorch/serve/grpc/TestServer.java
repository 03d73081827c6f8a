package panatorch.serve.grpc;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import panatorch.DType;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.serve.Model;
import panatorch.serve.ModelRepository;
import panatorch.serve.ServeOptions;
import panatorch.serve.http.ModelServer;
import panatorch.serve.http.ServerOptions;

/** A server on free ports with the model {@code double}, x [batch, 3] → y = 2 · x of float32, which a test can hold up, and a client. */
final class TestServer implements AutoCloseable {
    static final ServeOptions SERVING = ServeOptions.standard().workers(1);

    final ModelRepository models = ModelRepository.of();
    final ModelServer server;
    final TestClient client;
    /** The runs of the model. */
    final AtomicInteger runs = new AtomicInteger();
    private final Semaphore permits = new Semaphore(Integer.MAX_VALUE / 2);
    private volatile CountDownLatch entered = new CountDownLatch(0);

    TestServer() {
        this(ServerOptions.standard(), SERVING);
    }

    TestServer(ServerOptions options, ServeOptions serving) {
        TestClient.protocol(); // or the test is skipped before anything is started
        models.load("double", 1, () -> model(x -> x.mul(2)), serving);
        server = ModelServer.start(models, options.port(0).grpc(0));
        client = new TestClient(server.grpcPort());
    }

    Model model(UnaryOperator<Tensor> formula) {
        return model(DType.FLOAT32, DType.FLOAT32, x -> {
            runs.incrementAndGet();
            entered.countDown();
            permits.acquireUninterruptibly();
            return formula.apply(x);
        });
    }

    static Model model(DType in, DType out, UnaryOperator<Tensor> formula) {
        var module = new Module() {
            @Override public Tensor forward(Tensor input) { return formula.apply(input); }
        };
        module.eval();
        return Model.of(module).input("x", in, "batch", 3).output("y", out, "batch", 3);
    }

    /** Lets runs wait from now on, until {@link #release}. */
    void hold() {
        permits.drainPermits();
        entered = new CountDownLatch(1);
    }

    void awaitRun() throws InterruptedException { entered.await(); }

    void release() { permits.release(Integer.MAX_VALUE / 2); }

    @Override public void close() {
        release();
        client.close();
        server.close();
        models.close();
    }
}
