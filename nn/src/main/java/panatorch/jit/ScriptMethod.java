package panatorch.jit;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import panatorch.internal.jit.ScriptFailure;
import panatorch.internal.jit.ScriptFunction;

/**
 * A method of a {@link ScriptModule}, which owns it. Arguments and results are Java values by the types of the script:
 *
 * <table>
 * <caption>Types</caption>
 * <tr>
 * <th>script</th>
 * <th>argument</th>
 * <th>result</th>
 * </tr>
 * <tr>
 * <td>{@code Tensor}</td>
 * <td>{@code Tensor}</td>
 * <td>{@code Tensor}, of the current scope</td>
 * </tr>
 * <tr>
 * <td>{@code int}</td>
 * <td>{@code Long}, {@code Integer}, {@code Short}, {@code Byte}; {@code DType}, {@code Layout}, {@code MemoryFormat}</td>
 * <td>{@code Long}</td>
 * </tr>
 * <tr>
 * <td>{@code float}</td>
 * <td>any real {@code Number}; whole ones are converted, as in Python</td>
 * <td>{@code Double}</td>
 * </tr>
 * <tr>
 * <td>{@code complex}, {@code number}</td>
 * <td>{@code Number}, {@link panatorch.Complex}</td>
 * <td>{@code Complex}, {@code Long} or {@code Double}</td>
 * </tr>
 * <tr>
 * <td>{@code bool}, {@code str}, {@code Device}, {@code Generator}</td>
 * <td>{@code Boolean}, {@code String}, {@code Device}, {@code Generator}</td>
 * <td>the same</td>
 * </tr>
 * <tr>
 * <td>{@code Optional[T]}</td>
 * <td>null or as {@code T}</td>
 * <td>null or as {@code T}</td>
 * </tr>
 * <tr>
 * <td>{@code List[T]}</td>
 * <td>{@code List} or array</td>
 * <td>{@code List}, a copy</td>
 * </tr>
 * <tr>
 * <td>{@code Tuple[…]}</td>
 * <td>{@code List} or array</td>
 * <td>unmodifiable {@code List}</td>
 * </tr>
 * <tr>
 * <td>{@code NamedTuple}</td>
 * <td>{@code Map} by the names of its fields, or {@code List}</td>
 * <td>unmodifiable {@code Map} by the names, in their order</td>
 * </tr>
 * <tr>
 * <td>{@code Dict[K, V]}</td>
 * <td>{@code Map}</td>
 * <td>{@code Map}, a copy in the dict's order</td>
 * </tr>
 * <tr>
 * <td>classes, enumerations, futures</td>
 * <td>{@link panatorch.NativeObject} of a result, for classes</td>
 * <td>{@code NativeObject}</td>
 * </tr>
 * </table>
 *
 * <p>
 * What the script does to a list or dict that it gets does not reach Java's. Any thread may call a method, virtual ones too, at the same
 * time as others. {@code NoGrad}, {@code Autocast} and the like hold in the script.
 */
public final class ScriptMethod {
    /**
     * A parameter.
     *
     * @param type type as Python writes it: {@code Optional[Tensor]}
     * @param required whether the argument must be given
     */
    public record Parameter(String name, String type, boolean required) {}

    private final ScriptModule module;
    private final ScriptFunction function;

    ScriptMethod(ScriptModule module, ScriptFunction function) {
        this.module = module;
        this.function = function;
    }

    public String name() { return function.name(); }

    /** Returns the parameters in their order, without {@code self}. */
    public List<Parameter> parameters() {
        return function.parameters().stream().map(p -> new Parameter(p.name(), p.type().text(), p.standard() == 0)).toList();
    }

    /** Returns the type of the result as Python writes it. */
    public String resultType() { return function.result().text(); }

    /**
     * Calls the method with arguments by position. Those that have defaults may be omitted at the end.
     *
     * @throws IllegalArgumentException if an argument does not fit its parameter
     * @throws ScriptException if the script fails
     * @throws IllegalStateException if the module is closed
     */
    public @Nullable Object call(@Nullable Object... arguments) {
        return call(Arrays.asList(arguments), Map.of());
    }

    /**
     * Calls the method with arguments by position and by name.
     *
     * @throws IllegalArgumentException if an argument does not fit its parameter
     * @throws ScriptException if the script fails
     * @throws IllegalStateException if the module is closed
     */
    public @Nullable Object call(List<? extends @Nullable Object> arguments, Map<String, ? extends @Nullable Object> named) {
        try {
            return module.run(function, arguments, named);
        } catch (ScriptFailure e) {
            throw ScriptException.of(name() + " failed", e);
        }
    }

    /** Returns the method's head: {@code forward(x: Tensor, k: float = …) -> Tensor}. */
    @Override public String toString() {
        return function.toString();
    }
}
