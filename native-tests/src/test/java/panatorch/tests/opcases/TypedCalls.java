package panatorch.tests.opcases;

import java.io.IOException;
import java.io.UncheckedIOException;
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

/** The methods of {@link Aten} by the operators' names, called by reflection. */
final class TypedCalls {
    private TypedCalls() {}

    private static final Map<String, String> SIGNATURES = index();
    private static final Map<String, Method> METHODS = Arrays.stream(Aten.class.getDeclaredMethods()).filter(m -> !m.isSynthetic())
            .collect(Collectors.toMap(TypedCalls::signature, m -> m, (a, b) -> a));

    private static Map<String, String> index() {
        var signatures = new LinkedHashMap<String, String>();
        try (var in = Aten.class.getResourceAsStream("/panatorch/aten-methods.tsv")) {
            new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().map(l -> l.split("\t")).forEach(l -> signatures.put(l[0], l[1]));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return signatures;
    }

    /** Of every operator: the signature of the method that takes all its arguments. */
    static Map<String, String> signatures() { return SIGNATURES; }

    private static String signature(Method m) {
        return m.getName() + Arrays.stream(m.getParameterTypes()).map(Class::getSimpleName).collect(Collectors.joining(",", "(", ")"));
    }

    static Method method(String operator) {
        Method m = METHODS.get(SIGNATURES.getOrDefault(operator, ""));
        if (m == null) throw new IllegalArgumentException("Aten has no method for " + operator);
        return m;
    }

    /** @param arguments as {@link Values#decode} makes them */
    static @Nullable Object call(String operator, List<@Nullable Object> arguments) {
        Method m = method(operator);
        var fitting = new ArrayList<@Nullable Object>();
        // This one takes its type from the kind of number, and Java's have no truth value among them: a caller names the type.
        boolean truth = operator.equals("aten::full") && arguments.get(1) instanceof Boolean && arguments.get(2) == null;
        for (int i = 0; i < arguments.size(); i++) fitting.add(truth && i == 2 ? DType.BOOL : Values.fit(arguments.get(i), m.getParameterTypes()[i]));
        try {
            return m.invoke(null, fitting.toArray());
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof RuntimeException cause) throw cause;
            throw new AssertionError(e.getCause());
        } catch (IllegalAccessException e) {
            throw new AssertionError(e);
        }
    }
}
