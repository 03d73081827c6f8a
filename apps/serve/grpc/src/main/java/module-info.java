/** The Open Inference Protocol over gRPC, which {@code ServerOptions.grpc} of {@code panatorch.serve.http} turns on. */
module panatorch.serve.grpc {
    requires panatorch.serve.http;
    requires io.grpc;
    requires io.grpc.netty.shaded;
    requires java.logging;
    requires static org.jspecify;

    provides panatorch.serve.http.internal.GrpcServerProvider with panatorch.serve.grpc.GrpcServers;
}
