package panatorch.serve;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * Served models by names and versions, which are loaded, replaced and unloaded while others answer.
 *
 * <pre>{@code
 * try (var models = ModelRepository.of(4L << 30)) {
 *     models.load("bert", 1, () -> Model.of(ExportedProgram.load(path)), ServeOptions.standard());
 *     Tensor logits = models.call("bert", Request.of(ids)).tensor();
 *     models.load("bert", 2, () -> Model.of(ExportedProgram.load(newer)), ServeOptions.standard());     // answers from now on
 *     models.unload("bert", 1);
 * }
 * }</pre>
 *
 * <p>
 * A request without a version goes to the highest one. A new model is loaded, checked and warm before it takes requests; if that fails,
 * what was there goes on. The old one is closed once it has answered what it has accepted, so no request is lost.
 *
 * <p>
 * If the weights of all models take more memory than the limit, those that were used least recently are closed. The next request for such a
 * model loads it again, which its caller and others wait for, within their time limits. While a model is loaded, both it and the one that
 * it replaces are in memory.
 *
 * <p>
 * Any number of threads may use a repository, virtual ones too. Loads take turns.
 */
public final class ModelRepository implements AutoCloseable {
    /** Loads a model, each time anew. */
    @FunctionalInterface
    public interface Source {
        /**
         * Returns a model that nobody else uses.
         *
         * @throws Exception if there is none, for example because a file is damaged
         */
        Model load() throws Exception;
    }

    /**
     * A model of the repository.
     *
     * @param name its name
     * @param version its version
     * @param health its state, or null if it was closed to save memory
     */
    public record Entry(String name, long version, @Nullable Health health) {}

    /** A version of a model. */
    private static final class Slot {
        final String label;
        final long version;
        final Source source;
        final ServeOptions options;
        volatile @Nullable Served served;
        volatile long used = System.nanoTime();
        volatile boolean gone;

        Slot(String label, long version, Source source, ServeOptions options) {
            this.label = label;
            this.version = version;
            this.source = source;
            this.options = options;
        }
    }

    private final Map<String, ConcurrentSkipListMap<Long, Slot>> models = new ConcurrentHashMap<>();
    /** The names and versions that {@link #load} is about to serve. */
    private final Set<String> loading = ConcurrentHashMap.newKeySet();
    private final long memoryLimit;
    /** Held by whoever loads or closes models. */
    private final ReentrantLock changes = new ReentrantLock();
    private volatile boolean closed;

    private ModelRepository(long memoryLimit) { this.memoryLimit = memoryLimit; }

    /** Returns an empty repository without a limit of memory. */
    public static ModelRepository of() {
        return new ModelRepository(Long.MAX_VALUE);
    }

    /**
     * Returns an empty repository.
     *
     * @param memoryLimit greatest sum of {@link Model#memoryBytes} in bytes
     */
    public static ModelRepository of(long memoryLimit) {
        return new ModelRepository(memoryLimit);
    }

    /**
     * Loads a version of a model, or replaces it. Returns when the new one takes requests and the one that it replaces is closed. The name
     * in the options is {@code name:version} unless they say otherwise.
     *
     * @param version a number of at least 0
     * @param source loads the model; it is called again if the model was closed to save memory
     * @throws IllegalStateException if the model could not be loaded, needs more memory than the limit, or fails its samples; what was
     * there before goes on
     */
    public void load(String name, long version, Source source, ServeOptions options) {
        requireVersion(version);
        String label = name + ":" + version;
        loading.add(label);
        changes.lock();
        try {
            requireOpen();
            var slot = new Slot(label, version, source, options.name.equals("model") ? options.name(label) : options);
            slot.served = start(slot);
            Slot before = models.computeIfAbsent(name, _ -> new ConcurrentSkipListMap<>()).put(version, slot);
            if (before != null) retire(before);
            evict(slot);
        } finally {
            loading.remove(label);
            changes.unlock();
        }
    }

    private static void requireVersion(long version) {
        if (version < 0) throw new IllegalArgumentException("a version has to be 0 or more, not " + version);
    }

    private Served start(Slot slot) {
        Model model;
        try {
            model = slot.source.load();
        } catch (Exception e) {
            if (e instanceof InterruptedException) Thread.currentThread().interrupt();
            throw new IllegalStateException("the model " + slot.label + " could not be loaded: " + e.getMessage(), e);
        }
        try {
            if (model.memoryBytes() > memoryLimit)
                throw new IllegalStateException(
                        "it takes " + model.memoryBytes() + " bytes, and the limit of all models is " + memoryLimit);
            return Served.of(model, slot.version, slot.options);
        } catch (RuntimeException | Error e) {
            model.close();
            if (e instanceof Error error) throw error;
            throw new IllegalStateException("the model " + slot.label + " cannot be served: " + e.getMessage(), e);
        }
    }

    private static void retire(Slot slot) {
        slot.gone = true;
        Served served = slot.served;
        if (served != null) served.close();
    }

    /** Closes models that were not used for long until the rest is within the limit. */
    private void evict(Slot keep) {
        var loaded = new ArrayList<Slot>();
        models.values().forEach(v -> v.values().forEach(s -> { if (s.served != null) loaded.add(s); }));
        loaded.sort(Comparator.comparingLong(s -> s.used));
        long bytes = loaded.stream().mapToLong(ModelRepository::bytes).sum();
        for (Slot s : loaded) {
            if (bytes <= memoryLimit) return;
            if (s == keep) continue;
            bytes -= bytes(s);
            Served served = Objects.requireNonNull(s.served);
            s.served = null; // requests from now on wait for a reload
            served.close();
        }
    }

    private static long bytes(Slot s) {
        Served served = s.served;
        return served == null ? 0 : served.model().memoryBytes();
    }

