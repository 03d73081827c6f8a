package panatorch.serve.http;

/** An answer that is an error, with its status. */
final class HttpError extends RuntimeException {
    private static final long serialVersionUID = 1;

    static final int BAD_REQUEST = 400, UNAUTHORIZED = 401, FORBIDDEN = 403, NOT_FOUND = 404, CONTENT_TOO_LARGE = 413, TOO_MANY = 429,
            INTERNAL = 500, NOT_IMPLEMENTED = 501, UNAVAILABLE = 503, TOO_LATE = 504;

    final int status;

    HttpError(int status, String message) {
        super(message, null, false, false);
        this.status = status;
    }

    static HttpError badRequest(String message) { return new HttpError(BAD_REQUEST, message); }
}
