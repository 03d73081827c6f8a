package panatorch;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import panatorch.internal.library.CustomLibrary;

/**
 * Access to operators by name: those of libraries that {@link Aten} does not know (see also {@link OperatorLibrary}), and the {@code out=}
 * variants.
 */
public final class Operators {
    private Operators() {}

    private static final ConcurrentHashMap<String, Operator> KNOWN = new ConcurrentHashMap<>();

    /**
     * Calls an operator with its arguments in schema order. Trailing arguments that have defaults in the schema may be omitted.
     *
     * @param name name with the overload: {@code aten::add.Tensor}
     * @param arguments the arguments: null for none; {@link Tensor}, {@code Number}, {@code Boolean}, {@code String}, {@link DType},
     * {@link Layout}, {@link MemoryFormat}, {@link Device}, {@link Generator}, {@link NativeObject}; for lists a {@code List},
     * {@code long[]}, {@code double[]} or {@code boolean[]}. Where the schema has a {@code Tensor}, but not where it has a {@code Tensor?},
     * a number or boolean stands for a tensor [] whose type yields to that of tensors, as in Python
     * @return the results in order: {@link Tensor} (null if undefined), {@code List<Tensor>}, {@code Long} ({@code BigInteger} for unsigned
     * numbers of 2⁶³ or more), {@code Double}, {@code Boolean}, {@link Complex}, {@code String}, {@link Device}, {@link Generator},
     * {@code List}s of numbers or texts, or {@link NativeObject}. Tensors belong to the current scope
     * @throws TorchException if there is no such operator, or it fails
     * @throws IllegalArgumentException if the arguments do not fit its schema
     */
    public static List<@Nullable Object> call(String name, @Nullable Object... arguments) {
        Operator op = find(name);
        var parameters = op.schema().parameters();
        if (arguments.length < op.schema().required() || arguments.length > parameters.size())
            throw new IllegalArgumentException(
                    op.qualified() + " takes " + parameters.size() + " arguments "
                            + parameters.stream().map(p -> p.type() + " " + p.name()).toList() + ", not " + arguments.length);
        try (var numbers = new Numbers()) {
            var converted = new ArrayList<Object>();
            for (int i = 0; i < arguments.length; i++)
                converted.add(Values.checked("argument '" + parameters.get(i).name() + "' of " + op.qualified(), parameters.get(i),
                        numbers.wrapped(parameters.get(i), arguments[i])));
            return call(op, converted);
        }
    }

    /** The numbers of a call that stand for tensors. */
    private static final class Numbers implements AutoCloseable {
        private final List<Tensor> wrapped = new ArrayList<>();

        @Nullable Object wrapped(OperatorSchema.Parameter parameter, @Nullable Object argument) {
            if (!parameter.type().equals("Tensor") || !(argument instanceof Number || argument instanceof Boolean)) return argument;
            wrapped.add(Values.wrapped(argument).escape());
            return wrapped.getLast();
        }

        @Override public void close() { wrapped.forEach(Tensor::close); }
    }

    private static List<@Nullable Object> call(Operator op, List<Object> converted) {
        if (!op.qualified().startsWith("_c10d_functional::")) return run(op, converted);
        var results = new ArrayList<@Nullable Object>();
        ThreadContext.current().caller.waitingForOthers(() -> results.addAll(run(op, converted)));
        return results;
    }

    private static List<@Nullable Object> run(Operator op, List<Object> converted) {
        var parameters = op.schema().parameters();
        Call call = Call.begin(op);
        for (int i = 0; i < parameters.size(); i++) {
            if (i < converted.size()) Values.push(call, parameters.get(i), converted.get(i));
            else call.standard(parameters.get(i));
        }
        call.run();
        var results = new ArrayList<@Nullable Object>();
        for (int i = 0; i < call.resultCount(); i++) results.add(Values.take(call, i));
        call.end();
        return results;
    }

    /**
     * Loads a shared library, so that its operators can be called. It stays loaded until the program ends.
     *
     * <p>
     * If the library defines an operator that exists already, the process ends, as in Python: libtorch throws while the system loads the
     * library, where nothing can catch it.
     *
     * @param library a library that was built for this libtorch, with {@code TORCH_LIBRARY} or libtorch's stable C interface
     * @throws IllegalArgumentException if there is no such file
     * @throws UnsatisfiedLinkError if the file is not a library, or one for another libtorch or system; the message quotes the system's
     */
    public static void load(Path library) { CustomLibrary.load(library); }

    /** Returns the operators that libtorch knows now, with their overloads, in alphabetical order: {@code aten::add.Tensor}. */
    public static List<String> names() {
        return Operator.allNames().values().stream().flatMap(List::stream).sorted().toList();
    }

    /**
     * A parameter of an operator.
     *
     * @param type type as the operator's schema writes it: {@code Tensor}, {@code int[]}, {@code Scalar?}
     * @param required whether the argument must be given
     */
    public record Parameter(String name, String type, boolean required) {}

    /**
     * Returns the parameters of an operator.
     *
     * @throws TorchException if there is no such operator
     */
    public static List<Parameter> parameters(String name) {
        return find(name).schema().parameters().stream().map(p -> new Parameter(p.name(), p.type(), p.standard() == 0)).toList();
    }

    static Operator find(String name) { return KNOWN.computeIfAbsent(name, Operator::new); }

    /** Forgets an operator whose registration is about to be removed. */
    static void forget(String name) { KNOWN.remove(name); }
}
