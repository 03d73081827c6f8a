package panatorch.distributed;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.TorchException;
import panatorch.distributed.DistributedException.Reason;
import panatorch.internal.distributed.Descriptions;
import panatorch.internal.distributed.NativeGroup;
import panatorch.internal.distributed.NativeWork;
import panatorch.internal.distributed.PendingWork;

/**
 * The calls of one group: one thread at a time makes them, collectives are numbered and compared over all ranks, and waits have a deadline
 * and see interrupts and the failures of other ranks.
 */
final class Calls {
    private static final long SLICE_MILLIS = 100, QUIET_NANOS = 500_000_000;

    /** Starts an operation on contiguous memory. */
    @FunctionalInterface
    interface Start {
        NativeWork with(Tensor tensor);
    }

    /** Starts an operation from one tensor into another, both contiguous. */
    @FunctionalInterface
    interface StartTwo {
        NativeWork with(Tensor into, Tensor from);
    }

    @FunctionalInterface
    interface Action<T> {
        T run() throws InterruptedException;
    }

    private final Failures failures;
    private final Duration timeout;
    private final @Nullable Comparison comparison;
    private final NativeGroup natives;
    private final RankDevice device;
    /** Whether this rank's GPU is connected with the others, or is connected by libtorch itself. */
    private boolean connected;
    private final AtomicReference<@Nullable Thread> user = new AtomicReference<>();
    private long number;
    private boolean closed;

    /**
     * @param comparison null if the ranks do not compare their calls
     * @param connected whether this rank's GPU need not be connected with the others before their first collective
     */
    Calls(Membership members, Duration timeout, @Nullable Comparison comparison, NativeGroup natives, RankDevice device,
            boolean connected) {
        failures = new Failures(members);
        this.timeout = timeout;
        this.comparison = comparison;
        this.natives = natives;
        this.device = device;
        this.connected = connected;
    }

    Failures failures() { return failures; }

    RankDevice device() { return device; }

    /** Returns whether collectives have used the ranks' GPUs; it is so on all ranks or on none. */
    boolean isConnected() {
        return connected && device.isGpu();
    }

    /** Runs a collective that changes {@code tensor}. */
    Work inPlace(String what, Tensor tensor, Start start) throws InterruptedException {
        device.check(tensor);
        return run(() -> begin(what, Descriptions.of(tensor), tensor), tensor, start);
    }

    /**
     * Runs a collective that writes {@code into}.
     *
     * @param tensors description of what must be alike on all ranks
     */
    Work outOfPlace(String what, String tensors, Tensor into, Tensor from, StartTwo start) throws InterruptedException {
        device.check(into, from);
        return run(() -> begin(what, tensors, into), into, copy -> start.with(copy, plain(from.detach())));
    }

    /** Sends or receives a tensor, and waits for it. */
    void message(String what, Tensor tensor, Start start) throws InterruptedException {
        device.check(tensor);
        run(() -> what, tensor, start).await();
    }

    private Work run(Action<String> begin, Tensor target, Start start) throws InterruptedException {
        return exclusively(() -> {
            String named = begin.run();
            try (var scope = Scope.open(); var off = NoGrad.enter()) {
                Tensor own = target.detach(), copy = plain(own);
                NativeWork work = during(named, () -> start.with(copy));
                return copy == own ? new Work(this, named, work, null, null) : new Work(this, named, work, own.escape(), copy.escape());
            }
        });
    }

    /** The backends read the memory of a tensor from its first element on, whatever its strides. */
    private static Tensor plain(Tensor tensor) {
        return tensor.isContiguous() && !tensor.isConj() && !tensor.isNeg() ? tensor : tensor.resolveConj().resolveNeg().contiguous();
    }

    /**
     * Begins the next collective: compares it over all ranks, and returns its name with its number. The caller holds the group.
     *
     * @param on a tensor on the device of the collective
     * @throws DistributedException if other ranks called something else
     */
    String begin(String what, String tensors, Tensor on) throws InterruptedException {
        number++;
        String described = what + " of " + tensors, numbered = "#" + number + " " + described;
        if (comparison != null) comparison.collective(this, numbered, "#" + number, described);
        if (!connected && on.device().type() == Device.Type.CUDA) connect(numbered);
        return numbered;
    }

    /** Connects this rank's GPU with those of the others, which all come here together. */
    void connect(String what) throws InterruptedException {
        awaitAndClose(new GpuWork.Connecting(natives, device.device()), what);
        connected = true;
    }

    /** Waits until the GPU has done what the current stream has now. The caller holds the group. */
    void awaitStream(String what) throws InterruptedException {
        awaitAndClose(during(what, () -> new GpuWork.OfStream(natives, device.device())), what);
    }

    /** Runs native code whose errors break the group. */
    <T> T during(String what, Supplier<T> call) throws InterruptedException {
        try {
            return call.get();
        } catch (TorchException e) {
            throw failures.of(e, what, number);
        }
    }

    /**
     * Runs code of the user that may call the group, and whose errors break it. The caller does not hold the group.
     *
     * @throws DistributedException for an error of libtorch; other exceptions are thrown unchanged
     */
    void unguarded(String what, Runnable call) throws InterruptedException {
        try {
            call.run();
        } catch (DistributedException e) {
            throw e;
        } catch (TorchException e) {
            throw failures.of(e, what, number);
        } catch (RuntimeException | Error e) {
            failures.of(Reason.REFUSED, what, e.toString(), List.of(), e);
            throw e;
        }
    }

    /** Waits for an operation that the user does not know of, so that an interrupt breaks the group. */
    void awaitAndClose(PendingWork work, String what) throws InterruptedException {
        try (work) {
            await(work, what);
        } catch (InterruptedException e) {
            failures.take(new DistributedException(Reason.REFUSED,
                    "This thread was interrupted in " + what + ", so the group is broken."));
            throw e;
        }
    }

    /** Waits in slices, between which it looks for interrupts and for failures of other ranks. */
    void await(PendingWork work, String what) throws InterruptedException {
        long begin = System.nanoTime(), end = begin + timeout.plusSeconds(1).toNanos();
        try {
            while (!work.await(SLICE_MILLIS)) {
                if (Thread.interrupted()) throw new InterruptedException("interrupted in " + what);
                if (System.nanoTime() - begin < QUIET_NANOS) continue;
                failures.requireNoneElsewhere(what, number);
                if (System.nanoTime() > end) throw failures.timeout(what, number);
            }
        } catch (DistributedException e) {
            throw failures.take(e);
        } catch (TorchException e) {
            throw failures.of(e, what, number);
        }
    }

    /** Runs an action while no other thread uses the group. */
    <T> T exclusively(Action<T> action) throws InterruptedException {
        Thread other = user.compareAndExchange(null, Thread.currentThread());
        if (other != null) throw new IllegalStateException("this group is used by " + other + " now; give each thread a group of its own");
        try {
            if (closed) throw new IllegalStateException("this group is closed");
            failures.requireNone();
            return action.run();
        } finally {
            user.set(null);
        }
    }

    /** Refuses further calls, and returns whether this is the first time. */
    boolean close() {
        boolean first = !closed;
        closed = true;
        return first;
    }
}
