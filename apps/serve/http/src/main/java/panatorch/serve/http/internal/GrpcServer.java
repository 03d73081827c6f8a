package panatorch.serve.http.internal;

/** A server for gRPC, beside that for HTTP. */
public interface GrpcServer extends AutoCloseable {
    /** Returns the port on which it listens. */
    int port();

    /** Sends the answers that are there, and ends the calls that still run. */
    @Override void close();
}
