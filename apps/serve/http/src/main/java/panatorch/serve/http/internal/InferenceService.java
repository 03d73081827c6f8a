package panatorch.serve.http.internal;

import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import panatorch.serve.Answer;
import panatorch.serve.ModelRepository;
import panatorch.serve.Request;
import panatorch.serve.Served;
import panatorch.serve.UnknownModelException;

/**
 * The operations of the Open Inference Protocol on the models of a repository, whatever carries them. What cannot be done is an
 * {@link HttpError}, or an exception that {@link HttpError#of} makes one.
 */
public final class InferenceService {
    /** Loads a model into the repository. */
    @FunctionalInterface
    public interface Loader {
        void load(String name) throws Exception;
    }

    /** What is done for a request. */
    @FunctionalInterface
    public interface Step<T, E extends Exception> {
        T run() throws E;
    }

    private final ModelRepository models;
    private final BooleanSupplier loaded;
    private final @Nullable Loader loader;
    private final Gate gate;

    /**
     * @param loaded whether all models are there that shall be
     * @param loader what loads models that clients ask for; null if nothing does
     * @param gate what counts the requests
     */
    public InferenceService(ModelRepository models, BooleanSupplier loaded, @Nullable Loader loader, Gate gate) {
        this.models = models;
        this.loaded = loaded;
        this.loader = loader;
        this.gate = gate;
    }

    /** Returns the server's version, or an empty text if it is not of a jar. */
    public static String serverVersion() {
        String version = InferenceService.class.getPackage().getImplementationVersion();
        return version == null ? "" : version;
    }

    /** Returns whether the server is about to stop. */
    public boolean isStopping() { return gate.isClosed(); }

    /** Returns whether all models are there, and the server is not about to stop. */
    public boolean isReady() {
        return !isStopping() && loaded.getAsBoolean();
    }

    /** Runs what is waited for before the server stops, and refused from then on. */
    public <T, E extends Exception> T counted(Step<T, E> request) throws E {
        if (!gate.enter()) throw new HttpError(HttpError.UNAVAILABLE, "the server is stopping");
        try {
            return request.run();
        } finally {
            gate.leave();
        }
    }

    /**
     * Returns the version that a request names.
     *
     * @param text a number; null or empty for the highest version
     */
    public static long version(@Nullable String text) {
        if (text == null || text.isEmpty()) return -1;
        if (!text.matches("\\d{1,18}")) throw HttpError.badRequest("a version is a number, not '" + text + "'");
        return Long.parseLong(text);
    }

    /** Returns a version of a model, or the highest one for -1. */
    public Served get(String name, long version) {
        try {
            return models.get(name, version);
        } catch (UnknownModelException e) {
            throw unknown(e);
        }
    }

    /** Returns the versions of a model. */
    public List<Long> versions(String name) {
        return models.list().stream().filter(e -> e.name().equals(name)).map(ModelRepository.Entry::version).toList();
    }

    /** Answers a request by a version of a model, or the highest one for -1; see {@link ModelRepository#call}. */
    public Answer call(String name, long version, Request request) {
        try {
            return models.call(name, version, request);
        } catch (UnknownModelException e) {
            throw unknown(e);
        }
    }

    private HttpError unknown(UnknownModelException e) {
        return loaded.getAsBoolean() ? HttpError.of(e)
                : new HttpError(HttpError.UNAVAILABLE, "the models are being loaded; try again later");
    }

    /**
     * Sets the limits that a request names.
     *
     * @param timeoutMicros 0 for none
     * @param priority 1 for the highest, 0 for the usual one
     */
    public static Request limited(Request request, long timeoutMicros, long priority) {
        Request r = timeoutMicros == 0 ? request : request.timeout(Duration.ofNanos(Math.multiplyExact(timeoutMicros, 1000)));
        return priority == 0 ? r : r.priority((int) (Integer.MAX_VALUE - priority));
    }

    /** Refuses a request that wants an output which the answer does not have. */
    public static void requireOutput(String wanted, Answer answer) {
        if (!answer.names().contains(wanted))
            throw HttpError.badRequest("there is no output '" + wanted + "'; the model has " + answer.names());
    }

    /** Lists the versions of all models. */
    public List<ModelRepository.Entry> list() {
        return models.list();
    }

    /** Returns the protocol's word for the state of a version. */
    public static String state(ModelRepository.Entry version) {
        return version.health() == null ? "UNAVAILABLE" : "READY";
    }

    /** Returns why a version is not ready; empty if it is. */
    public static String reason(ModelRepository.Entry version) {
        return version.health() == null ? "closed to save memory; the next request loads it" : "";
    }

    /** Loads a model, or loads it again. */
    public void load(String name) {
        try {
            loader().load(name);
        } catch (NoSuchElementException e) {
            throw new HttpError(HttpError.NOT_FOUND, String.valueOf(e.getMessage()));
        } catch (IllegalStateException e) {
            throw HttpError.badRequest(String.valueOf(e.getMessage()));
        } catch (Exception e) {
            throw HttpError.of(e);
        }
    }

    /** Unloads all versions of a model. */
    public void unload(String name) {
        loader();
        models.unload(name);
    }

    private Loader loader() {
        if (loader == null)
            throw new HttpError(HttpError.FORBIDDEN, "this server loads no models on demand; start it with a repository of models");
        return loader;
    }
}
