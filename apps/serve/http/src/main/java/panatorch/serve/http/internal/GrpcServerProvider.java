package panatorch.serve.http.internal;

import java.io.IOException;

/** Starts servers for gRPC. The artifact {@code panatorch-serve-grpc} has the implementation, so that others need no gRPC library. */
@FunctionalInterface
public interface GrpcServerProvider {
    /**
     * Starts a server.
     *
     * @throws IOException if the port is taken
     */
    GrpcServer start(GrpcSettings settings) throws IOException;
}
