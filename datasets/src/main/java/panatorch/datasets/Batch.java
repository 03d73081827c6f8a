package panatorch.datasets;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.data.Batches;

/**
 * A batch of items: one tensor for each field. It owns its tensors, which belong to no {@link panatorch.Scope}: whoever took the batch from
 * an {@link Epoch} closes it, on any thread.
 *
 * @param tensors the tensors by field name, the network's input first, each with the items along its first dimension
 */
public record Batch(SequencedMap<String, Tensor> tensors) implements Batches.Pair {
    public Batch {
        if (tensors.isEmpty()) throw new IllegalArgumentException("a batch needs at least one tensor");
        tensors = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tensors));
    }

    /** Makes a batch that owns {@code tensors}: takes them out of their scopes. */
    static Batch owning(Map<String, Tensor> tensors) {
        tensors.values().forEach(Tensor::escape);
        return new Batch(new LinkedHashMap<>(tensors));
    }

    /**
     * Returns the tensor of a field.
     *
     * @throws IllegalArgumentException if there is no such field; the message names those there are
     */
    public Tensor get(String field) {
        Tensor t = tensors.get(field);
        if (t == null)
            throw new IllegalArgumentException(
                    "the batch has no field " + field + "; its fields are " + String.join(", ", tensors.keySet()));
        return t;
    }

    /** Returns the network's input: the first field, whatever its name. */
    @Override public Tensor input() {
        return tensors.firstEntry().getValue();
    }

    /** Returns the field {@code labels}, or null if there is none. */
    @Override public @Nullable Tensor target() {
        return tensors.get(Field.LABELS);
    }

    /** Returns the images {@code [N, C, H, W]}: float32 in [0, 1] from a loader without a transform, uint8 from {@link Dataset#batch}. */
    public Tensor images() {
        return get(Field.IMAGES);
    }

    /** Returns the token ids, int64 {@code [N, L]}, where L is the length of the batch's longest text. */
    public Tensor tokens() {
        return get(Field.TOKENS);
    }

    /** Returns the number of tokens of each text without padding, int64 {@code [N]}. */
    public Tensor lengths() {
        return get(Field.LENGTHS);
    }

    /** Returns the labels, int64 {@code [N]}. */
    public Tensor labels() { return get(Field.LABELS); }

    /** Returns N, the number of items. */
    public int size() { return (int) input().size(0); }

    /** Frees all tensors. Closing twice is harmless. */
    @Override public void close() { tensors.values().forEach(Tensor::close); }
}
