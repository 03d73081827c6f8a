package panatorch.serve;

import java.time.Duration;
import java.util.List;
import java.util.NoSuchElementException;
import panatorch.Scope;
import panatorch.Tensor;

/**
 * The outputs of one request: the tensors of the model's signature, in its order.
 *
 * <p>
 * <b>Lifetime.</b> The tensors of an answer that {@link Served#call} returns belong to the caller's scope, or to the caller if there is
 * none. Those of an answer in a future belong to whoever takes it, who closes the answer or lets a scope {@linkplain #adopt adopt} it. No
 * other answer shares their memory.
 */
public final class Answer implements AutoCloseable {
    private final List<String> names;
    private final List<Tensor> tensors;
    private final long version;
    private final long waitedNanos;

    /** Unpacks the tensors for this thread. */
    Answer(List<String> names, Parcel tensors, long version, long waitedNanos) {
        this.version = version;
        this.waitedNanos = waitedNanos;
        this.names = names;
        this.tensors = List.copyOf(tensors.open());
    }

    /** Returns the outputs in the signature's order. */
    public List<Tensor> tensors() { return tensors; }

    /** Returns the names of the outputs. */
    public List<String> names() {
        return names;
    }

    /** Returns the version of the model that has answered, or -1 if it is not of a {@link ModelRepository}. */
    public long version() {
        return version;
    }

    /** Returns how long the request waited for a worker before it ran. */
    public Duration waited() {
        return Duration.ofNanos(waitedNanos);
    }

    /**
     * Returns the only output.
     *
     * @throws NoSuchElementException if there are several
     */
    public Tensor tensor() {
        if (tensors.size() != 1) throw new NoSuchElementException("there are " + tensors.size() + " outputs " + names);
        return tensors.getFirst();
    }

    /**
     * Returns the output with a name.
     *
     * @throws NoSuchElementException if there is none
     */
    public Tensor tensor(String name) {
        int i = names.indexOf(name);
        if (i < 0) throw new NoSuchElementException("there is no output '" + name + "' among " + names);
        return tensors.get(i);
    }

    /** Hands the tensors over to a scope of this thread, and returns this answer. */
    public Answer adopt(Scope scope) {
        scope.adopt(tensors.toArray(new Tensor[0]));
        return this;
    }

    /** Frees the tensors. Closing twice is harmless. */
    @Override public void close() { tensors.forEach(Tensor::close); }
}
