package panatorch.datasets;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.data.Batches;

/**
 * The tensors of some items, by the names of their fields. Owns them, and they are in no {@link panatorch.Scope}: whoever took the
 * batch from an {@link Epoch} closes it, on any thread.
 *
 * @param tensors each with the items along its first dimension, the network's input first
 */
public record Batch(SequencedMap<String, Tensor> tensors) implements Batches.Pair {
    public Batch {
        if (tensors.isEmpty()) throw new IllegalArgumentException("a batch has at least one tensor");
        tensors = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tensors));
    }

    /** Takes the tensors out of their scopes. */
    static Batch owning(Map<String, Tensor> tensors) {
        tensors.values().forEach(Tensor::escape);
        return new Batch(new LinkedHashMap<>(tensors));
    }

    /** The tensor of a field, or an {@link IllegalArgumentException} that names those there are. */
    public Tensor get(String field) {
        Tensor t = tensors.get(field);
        if (t == null) throw new IllegalArgumentException("the batch has no " + field + ", only " + String.join(", ", tensors.keySet()));
        return t;
    }

    /** The network's input: the first field, whatever its name. */
    @Override public Tensor input() { return tensors.firstEntry().getValue(); }

    /** The field {@code labels}, or null where there is none. */
    @Override public @Nullable Tensor target() { return tensors.get(Field.LABELS); }

    /** {@code [N, C, H, W]}, float32 in [0, 1] from a loader without a transform, uint8 from {@link Dataset#batch}. */
    public Tensor images() { return get(Field.IMAGES); }

    /** Token ids, int64 {@code [N, L]}, where L is the length of the batch's longest text. */
    public Tensor tokens() { return get(Field.TOKENS); }

    /** How many of the tokens of each text are not padding, int64 {@code [N]}. */
    public Tensor lengths() { return get(Field.LENGTHS); }

    /** int64 {@code [N]}. */
    public Tensor labels() { return get(Field.LABELS); }

    /** N, the number of items. */
    public int size() { return (int) input().size(0); }

    /** Frees all tensors. Closing twice is harmless. */
    @Override public void close() { tensors.values().forEach(Tensor::close); }
}
