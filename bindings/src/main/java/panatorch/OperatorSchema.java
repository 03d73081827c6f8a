package panatorch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.pytorch.Argument;
import org.bytedeco.pytorch.OperatorHandle;
import org.jspecify.annotations.Nullable;

/** What the dispatcher knows of an operator's arguments at run time. */
record OperatorSchema(List<Parameter> parameters) {

    /** @param type as the schema writes it: {@code Tensor}, {@code int[]}, {@code Scalar?} */
    record Parameter(String name, String type) {
        boolean optional() { return type.endsWith("?"); }
        String plain() { return optional() ? type.substring(0, type.length() - 1) : type; }
    }

    static OperatorSchema of(OperatorHandle handle) {
        var schema = handle.schema();
        return new OperatorSchema(all(schema.arguments()));
    }

    /** {@code arguments} points at the first of a vector's elements and knows where they end; there is nothing to point at in an empty one. */
    private static List<Parameter> all(@Nullable Argument arguments) {
        if (arguments == null) return List.of();
        var list = new ArrayList<Parameter>();
        for (long i = arguments.position(); i < arguments.limit(); i++) {
            Argument a = arguments.getPointer(i);
            list.add(new Parameter(text(a.name()), canonical(text(a.type().get().str()))));
        }
        return List.copyOf(list);
    }

    /** JavaCPP makes null of an empty string. */
    private static String text(@Nullable BytePointer p) {
        if (p == null) return "";
        try (p) {
            return p.getString();
        }
    }

    /** libtorch writes {@code Optional[T]} in some types and {@code T?} in others. */
    private static String canonical(String type) {
        return type.startsWith("Optional[") ? type.substring(9, type.length() - 1) + "?" : type;
    }
}
