package panatorch.serve.grpc;

import io.grpc.Status;
import panatorch.serve.http.internal.HttpError;

/** The statuses in gRPC of errors. */
final class Statuses {
    /** A sentence is sent in a header, and clients take headers of 8 KiB, in which a character beyond ASCII takes up to nine bytes. */
    private static final int MAX_LENGTH = 600;

    private Statuses() {}

    static Status of(Throwable e) {
        HttpError error = HttpError.of(e);
        Status status = switch (error.status) {
            case HttpError.BAD_REQUEST, HttpError.UNSUPPORTED -> Status.INVALID_ARGUMENT;
            case HttpError.UNAUTHORIZED -> Status.UNAUTHENTICATED;
            case HttpError.FORBIDDEN -> Status.PERMISSION_DENIED;
            case HttpError.NOT_FOUND -> Status.NOT_FOUND;
            case HttpError.CONTENT_TOO_LARGE, HttpError.TOO_MANY -> Status.RESOURCE_EXHAUSTED;
            case HttpError.NOT_IMPLEMENTED -> Status.UNIMPLEMENTED;
            case HttpError.UNAVAILABLE -> Status.UNAVAILABLE;
            case HttpError.TOO_LATE -> Status.DEADLINE_EXCEEDED;
            default -> Status.INTERNAL;
        };
        return status.withDescription(sentence(error));
    }

    static String sentence(HttpError error) {
        String text = String.valueOf(error.getMessage());
        return text.length() <= MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + "…";
    }
}
