package panatorch.serve.http.internal;

import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a server for gRPC has in common with that for HTTP.
 *
 * @param port the port, or 0 for one that is free
 * @param certificate chain of certificates (PEM); null for no encryption
 * @param key private key of the certificate (PEM)
 * @param clientAuthority certificates of authorities for clients (PEM); null if they need none
 * @param maxHeader greatest number of bytes of a call's headers
 * @param maxTensors greatest number of inputs, and of outputs, that a request may name
 * @param maxConnections greatest number of connections
 * @param messageTimeout how long a message may take to arrive
 */
public record GrpcSettings(InetAddress address, int port, @Nullable Path certificate, @Nullable Path key, @Nullable Path clientAuthority,
        int maxHeader, int maxTensors, int maxConnections, Duration messageTimeout, InferenceService service, Access access,
        RequestMemory memory) {}
