package panatorch.serve.http;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.function.Function;

/**
 * Reads the bodies of requests, none longer than a limit, and all together no longer than a part of the heap, since a tensor takes several
 * times the memory of its JSON. Memory is taken as bytes come, so that slow senders hold little.
 */
final class Bodies {
    private static final int KIB = 1024, STEP = 64 * KIB, PART_OF_HEAP = 32;

    private final int limit;
    private final Semaphore kib;
    private final Patience patience;

    Bodies(int limit, Patience patience) {
        this.limit = limit;
        this.patience = patience;
        kib = new Semaphore((int) Math.min(Integer.MAX_VALUE, Math.max(limit, Runtime.getRuntime().maxMemory() / PART_OF_HEAP) / KIB + 1));
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
            throw new HttpError(415, "a body with the encoding '" + request.headers().get(HeaderNames.CONTENT_ENCODING).get()
                    + "' is not supported; send it as it is");
        int[] taken = new int[1];
        try {
            return use.apply(received(request, length, taken));
        } finally {
            kib.release(taken[0]);
        }
    }

    /** Reads a body; whatever goes wrong with it is the sender's fault, and leaves the connection in an unknown state. */
    private byte[] received(ServerRequest request, OptionalLong length, int[] taken) {
        try {
            return patience.read(() -> bytes(request, length, taken));
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
        take(bytes.length, taken);
        while (true) {
            int n = in.readNBytes(bytes, size, bytes.length - size);
            size += n;
            if (size < bytes.length) break;
            int next = length.isPresent() ? (int) Math.min(2L * size, length.getAsLong()) : (int) Math.min(2L * size, limit + 1L);
            if (next <= size) break;
            take(next - size, taken);
            bytes = Arrays.copyOf(bytes, next);
        }
        if (size > limit) throw tooLarge("more");
        if (length.isPresent() && size < length.getAsLong())
            throw HttpError.badRequest("the body ended after " + size + " of " + length.getAsLong() + " bytes");
        return size == bytes.length ? bytes : Arrays.copyOf(bytes, size);
    }

    private void take(int bytes, int[] taken) {
        int needed = (bytes + KIB - 1) / KIB;
        if (!kib.tryAcquire(needed))
            throw new HttpError(HttpError.UNAVAILABLE, "too many bytes of requests are being read; try again later");
        taken[0] += needed;
    }

    private HttpError tooLarge(String actual) {
        return new HttpError(HttpError.CONTENT_TOO_LARGE, "the body has " + actual + ", but at most " + limit + " are allowed");
    }
}
