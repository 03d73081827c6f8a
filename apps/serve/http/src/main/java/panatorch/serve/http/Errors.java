package panatorch.serve.http;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import panatorch.serve.DeadlineExceededException;
import panatorch.serve.InvalidRequestException;
import panatorch.serve.ModelLoadingException;
import panatorch.serve.QueueFullException;
import panatorch.serve.UnknownModelException;

/** The statuses of exceptions, and answers that tell them as the protocol does: {@code {"error": "…"}}. */
final class Errors {
    private static final Logger LOG = LogManager.getLogger(Errors.class);

    private Errors() {}

    static HttpError of(Throwable e) {
        return switch (e) {
            case HttpError h -> h;
            case InvalidRequestException _ -> new HttpError(HttpError.BAD_REQUEST, String.valueOf(e.getMessage()));
            case UnknownModelException _ -> new HttpError(HttpError.NOT_FOUND, String.valueOf(e.getMessage()));
            case QueueFullException _ -> new HttpError(HttpError.TOO_MANY, String.valueOf(e.getMessage()));
            case ModelLoadingException _ -> new HttpError(HttpError.UNAVAILABLE, String.valueOf(e.getMessage()));
            case DeadlineExceededException _ -> new HttpError(HttpError.TOO_LATE, String.valueOf(e.getMessage()));
            case RejectedExecutionException _,CancellationException _ -> new HttpError(HttpError.UNAVAILABLE, "the server is stopping");
            default -> {
                LOG.error("a request failed", e);
                String message = e.getMessage();
                yield new HttpError(HttpError.INTERNAL,
                        message == null ? e.getClass().getSimpleName() : message.lines().findFirst().orElse(""));
            }
        };
    }

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
        String text = new String(JsonStringEncoder.getInstance().quoteAsString(String.valueOf(error.getMessage())));
        response.send(("{\"error\":\"" + text + "\"}").getBytes(StandardCharsets.UTF_8));
        if (ends) throw new CloseConnectionException("a body was not read");
    }
}
