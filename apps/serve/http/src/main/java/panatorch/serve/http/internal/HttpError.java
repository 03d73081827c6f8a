package panatorch.serve.http.internal;

import java.util.concurrent.CancellationException;
import java.util.concurrent.RejectedExecutionException;
import org.apache.logging.log4j.LogManager;
import org.apache.logging.log4j.Logger;
import panatorch.serve.DeadlineExceededException;
import panatorch.serve.InvalidRequestException;
import panatorch.serve.ModelLoadingException;
import panatorch.serve.QueueFullException;
import panatorch.serve.UnknownModelException;

/** An answer that is an error, with its status in HTTP. */
public final class HttpError extends RuntimeException {
    private static final long serialVersionUID = 1;
    private static final Logger LOG = LogManager.getLogger(HttpError.class);

    public static final int BAD_REQUEST = 400, UNAUTHORIZED = 401, FORBIDDEN = 403, NOT_FOUND = 404, CONTENT_TOO_LARGE = 413,
            UNSUPPORTED = 415, TOO_MANY = 429, INTERNAL = 500, NOT_IMPLEMENTED = 501, UNAVAILABLE = 503, TOO_LATE = 504;

    public final int status;

    public HttpError(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    /** Returns an error of a request that its sender has to change. */
    public static HttpError badRequest(String message) {
        return new HttpError(BAD_REQUEST, message);
    }

    /** Returns the error for an exception. Those that are nobody's fault outside are logged. */
    public static HttpError of(Throwable e) {
        return switch (e) {
            case HttpError h -> h;
            case InvalidRequestException _ -> badRequest(String.valueOf(e.getMessage()));
            case UnknownModelException _ -> new HttpError(NOT_FOUND, String.valueOf(e.getMessage()));
            case QueueFullException _ -> new HttpError(TOO_MANY, String.valueOf(e.getMessage()));
            case ModelLoadingException _ -> new HttpError(UNAVAILABLE, String.valueOf(e.getMessage()));
            case DeadlineExceededException _ -> new HttpError(TOO_LATE, String.valueOf(e.getMessage()));
            case RejectedExecutionException _,CancellationException _ -> new HttpError(UNAVAILABLE, "the server is stopping");
            default -> {
                LOG.error("a request failed", e);
                String message = e.getMessage();
                yield new HttpError(INTERNAL, message == null ? e.getClass().getSimpleName() : message.lines().findFirst().orElse(""));
            }
        };
    }
}