    /** Answers a request by the highest version; see {@link Served#call(Request)}. */
    public Answer call(String name, Request request) {
        return call(name, -1, request);
    }

    /**
     * Answers a request, and waits for that; see {@link Served#call(Request)}.
     *
     * @param version the version, or -1 for the highest
     * @throws UnknownModelException if there is no such model or version
     * @throws ModelLoadingException if its first load has not ended yet
     */
    public Answer call(String name, long version, Request request) {
        while (true) {
            Slot slot = slot(name, version);
            Served served = served(slot, request.timeout());
            Pending p = served == null ? null : served.accept(request, true);
            if (p != null) return Objects.requireNonNull(served).answer(p);
        }
    }

    /** Begins to answer a request by the highest version; see {@link Served#submit(Request)}. */
    public CompletableFuture<Answer> submit(String name, Request request) {
        return submit(name, -1, request);
    }

    /**
     * Begins to answer a request; see {@link Served#submit(Request)}.
     *
     * @param version the version, or -1 for the highest
     * @throws UnknownModelException if there is no such model or version
     * @throws ModelLoadingException if its first load has not ended yet
     */
    public CompletableFuture<Answer> submit(String name, long version, Request request) {
        while (true) {
            Slot slot = slot(name, version);
            Served served = served(slot, request.timeout());
            Pending p = served == null ? null : served.accept(request, false);
            if (p != null) return Objects.requireNonNull(served).future(p);
        }
    }

    private Slot slot(String name, long version) {
        requireOpen();
        ConcurrentSkipListMap<Long, Slot> versions = models.get(name);
        var highest = versions == null ? null : versions.lastEntry();
        if (versions == null || highest == null) {
            requireNotLoading(name, version);
            throw new UnknownModelException("there is no model '" + name + "'; there are " + new TreeMap<>(models).keySet());
        }
        Slot slot = version == -1 ? highest.getValue() : versions.get(version);
        if (slot == null) {
            requireNotLoading(name, version);
            throw new UnknownModelException("the model '" + name + "' has no version " + version + "; it has " + versions.keySet());
        }
        return slot;
    }

    private void requireNotLoading(String name, long version) {
        String label = name + ":" + version;
        if (version == -1 ? loading.stream().anyMatch(l -> l.startsWith(name + ":")) : loading.contains(label))
            throw new ModelLoadingException(version == -1 ? name : label);
    }

    /**
     * Returns the model of a slot, loaded again if need be; null if the slot was replaced or unloaded meanwhile.
     *
     * @param timeout how long to wait for loads of others; null for the model's own time limit
     */
    private @Nullable Served served(Slot slot, @Nullable Duration timeout) {
        slot.used = System.nanoTime();
        Served served = slot.served;
        if (served != null) return slot.gone ? null : served;
        lockWithin(timeout != null ? timeout : slot.options.timeout, slot.label);
        try {
            requireOpen();
            if (slot.gone) return null;
            served = slot.served;
            if (served == null) {
                served = start(slot);
                slot.served = served;
                evict(slot);
            }
            return served;
        } finally {
            changes.unlock();
        }
    }

    private void lockWithin(@Nullable Duration timeout, String label) {
        try {
            if (timeout == null) changes.lockInterruptibly();
            else
                if (!changes.tryLock(timeout.toNanos(), TimeUnit.NANOSECONDS))
                    throw new DeadlineExceededException(label, timeout.toNanos());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("interrupted while waiting for a load of " + label);
        }
    }

    /**
     * Removes a version of a model once it has answered what it has accepted.
     *
     * @throws UnknownModelException if there is none
     */
    public void unload(String name, long version) {
        requireVersion(version);
        changes.lock();
        try {
            Slot slot = slot(name, version);
            ConcurrentSkipListMap<Long, Slot> versions = Objects.requireNonNull(models.get(name));
            versions.values().remove(slot);
            if (versions.isEmpty()) models.remove(name);
            retire(slot);
        } finally {
            changes.unlock();
        }
    }

    /**
     * Removes all versions of a model.
     *
     * @throws UnknownModelException if there is none
     */
    public void unload(String name) {
        changes.lock();
        try {
            slot(name, -1);
            Objects.requireNonNull(models.remove(name)).values().forEach(ModelRepository::retire);
        } finally {
            changes.unlock();
        }
    }

    /** Lists the models by name and version. */
    public List<Entry> list() {
        var all = new ArrayList<Entry>();
        new TreeMap<>(models).forEach((name, versions) -> versions.forEach((version, slot) -> {
            Served served = slot.served;
            all.add(new Entry(name, version, served == null ? null : served.health()));
        }));
        return all;
    }

    /** Returns the health of a version of a model, or null if it is not there or was closed to save memory. */
    public @Nullable Health health(String name, long version) {
        Map<Long, Slot> versions = models.get(name);
        Slot slot = versions == null ? null : versions.get(version);
        Served served = slot == null ? null : slot.served;
        return served == null ? null : served.health();
    }

    /**
     * Returns the model that answers requests, loaded again if it was closed to save memory.
     *
     * @param version the version, or -1 for the highest
     * @throws UnknownModelException if there is no such model or version
     * @throws ModelLoadingException if its first load has not ended yet
     */
    public Served get(String name, long version) {
        while (true) {
            Served served = served(slot(name, version), null);
            if (served != null) return served;
        }
    }

    private void requireOpen() {
        if (closed) throw new RejectedExecutionException("this repository of models is closed");
    }

    /** Takes no more requests, answers those that were accepted, and closes all models. Closing twice is harmless. */
    @Override public void close() {
        changes.lock();
        try {
            closed = true;
            models.values().forEach(v -> v.values().forEach(ModelRepository::retire));
            models.clear();
        } finally {
            changes.unlock();
        }
    }
}
