package panatorch.serve;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.calls.RawValues;

/**
 * A model that answers many callers at once. Worker threads take the requests that wait, run them as one batch, and split the outputs.
 *
 * <pre>{@code
 * try (var served = Served.of(Model.of(program.optimize(OptimizeOptions.all())), ServeOptions.standard().maxBatch(32))) {
 *     // on any number of threads:
 *     try (var scope = Scope.open()) {
 *         Tensor logits = served.call(image).tensor();                      // image is [1, 3, 224, 224]
 *     }
 * }
 * }</pre>
 *
 * <p>
 * <b>Memory.</b> Inputs stay the caller's. The tensors of an answer are copies that only the caller has; {@link Answer} says who frees
 * them. The model is the served model's from {@link #of} on: closing this closes it.
 *
 * <p>
 * <b>Threads.</b> Callers may be platform or virtual threads, and any number of them. Models run on threads of their own, without
 * gradients; a model that takes less than half a millisecond also runs on the thread of a {@link #call} that finds all of them idle.
 *
 * <p>
 * <b>Errors.</b> A request of a wrong shape or type is refused before it waits. If a batch fails, its requests run one by one, so that only
 * those fail that cannot be answered; the exception is the model's, from the worker's thread.
 */
public final class Served implements AutoCloseable {
    /** A run that takes less is not worth the wake of a worker, which takes about 50 µs. */
    private static final long QUICK_NANOS = 500_000;

    private final Model model;
    private final long version;
    private final ServeOptions options;
    private final Contract contract;
    private final Buckets buckets;
    private final long maxRows;
    private final RequestQueue queue;
    private final BatchRunner runner;
    private final Batches batches;
    private final Events events;
    private final List<Thread> threads = new ArrayList<>();
    private @Nullable ScheduledThreadPoolExecutor deadlines;
    private volatile Health.State state = Health.State.READY;

    private Served(Model model, long version, ServeOptions options) {
        this.model = model;
        this.version = version;
        this.options = options;
        contract = new Contract(model.signature());
        buckets = new Buckets(contract, options);
        maxRows = contract.batched ? Math.min(options.maxBatch, contract.symbols.getFirst().range().max()) : 1;
        queue = new RequestQueue(options.queue, options.workerCount(), contract.batched, maxRows, options.delayNanos);
        events = new Events(options.name, options.listeners);
        runner = new BatchRunner(model, contract, buckets, options.device);
        batches = new Batches(options.name, runner, events);
    }

    /**
     * Starts the workers, which run the {@linkplain ServeOptions#sample samples} or zeros first. The model then belongs to the result. If
     * this throws, it stays the caller's.
     *
     * @throws IllegalArgumentException if the options do not fit the model's signature
     * @throws RuntimeException what the model throws for a sample
     */
    public static Served of(Model model, ServeOptions options) { return of(model, -1, options); }

    /** Starts the workers of a version of a repository's model. */
    static Served of(Model model, long version, ServeOptions options) {
        var served = new Served(model, version, options);
        served.start();
        return served;
    }

    private void start() {
        var warmUp = new WarmUp(contract, buckets, options.samples, maxRows);
        var workers = new ArrayList<Worker>();
        for (int i = 0; i < options.workerCount(); i++) {
            var worker = new Worker(queue, batches, runner, warmUp, options.threads);
            workers.add(worker);
            threads.add(Thread.ofPlatform().name(options.name + " worker " + i).daemon().start(worker));
        }
        try {
            for (Worker w : workers) await(w.ready);
        } catch (RuntimeException | Error e) {
            queue.close();
            joinWorkers();
            throw e;
        }
    }

    /** Returns the name that {@link ServeOptions#name} has set. */
    public String name() {
        return options.name;
    }

    /** Returns the model, for its signature. */
    public Model model() {
        return model;
    }

    /** Returns the greatest number of rows of a request; 1 if the signature does not allow batches. */
    public long maxBatch() {
        return maxRows;
    }

