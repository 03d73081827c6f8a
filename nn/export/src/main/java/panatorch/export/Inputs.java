package panatorch.export;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;

/**
 * The inputs of a run of an {@link ExportedProgram}, by position or by name. The caller keeps the tensors.
 *
 * <pre>{@code
 * Inputs.of(images)
 * Inputs.named("input_ids", ids).and("attention_mask", mask)
 * Inputs.of(x, List.of(a, b), Map.of("scale", s))                // nested, as Python's arguments are
 * }</pre>
 */
public final class Inputs {
    private final List<@Nullable Object> positional;
    private final Map<String, @Nullable Object> named;

    private Inputs(List<@Nullable Object> positional, Map<String, @Nullable Object> named) {
        this.positional = positional;
        this.named = named;
    }

    /**
     * Returns inputs by position. Either one for each argument of Python's {@code forward}, nested ones as {@code List}s and {@code Map}s;
     * or one for each of the signature's inputs; or one for each of the signature's inputs that is not constant.
     *
     * @param values {@link Tensor}, {@code Long}, {@code Integer}, {@code Double}, {@code Boolean}, {@code String}, null, {@code List} or
     * {@code Map}
     */
    public static Inputs of(@Nullable Object... values) {
        return new Inputs(Collections.unmodifiableList(new ArrayList<>(Arrays.<@Nullable Object>asList(values))), Map.of());
    }

    /** Returns inputs by name, the first of which is this; see {@link #and}. */
    public static Inputs named(String name, @Nullable Object value) {
        return of().and(name, value);
    }

    /**
     * Returns these inputs and one more.
     *
     * @param name a name of the signature, or that of an argument of Python's {@code forward}, whose value may be nested
     */
    public Inputs and(String name, @Nullable Object value) {
        var more = new LinkedHashMap<>(named);
        more.put(name, value);
        return new Inputs(positional, Collections.unmodifiableMap(more));
    }

    List<@Nullable Object> positional() {
        return positional;
    }

    Map<String, @Nullable Object> named() {
        return named;
    }
}
