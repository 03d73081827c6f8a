package panatorch;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The arguments of a kernel written in Java, by their names in the operator's schema. The tensors belong to the scope around the kernel's
 * call. To keep one longer, return it as a result or call {@link Tensor#escape}.
 *
 * <p>
 * The methods throw an {@link IllegalArgumentException} for a wrong name or type, and if the argument is none unless the method reads
 * optional arguments.
 */
public final class OperatorArguments {
    private final Operator operator;
    private final @Nullable Object[] values;

    OperatorArguments(Operator operator, @Nullable Object[] values) {
        this.operator = operator;
        this.values = values;
    }

    /** Returns whether the argument is not none. */
    public boolean has(String name) { return values[index(name)] != null; }

    public Tensor tensor(String name) { return get(name, Tensor.class); }

    /** Returns the tensor argument, or null if it is none or an undefined tensor. */
    public @Nullable Tensor optionalTensor(String name) {
        return has(name) ? tensor(name) : null;
    }

    /** Returns the argument of type {@code Tensor[]} or {@code Tensor?[]}; elements of the latter may be null. */
    @SuppressWarnings("unchecked") public List<Tensor> tensors(String name) {
        return (List<Tensor>) list(name, Tensor.class);
    }

    /** Returns the argument of type {@code int} or {@code SymInt}. */
    public long integer(String name) { return get(name, Long.class); }

    /** Returns the argument of type {@code float}. */
    public double real(String name) { return get(name, Double.class); }

    public boolean bool(String name) { return get(name, Boolean.class); }

    /** Returns the argument of type {@code Scalar}: a {@code Long}, {@code Double} or {@link Complex}; a boolean is 1 or 0. */
    public Number number(String name) {
        return values[index(name)] instanceof Boolean b ? (Long) (b ? 1L : 0L) : get(name, Number.class);
    }

    /** Returns the argument of type {@code str}. */
    public String string(String name) { return get(name, String.class); }

    public DType dtype(String name) { return DType.ofCode((int) integer(name)); }

    public Layout layout(String name) { return Layout.ofCode((int) integer(name)); }

    public MemoryFormat memoryFormat(String name) { return MemoryFormat.ofCode((int) integer(name)); }

    public Device device(String name) { return get(name, Device.class); }

    public Generator generator(String name) { return get(name, Generator.class); }

    /** Returns the argument of type {@code int[]} or {@code SymInt[]}. */
    public long[] integers(String name) {
        return list(name, Long.class).stream().mapToLong(v -> (Long) v).toArray();
    }

    /** Returns the argument of type {@code float[]}. */
    public double[] reals(String name) {
        return list(name, Double.class).stream().mapToDouble(v -> (Double) v).toArray();
    }

    public boolean[] bools(String name) {
        var list = list(name, Boolean.class);
        var values = new boolean[list.size()];
        for (int i = 0; i < values.length; i++) values[i] = (Boolean) list.get(i);
        return values;
    }

    /** Returns the argument of type {@code Scalar[]}. */
    @SuppressWarnings("unchecked") public List<Number> numbers(String name) {
        return (List<Number>) list(name, Number.class);
    }

    /** Returns the argument of type {@code str[]}. */
    @SuppressWarnings("unchecked") public List<String> strings(String name) {
        return (List<String>) list(name, String.class);
    }

    /** Returns an argument of any other type: a storage, a stream, an object of a custom class. */
    public NativeObject object(String name) {
        return get(name, NativeObject.class);
    }

    /** Returns all arguments in schema order, as {@link Operators#call} takes them. */
    public List<@Nullable Object> all() {
        return Collections.<@Nullable Object>unmodifiableList(Arrays.<@Nullable Object>asList(values));
    }

    private int index(String name) {
        var parameters = operator.schema().parameters();
        for (int i = 0; i < values.length; i++) if (parameters.get(i).name().equals(name)) return i;
        throw new IllegalArgumentException(operator.qualified() + " has no argument '" + name + "'");
    }

    private <T> T get(String name, Class<T> type) {
        Object v = values[index(name)];
        if (type.isInstance(v)) return type.cast(v);
        throw wrong(name, type);
    }

    private List<?> list(String name, Class<?> element) {
        List<?> list = get(name, List.class);
        if (list.stream().allMatch(v -> v == null || element.isInstance(v))) return list;
        throw wrong(name, element);
    }

    private IllegalArgumentException wrong(String name, Class<?> asked) {
        int i = index(name);
        return new IllegalArgumentException("argument '" + name + "' of " + operator.qualified() + (values[i] == null ? " was not given"
                : " is a " + operator.schema().parameters().get(i).type() + ", which cannot be read as " + asked.getSimpleName()));
    }
}
