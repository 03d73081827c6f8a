package panatorch.tests.opcases;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import panatorch.Aten;
import panatorch.DType;
import panatorch.Options;
import panatorch.opcases.Values;

/** The methods of {@link Aten} by the operators' names, called by reflection. */
final class TypedCalls {
    private TypedCalls() {}

    private static final Map<String, String> SIGNATURES = index(1), WITH_OPTIONS = index(2), OUT = index(3);
    private static final Map<String, Method> METHODS = Arrays.stream(Aten.class.getDeclaredMethods()).filter(m -> !m.isSynthetic())
            .collect(Collectors.toMap(TypedCalls::signature, m -> m, (a, b) -> a));

    private static Map<String, String> index(int column) {
        var signatures = new LinkedHashMap<String, String>();
        try (var in = Aten.class.getResourceAsStream("/panatorch/aten-methods.tsv")) {
            new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().map(l -> l.split("\t", -1)).filter(l -> !l[column].isEmpty())
                    .forEach(l -> signatures.put(l[0], l[column]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return signatures;
    }

    /** Of every operator: the signature of the method that takes all its arguments. */
    static Map<String, String> signatures() {
        return SIGNATURES;
    }

    /** Whether there is a method that takes the optional arguments in a record. */
    static boolean hasOptions(String operator) {
        return WITH_OPTIONS.containsKey(operator);
    }

    /** Of every operator that can write to given tensors: its overload that does. */
    static Map<String, String> out() { return OUT; }

    private static String signature(Method m) {
        return m.getName() + Arrays.stream(m.getParameterTypes())
                .map(t -> t.getEnclosingClass() == Options.class ? "Options." + t.getSimpleName() : t.getSimpleName())
                .collect(Collectors.joining(",", "(", ")"));
    }

    static Method method(String operator) { return method(SIGNATURES, operator); }

    private static Method method(Map<String, String> signatures, String operator) {
        Method m = METHODS.get(signatures.getOrDefault(operator, ""));
        if (m == null) throw new IllegalArgumentException("Aten has no method for " + operator);
        return m;
    }

    /** @param arguments as {@link Values#decode} makes them */
    static @Nullable Object call(String operator, List<@Nullable Object> arguments) {
        Method m = method(operator);
        return invoke(m, fitting(m, typed(operator, arguments)));
    }

    /** The same through the method that takes the optional arguments, which are the last ones, in a record. */
    static @Nullable Object callWithOptions(String operator, List<@Nullable Object> given) {
        var arguments = typed(operator, given);
        Method m = method(WITH_OPTIONS, operator);
        int required = m.getParameterCount() - 1;
        var constructor = m.getParameterTypes()[required].getConstructors()[0];
        if (constructor.getParameterCount() != arguments.size() - required)
            throw new IllegalArgumentException(m + " with options of " + arguments);
        var fitting = fitting(m, arguments.subList(0, required));
        try {
            fitting.add(constructor.newInstance(fitting(constructor, arguments.subList(required, arguments.size())).toArray()));
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
        return invoke(m, fitting);
    }

    /** One operator takes its type from the kind of number, and Java's have no truth value among them: a caller names the type. */
    private static List<@Nullable Object> typed(String operator, List<@Nullable Object> arguments) {
        var typed = new ArrayList<>(arguments);
        if (operator.equals("aten::full") && arguments.get(1) instanceof Boolean && arguments.get(2) == null) typed.set(2, DType.BOOL);
        return typed;
    }

    private static List<@Nullable Object> fitting(Executable of, List<@Nullable Object> arguments) {
        var fitting = new ArrayList<@Nullable Object>();
        for (int i = 0; i < arguments.size(); i++) fitting.add(Values.fit(arguments.get(i), of.getParameterTypes()[i]));
        return fitting;
    }

    private static @Nullable Object invoke(Method m, List<@Nullable Object> arguments) {
        try {
            return m.invoke(null, arguments.toArray());
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) throw cause;
            throw new AssertionError(e.getCause());
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
