package panatorch.serve.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.function.Function;
import panatorch.serve.http.internal.HttpError;
import panatorch.serve.http.internal.RequestMemory;

/** Reads the bodies of requests, within the limits of memory and time. */
final class Bodies {
    private static final int STEP = 64 * 1024;

    private final RequestMemory memory;
    private final int limit;
    private final Patience patience;

    Bodies(RequestMemory memory, Patience patience) {
        this.memory = memory;
        this.patience = patience;
        limit = memory.limit();
    }

    /**
     * Reads a body and hands it over.
     *
     * @throws HttpError if it is too long, ends too early, or there is no memory for it at present
     */
    <T> T read(ServerRequest request, Function<byte[], T> use) {
        OptionalLong length = request.headers().contentLength();
        if (length.isPresent() && length.getAsLong() > limit) throw tooLarge(length.getAsLong() + " bytes");
        if (request.headers().contains(HeaderNames.CONTENT_ENCODING))
            throw new HttpError(HttpError.UNSUPPORTED,
                    "a body with the encoding '" + request.headers().get(HeaderNames.CONTENT_ENCODING).get()
                            + "' is not supported; send it as it is");
        int[] taken = new int[1];
        try {
            return use.apply(received(request, length, taken));
        } finally {
            memory.release(taken[0]);
        }
    }

    /** Reads a body; whatever goes wrong with it is the sender's fault, and leaves the connection in an unknown state. */
    private byte[] received(ServerRequest request, OptionalLong length, int[] taken) {
        try {
            return patience.within(() -> bytes(request, length, taken));
        } catch (HttpError e) {
            throw e;
        } catch (RuntimeException | IOException e) {
            throw HttpError.badRequest("the body cannot be read: " + (e.getMessage() == null ? "it ended early" : e.getMessage()));
        }
    }

    private byte[] bytes(ServerRequest request, OptionalLong length, int[] taken) throws IOException {
        if (!request.content().hasEntity()) return new byte[0];
        InputStream in = request.content().inputStream(); // closing it would read the rest of a body that is too long
        byte[] bytes = new byte[(int) Math.min(STEP, length.orElse(STEP))];
        int size = 0;
        taken[0] += memory.take(bytes.length, taken[0]);
        while (true) {
            int n = in.readNBytes(bytes, size, bytes.length - size);
            size += n;
            if (size < bytes.length) break;
            int next = length.isPresent() ? (int) Math.min(2L * size, length.getAsLong()) : (int) Math.min(2L * size, limit + 1L);
            if (next <= size) break;
            taken[0] += memory.take(next, taken[0]);
            bytes = Arrays.copyOf(bytes, next);
        }
        if (size > limit) throw tooLarge("more");
        if (length.isPresent() && size < length.getAsLong())
            throw HttpError.badRequest("the body ended after " + size + " of " + length.getAsLong() + " bytes");
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    private HttpError tooLarge(String actual) {
        return new HttpError(HttpError.CONTENT_TOO_LARGE, "the body has " + actual + ", but at most " + limit + " are allowed");
    }
}
