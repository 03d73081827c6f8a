package panatorch.datasets;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the items of a set are made of.
 *
 * @param fields the first is the network's input, which a loader transforms; names differ
 * @param classNames what the labels 0, 1, … stand for; empty if the items belong to no classes
 * @param pixels what images are normalised by; null if the items are not images
 */
public record Schema(List<Field> fields, List<String> classNames, @Nullable ChannelStats pixels) {
    public Schema {
        fields = List.copyOf(fields);
        classNames = List.copyOf(classNames);
        if (fields.isEmpty()) throw new IllegalArgumentException("an item has at least one field");
        if (fields.stream().map(Field::name).distinct().count() < fields.size()) throw new IllegalArgumentException("two fields have one name: " + names(fields));
    }

    /** Labelled images {@code [channels, height, width]}. */
    public static Schema images(long channels, long height, long width, ChannelStats pixels, List<String> classNames) {
        return new Schema(List.of(Field.images(channels, height, width), Field.labels()), classNames, pixels);
    }

    /** The place of a field among the others. */
    public int indexOf(String field) {
        for (int i = 0; i < fields.size(); i++) if (fields.get(i).name().equals(field)) return i;
        throw new IllegalArgumentException("the items have no " + field + ", only " + names(fields));
    }

    /** The bytes of each field. */
    long[] bytes() { return fields.stream().mapToLong(Field::bytes).toArray(); }

    private static String names(List<Field> fields) { return String.join(", ", fields.stream().map(Field::name).toList()); }
}
