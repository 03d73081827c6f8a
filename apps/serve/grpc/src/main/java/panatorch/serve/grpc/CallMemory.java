package panatorch.serve.grpc;

import io.grpc.Context;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import panatorch.serve.http.internal.HttpError;
import panatorch.serve.http.internal.RequestMemory;

/**
 * The bytes of a call's messages that are in memory. A message that is too long, comes too slowly, or for which there is no memory, is
 * refused.
 */
final class CallMemory extends ServerStreamTracer {
    private static final Context.Key<CallMemory> CURRENT = Context.key("memory");

    private final RequestMemory memory;
    private final ScheduledExecutorService alarms;
    private final Duration timeout;
    private long bytes;
    private int taken;
    private boolean ended;
    private @Nullable Future<?> alarm;
    private @Nullable HttpError refusal;
    private @Nullable Consumer<HttpError> refused;

    CallMemory(RequestMemory memory, ScheduledExecutorService alarms, Duration timeout) {
        this.memory = memory;
        this.alarms = alarms;
        this.timeout = timeout;
    }

    /** Returns that of the current call. */
    static CallMemory current() {
        return Objects.requireNonNull(CURRENT.get());
    }

    @Override public Context filterContext(Context context) {
        return context.withValue(CURRENT, this);
    }

    /** Sets what a refusal is told to, on a thread of its own. */
    synchronized void onRefusal(Consumer<HttpError> refused) {
        this.refused = refused;
        if (refusal != null) refuse(refusal);
    }

    @Override public synchronized void inboundWireSize(long more) {
        if (ended || refusal != null) return;
        bytes += more;
        try {
            if (bytes > memory.limit())
                throw new HttpError(HttpError.CONTENT_TOO_LARGE,
                        "the message is too long; at most " + memory.limit() + " bytes are allowed");
            taken += memory.take(bytes, taken);
        } catch (HttpError e) {
            refuse(e);
            return;
        }
        if (alarm == null) alarm = alarms.schedule(this::late, timeout.toNanos(), TimeUnit.NANOSECONDS);
    }

    private synchronized void late() {
        if (alarm != null && refusal == null)
            refuse(new HttpError(HttpError.TOO_LATE, "the message did not come within " + timeout.toMillis() + " ms"));
    }

    /** Tells the reason, not under the transport's lock, which this thread may hold. */
    private void refuse(HttpError error) {
        refusal = error;
        Consumer<HttpError> to = refused;
        if (to != null) Thread.startVirtualThread(() -> to.accept(error));
    }

    /** Throws the reason if a message is refused, which may be just before its last bytes come. */
    synchronized void requireAccepted() {
        if (refusal != null) throw refusal;
    }

    @Override public synchronized void inboundMessageRead(int number, long wireSize, long size) { stopAlarm(); }

    private void stopAlarm() {
        if (alarm != null) alarm.cancel(false);
        alarm = null;
    }

    /** Gives back the memory of messages that are not used any more. */
    synchronized void release() {
        memory.release(taken);
        taken = 0;
        bytes = 0;
    }

    @Override public synchronized void streamClosed(Status status) {
        ended = true;
        stopAlarm();
        release();
    }
}
