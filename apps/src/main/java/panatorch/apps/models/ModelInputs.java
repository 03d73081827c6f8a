package panatorch.apps.models;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a model takes. */
public interface ModelInputs {
    /**
     * An input.
     *
     * @param name its name
     * @param type what it takes, for people: {@code float32 [s0, 3, 224, 224]}
     * @param sizes sizes of a tensor's dimensions, −1 for those that may differ; null if they are unknown or it is no tensor
     * @param required whether it must be given
     */
    record Input(String name, String type, @Nullable List<Long> sizes, boolean required) {
        /** Returns the size of a dimension, or −1 if it may differ or is unknown. */
        public long size(int dimension) {
            return sizes == null || dimension >= sizes.size() ? -1 : sizes.get(dimension);
        }

        @Override public String toString() { return name + ": " + type; }
    }

    /** Returns the inputs in their order, without those that are constant. */
    List<Input> inputs();

    /** Returns the inputs as a list for messages. */
    default String described() {
        return inputs().stream().map(i -> i + (i.required() ? "" : " (optional)")).collect(Collectors.joining("; "));
    }
}
