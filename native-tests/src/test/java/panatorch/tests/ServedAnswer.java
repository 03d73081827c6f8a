package panatorch.tests;

import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Arrays;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.nn.Linear;
import panatorch.serve.Model;
import panatorch.serve.ModelRepository;
import panatorch.serve.ServeOptions;
import panatorch.serve.http.ModelServer;
import panatorch.serve.http.ServerOptions;

/** A program that serves a model, and asks it over HTTP and, with the argument {@code grpc}, whether it lives over gRPC. */
public final class ServedAnswer {
    private ServedAnswer() {}

    public static void main(String[] args) throws Exception {
        boolean grpc = args.length > 0;
        var options = ServerOptions.standard().port(0);
        try (var models = ModelRepository.of();
                var server = ModelServer.start(models, grpc ? options.grpc(0) : options)) {
            models.load("sum", 1, ServedAnswer::model, ServeOptions.standard());
            var request = HttpRequest.newBuilder(URI.create(server.url() + "/v2/models/sum/infer")).POST(BodyPublishers.ofString(
                    "{\"inputs\": [{\"name\": \"x\", \"datatype\": \"FP32\", \"shape\": [1, 3], \"data\": [1, 2, 3.5]}]}")).build();
            var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
            System.out.println("answer " + answer.statusCode() + " " + answer.body());
            if (grpc) System.out.println("grpc " + Grpc.live(server.grpcPort()));
        }
        System.exit(0);
    }

    /** Sums three numbers. */
    private static Model model() {
        var net = new Linear(3, 1);
        try (var off = NoGrad.enter()) {
            net.weight().fill_(1);
            net.bias().fill_(0);
        }
        return Model.of(net.eval()).input("x", DType.FLOAT32, "batch", 3).output("y", DType.FLOAT32, "batch", 1);
    }

    /** A client of one method, whose messages are bytes. */
    private static final class Grpc implements MethodDescriptor.Marshaller<byte[]> {
        static String live(int port) throws Exception {
            ManagedChannel channel = ManagedChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
            var method = MethodDescriptor.<byte[], byte[]>newBuilder().setType(MethodDescriptor.MethodType.UNARY)
                    .setFullMethodName("inference.GRPCInferenceService/ServerLive").setRequestMarshaller(new Grpc())
                    .setResponseMarshaller(new Grpc()).build();
            var answer = new CompletableFuture<byte[]>();
            var call = channel.newCall(method, CallOptions.DEFAULT);
            call.start(new ClientCall.Listener<>() {
                @Override public void onMessage(byte[] message) { answer.complete(message); }
            }, new Metadata());
            call.request(1);
            call.sendMessage(new byte[0]);
            call.halfClose();
            try {
                return Arrays.toString(answer.get(30, TimeUnit.SECONDS));
            } finally {
                channel.shutdownNow();
            }
        }

        @Override public InputStream stream(byte[] value) { return new ByteArrayInputStream(value); }

        @Override public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
