package panatorch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Argument;
import org.bytedeco.pytorch.FunctionSchema;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.DispatcherStack;

/** The parameters and results of an operator as the dispatcher knows them at run time. */
record OperatorSchema(List<Parameter> parameters, List<Parameter> results) {

    /**
     * A parameter or result.
     *
     * @param type type as the schema writes it: {@code Tensor}, {@code int[]}, {@code Scalar?}
     * @param standard address of the default value, 0 if there is none; the schema owns it, which lasts as long as its operator
     */
    record Parameter(String name, String type, long standard) {
        boolean optional() { return type.endsWith("?"); }
        String plain() { return optional() ? type.substring(0, type.length() - 1) : type; }
    }

    /** Returns the number of required arguments: all up to the last one without a default. */
    int required() {
        int n = parameters.size();
        while (n > 0 && parameters.get(n - 1).standard() != 0) n--;
        return n;
    }

    /**
     * Reads a schema.
     *
     * @throws IllegalArgumentException if a dispatcher stack has no room for the arguments, or the results
     */
    static OperatorSchema of(FunctionSchema schema) {
        List<Parameter> parameters = all(schema.arguments()), results = all(schema.returns());
        if (Math.max(parameters.size(), results.size()) > DispatcherStack.CAPACITY)
            throw new IllegalArgumentException(
                    "an operator may have at most " + DispatcherStack.CAPACITY + " arguments and as many results, not " + parameters.size()
                            + " and " + results.size());
        return new OperatorSchema(parameters, results);
    }

    /**
     * Reads a vector of arguments. {@code arguments} points to the first element and knows the end; it is null for an empty vector.
     */
    private static List<Parameter> all(@Nullable Argument arguments) {
        if (arguments == null) return List.of();
        var list = new ArrayList<Parameter>();
        for (long i = arguments.position(); i < arguments.limit(); i++) {
            Argument a = arguments.getPointer(i);
            list.add(new Parameter(text(a.name()), canonical(text(a.type().get().str())), standard(a)));
        }
        return List.copyOf(list);
    }

    private static long standard(Argument a) {
        var value = a.default_value();
        return value.has_value() ? value.get().address() : 0;
    }

    /** Returns the text of a string; JavaCPP turns an empty string into null. */
    static String text(@Nullable BytePointer p) {
        if (p == null) return "";
        try (p) {
            return p.getString();
        }
    }

    /** Writes an optional type as {@code T?}; libtorch also writes {@code Optional[T]}. */
    private static String canonical(String type) {
        return type.startsWith("Optional[") ? type.substring(9, type.length() - 1) + "?" : type;
    }
}