    /** Returns the present state and counts. */
    public Health health() {
        return new Health(state, queue.size(), events.running.get(), events.answered.sum(), events.failed.sum(), events.rejected.sum(),
                model.memoryBytes());
    }

    /** Answers a request of tensors, in the signature's order; see {@link #call(Request)}. */
    public Answer call(Tensor... inputs) {
        return call(Request.of(inputs));
    }

    /**
     * Answers a request, and waits for that. The answer's tensors belong to the caller's scope, or to the caller if there is none.
     *
     * @throws InvalidRequestException if an input is missing, unknown or of another type or shape than the model takes, or if there are
     * more rows than {@link #maxBatch}
     * @throws QueueFullException if too many requests wait
     * @throws DeadlineExceededException if the request is not answered in time
     * @throws CancellationException if the thread is interrupted; its interrupt status stays set
     * @throws RejectedExecutionException if this is closed
     * @throws RuntimeException what the model throws for this request
     */
    public Answer call(Request request) { return answer(required(accept(request, true))); }

    /** Begins to answer a request of tensors, in the signature's order; see {@link #submit(Request)}. */
    public CompletableFuture<Answer> submit(Tensor... inputs) {
        return submit(Request.of(inputs));
    }

    /**
     * Begins to answer a request. The future ends with an answer, which whoever takes it has to close or adopt, or with an exception as of
     * {@link #call(Request)}. Cancelling it takes the request back, if it has not begun to run. What depends on the future runs on a
     * worker, unless it is one of the {@code …Async} methods; it must not wait for other answers.
     *
     * @throws InvalidRequestException as {@link #call(Request)}
     * @throws QueueFullException as {@link #call(Request)}
     * @throws RejectedExecutionException if this is closed
     */
    public CompletableFuture<Answer> submit(Request request) {
        return future(required(accept(request, false)));
    }

    private Pending required(@Nullable Pending p) {
        if (p != null) return p;
        events.rejected(ServeListener.Rejection.CLOSED);
        throw new RejectedExecutionException(options.name + " is closed and takes no more requests");
    }

    /**
     * Puts a request into the queue.
     *
     * @param waits whether the caller waits for the answer, so that this may run the request on the caller's thread
     * @return null if the queue is closed
     */
    @Nullable Pending accept(Request request, boolean waits) {
        List<Tensor> inputs = request.inOrder(contract.inputNames);
        long[] sizes = contract.check(inputs);
        long rows = contract.batched ? sizes[0] : 1;
        if (rows > maxRows)
            throw new InvalidRequestException(
                    "the request has " + rows + " rows, but a batch of " + options.name + " has at most " + maxRows
                            + "; send several requests, or set ServeOptions.maxBatch");
        Duration timeout = request.timeout() != null ? request.timeout() : options.timeout;
        var p = new Pending(detached(inputs), rows, sizes, buckets.padded(sizes), contract.batched, request.priority(),
                timeout == null ? Long.MAX_VALUE : timeout.toNanos());
        if (waits && runsHere(p)) return p;
        var dead = new ArrayList<Pending>(0);
        int waiting = queue.add(p, dead);
        dead.forEach(batches::drop);
        if (waiting > 0) {
            events.queued(waiting);
            return p;
        }
        p.discard();
        if (waiting == 0) return null;
        events.rejected(ServeListener.Rejection.QUEUE_FULL);
        throw new QueueFullException(options.name, options.queue);
    }

    /**
     * Runs a request on this thread if all workers are idle and the model is so quick that waking one would take longer. The thread may be
     * a virtual one, which holds its carrier as long.
     */
    private boolean runsHere(Pending p) {
        long pace = batches.pace();
        if (pace > QUICK_NANOS || options.isOnGpu() || p.left(p.accepted) < 100 * pace || !queue.borrow()) return false;
        try {
            return RawValues.access().runApart(options.threads, () -> batches.serve(List.of(p)));
        } finally {
            queue.giveBack();
        }
    }

