package panatorch.serve.http.internal;

import java.util.concurrent.Semaphore;

/**
 * The memory for the bytes of requests: a limit for each, and for all together a part of the heap, since a tensor takes several times the
 * memory of its JSON. It is taken as bytes come, so that slow senders hold little.
 */
public final class RequestMemory {
    private static final int KIB = 1024, PART_OF_HEAP = 32;

    private final int limit;
    private final Semaphore kib;

    /** @param limit greatest number of bytes of a request */
    public RequestMemory(int limit) {
        this.limit = limit;
        kib = new Semaphore((int) Math.min(Integer.MAX_VALUE, Math.max(limit, Runtime.getRuntime().maxMemory() / PART_OF_HEAP) / KIB + 1));
    }

    /** Returns the greatest number of bytes of a request. */
    public int limit() {
        return limit;
    }

    /**
     * Takes the memory that a request still lacks.
     *
     * @param bytes the number of its bytes
     * @param taken sum of what this has returned for it so far
     * @return what to {@link #release} besides
     * @throws HttpError if there is none at present
     */
    public int take(long bytes, int taken) {
        int needed = Math.max(0, (int) ((bytes + KIB - 1) / KIB) - taken);
        if (!kib.tryAcquire(needed))
            throw new HttpError(HttpError.UNAVAILABLE, "too many bytes of requests are being read; try again later");
        return needed;
    }

    /** Gives back a sum of what {@link #take} has returned. */
    public void release(int taken) { kib.release(taken); }
}
