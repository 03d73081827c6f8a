package panatorch.datasets;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.data.Batches;

/**
 * A batch of items: one tensor for each field, and from a {@link Collate} also values of other types. It owns its tensors, which belong to
 * no {@link panatorch.Scope}: whoever took the batch from an {@link Epoch} closes it, on any thread.
 *
 * @param tensors the tensors by field name, the network's input first, each with the items along its first dimension
 * @param values what else a {@link Collate} made, by name: lists with one element for each item, and maps. The batch owns tensors in them
 */
public record Batch(SequencedMap<String, Tensor> tensors, SequencedMap<String, Object> values) implements Batches.Pair {
    public Batch {
        if (tensors.isEmpty() && values.isEmpty()) throw new IllegalArgumentException("a batch needs at least one tensor or value");
        tensors = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(tensors));
        values = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(values));
    }

    /** Makes a batch of tensors alone. */
    public Batch(SequencedMap<String, Tensor> tensors) {
        this(tensors, new LinkedHashMap<>());
    }

    /** Makes a batch that owns the tensors of {@code values}, at any depth: takes them out of their scopes. */
    static Batch of(SequencedMap<String, Object> values) {
        var tensors = new LinkedHashMap<String, Tensor>();
        var others = new LinkedHashMap<String, Object>();
        values.forEach((name, value) -> {
            Values.map(value, Tensor::escape);
            if (value instanceof Tensor t) tensors.put(name, t);
            else others.put(name, value);
        });
        return new Batch(tensors, others);
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
                    "the batch has no field " + field + "; its fields are " + String.join(", ", tensors.keySet())
                            + (values.isEmpty() ? "" : ", and its values " + String.join(", ", values.keySet())));
        return t;
    }

    /**
     * Returns a value that is not a tensor, such as a list of strings.
     *
     * @throws IllegalArgumentException if there is no such value; the message names those there are
     */
    public Object value(String name) {
        Object value = values.get(name);
        if (value == null)
            throw new IllegalArgumentException("the batch has no value " + name + "; its values are " + String.join(", ", values.keySet()));
        return value;
    }

    /**
     * Returns a value that is a list of tensors, one for each item, such as images of different sizes.
     *
     * @throws IllegalArgumentException if there is no such value, or it is something else
     */
    public List<Tensor> list(String name) {
        if (!(value(name) instanceof List<?> list)) throw new IllegalArgumentException("the batch's value " + name + " is not a list");
        return list.stream().map(element -> {
            if (element instanceof Tensor t) return t;
            throw new IllegalArgumentException("the batch's value " + name + " is a list of other things than tensors");
        }).toList();
    }

    /** Returns the network's input: the first field, whatever its name. */
    @Override public Tensor input() {
        if (tensors.isEmpty())
            throw new IllegalStateException(
                    "the batch has no tensor to be the input; its values are " + String.join(", ", values.keySet()));
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
    public int size() {
        if (!tensors.isEmpty()) return (int) input().size(0);
        for (Object value : values.values()) if (value instanceof List<?> list) return list.size();
        throw new IllegalStateException("the batch has neither a tensor nor a list that would tell its size");
    }

    /** Frees all tensors. Closing twice is harmless. */
    @Override public void close() {
        tensors.values().forEach(Tensor::close);
        Values.close(values);
    }
}
