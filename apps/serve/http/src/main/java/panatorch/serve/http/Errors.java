package panatorch.serve.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.DirectHandler.TransportRequest;
import io.helidon.http.DirectHandler.TransportResponse;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import panatorch.serve.http.internal.HttpError;

/** Answers that tell errors as the protocol does: {@code {"error": "…"}}. */
final class Errors {
    private Errors() {}

    /**
     * Answers with an error. If a body was not read to its end, the connection ends, since what is left of it would be taken for the next
     * request.
     */
    static void send(ServerRequest request, ServerResponse response, HttpError error) {
        boolean unread = request.content().hasEntity() && !request.content().consumed();
        boolean ends = unread && request.prologue().protocolVersion().startsWith("1"); // a stream of HTTP/2 ends by itself
        if (ends) response.header(HeaderValues.CONNECTION_CLOSE);
        response.status(Status.create(error.status));
        response.header(HeaderValues.CONTENT_TYPE_JSON);
        if (error.status == HttpError.TOO_MANY || error.status == HttpError.UNAVAILABLE) response.header(HeaderNames.RETRY_AFTER, "1");
        if (error.status == HttpError.UNAUTHORIZED) response.header(HeaderNames.WWW_AUTHENTICATE, "Bearer");
        response.send(json(String.valueOf(error.getMessage())));
        if (ends) throw new CloseConnectionException("a body was not read");
    }

    private static byte[] json(String message) {
        String text = new String(JsonStringEncoder.getInstance().quoteAsString(message));
        return ("{\"error\":\"" + text + "\"}").getBytes(StandardCharsets.UTF_8);
    }

    /** Returns the answer to a message that Helidon refuses by itself. It ends the connection. */
    static TransportResponse ofMessage(TransportRequest request, EventType type, Status status, ServerResponseHeaders headers,
            @Nullable String reason) {
        boolean encoded = request.headers().contains(HeaderNames.CONTENT_ENCODING);
        headers.set(HeaderValues.CONTENT_TYPE_JSON);
        return TransportResponse.builder().keepAlive(false).headers(headers)
                .status(encoded ? Status.create(HttpError.UNSUPPORTED) : status)
                .entity(json(encoded ? "a body with a Content-Encoding is not supported; send it as it is"
                        : "the request is no valid HTTP" + (reason == null ? "" : ": " + reason)))
                .build();
    }
}
