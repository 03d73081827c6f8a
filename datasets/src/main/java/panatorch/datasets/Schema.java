package panatorch.datasets;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Describes the items of a dataset: their fields and their classes.
 *
 * @param fields fields with different names; the first is the network's input, which a loader transforms
 * @param classNames names of the classes with the labels 0, 1, …; empty if the items belong to no classes
 * @param pixels mean and standard deviation of the images' channels; null if the items are not images
 */
public record Schema(List<Field> fields, List<String> classNames, @Nullable ChannelStats pixels) {
    public Schema {
        fields = List.copyOf(fields);
        classNames = List.copyOf(classNames);
        if (fields.isEmpty()) throw new IllegalArgumentException("an item needs at least one field");
        if (fields.stream().map(Field::name).distinct().count() < fields.size())
            throw new IllegalArgumentException("two fields have the same name: " + names(fields));
    }

    /** Returns the schema of labelled images {@code [channels, height, width]}. */
    public static Schema images(long channels, long height, long width, ChannelStats pixels, List<String> classNames) {
        return new Schema(List.of(Field.images(channels, height, width), Field.labels()), classNames, pixels);
    }

    /**
     * Returns the index of a field.
     *
     * @throws IllegalArgumentException if there is no such field
     */
    public int indexOf(String field) {
        for (int i = 0; i < fields.size(); i++) if (fields.get(i).name().equals(field)) return i;
        throw new IllegalArgumentException("the items have no field " + field + "; their fields are " + names(fields));
    }

    /** Returns the number of bytes of each field of an item. */
    long[] bytes() { return fields.stream().mapToLong(Field::bytes).toArray(); }

    private static String names(List<Field> fields) { return String.join(", ", fields.stream().map(Field::name).toList()); }
}