    /** Returns inputs that live on if the caller gives up, frees its own and changes their shapes. */
    private static Parcel detached(List<Tensor> inputs) {
        try (var scope = Scope.open()) {
            return Parcel.of(inputs.stream().map(Tensor::detach).toList());
        }
    }

    private Answer answer(Parcel outputs, long waited) { return new Answer(contract.outputNames, outputs, version, waited); }

    /** Waits for the answer of an accepted request. */
    Answer answer(Pending p) {
        try {
            long left = p.left(System.nanoTime());
            return answer(left == Long.MAX_VALUE ? p.outcome.get() : p.outcome.get(left, TimeUnit.NANOSECONDS), p.waited);
        } catch (ExecutionException e) {
            throw unwrapped(e);
        } catch (TimeoutException e) {
            if (p.outcome.completeExceptionally(new DeadlineExceededException(options.name, p.limit)))
                throw new DeadlineExceededException(options.name, p.limit);
            return answer(p); // it has come in the last moment, and is there
        } catch (InterruptedException e) {
            if (!p.outcome.cancel(false) && !p.outcome.isCompletedExceptionally()) p.outcome.join().discard();
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while waiting for an answer of " + options.name);
        }
    }

    private static RuntimeException unwrapped(ExecutionException e) {
        return switch (e.getCause()) {
            case RuntimeException r -> r;
            case Error error -> throw error;
            case null, default -> new IllegalStateException(e.getCause());
        };
    }

    /** Returns the future answer of an accepted request. */
    CompletableFuture<Answer> future(Pending p) {
        var future = new CompletableFuture<Answer>();
        p.outcome.whenComplete((outputs, error) -> {
            if (error != null) {
                future.completeExceptionally(error);
            } else {
                Answer a = answer(outputs, p.waited);
                a.tensors().forEach(Tensor::escape); // this may be the caller's thread, which has a scope
                if (!future.complete(a)) a.close();
            }
        });
        future.whenComplete((_, _) -> p.outcome.cancel(false)); // somebody cancelled it
        watch(p);
        return future;
    }

    /** Ends a request when its time is over. */
    private void watch(Pending p) {
        if (p.limit == Long.MAX_VALUE) return;
        try {
            var alarm = deadlines().schedule(() -> p.outcome.completeExceptionally(new DeadlineExceededException(options.name, p.limit)),
                    Math.max(0, p.left(System.nanoTime())), TimeUnit.NANOSECONDS);
            p.outcome.whenComplete((_, _) -> alarm.cancel(false));
        } catch (RejectedExecutionException e) {
            // Closed meanwhile, and so answered.
        }
    }

    private synchronized ScheduledThreadPoolExecutor deadlines() {
        ScheduledThreadPoolExecutor d = deadlines;
        if (d == null) {
            d = new ScheduledThreadPoolExecutor(1, Thread.ofPlatform().name(options.name + " deadlines").daemon().factory());
            d.setRemoveOnCancelPolicy(true);
            deadlines = d;
        }
        return d;
    }

    private static void await(CompletableFuture<Void> ready) {
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    ready.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw unwrapped(e);
                }
            }
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    private void joinWorkers() {
        boolean interrupted = false;
        for (Thread t : threads) {
            while (t.isAlive()) {
                try {
                    t.join();
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
    }

    /**
     * Takes no more requests, answers those that it has accepted, and closes the model. An interrupt does not end the wait. Closing twice
     * is harmless.
     *
     * @throws IllegalStateException if a worker calls this, as code does that depends on a future
     */
    @Override public void close() {
        if (threads.contains(Thread.currentThread()))
            throw new IllegalStateException("a worker of " + options.name + " cannot wait for its own end; close it on another thread");
        if (state == Health.State.READY) state = Health.State.CLOSING;
        queue.close();
        joinWorkers();
        synchronized (this) {
            if (deadlines != null) deadlines.shutdown();
            model.close();
            state = Health.State.CLOSED;
        }
    }
}
