package panatorch.internal.jit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Argument;
import org.bytedeco.pytorch.FunctionSchema;
import org.bytedeco.pytorch.TupleType;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.TypeArrayRef;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import panatorch.JavaCpp;
import panatorch.internal.libtorch.Borrowed;

/**
 * The type of a parameter, result or attribute of a script.
 *
 * @param text the type as Python writes it: {@code Dict[str, Tensor]}
 * @param contained the types of a container's elements, of a dict's keys and values, or of the alternatives of a union
 * @param fields the names of a named tuple's elements; empty for any other type
 * @param address address of libtorch's pointer to the type. The module that declares the type owns it
 */
public record ScriptType(Kind kind, String text, List<ScriptType> contained, List<String> fields, long address) {
    /** What values a type has. */
    public enum Kind {
        TENSOR, INT, FLOAT, COMPLEX, BOOL, NUMBER, STRING, DEVICE, GENERATOR, NONE, ANY, LIST, TUPLE, DICT, OPTIONAL, UNION,
        /** Objects of classes, enumerations, futures: values that Java passes on. */
        OBJECT
    }

    /** Reads the type behind one of libtorch's pointers, which has to stay where it is as long as the result is used. */
    static ScriptType of(Type.TypePtr pointer) {
        Type type = pointer.get();
        Kind kind = switch (type.kind().intern()) {
            case TensorType -> Kind.TENSOR;
            case IntType, SymIntType, ScalarTypeType, LayoutType, MemoryFormatType, QSchemeType -> Kind.INT;
            case FloatType, SymFloatType -> Kind.FLOAT;
            case ComplexType -> Kind.COMPLEX;
            case BoolType, SymBoolType -> Kind.BOOL;
            case NumberType -> Kind.NUMBER;
            case StringType -> Kind.STRING;
            case DeviceObjType -> Kind.DEVICE;
            case GeneratorType -> Kind.GENERATOR;
            case NoneType -> Kind.NONE;
            case AnyType -> Kind.ANY;
            case ListType -> Kind.LIST;
            case TupleType -> Kind.TUPLE;
            case DictType -> Kind.DICT;
            case OptionalType -> Kind.OPTIONAL;
            case UnionType -> Kind.UNION;
            default -> Kind.OBJECT;
        };
        var contained = new ArrayList<ScriptType>();
        if (kind.compareTo(Kind.LIST) >= 0 && kind != Kind.OBJECT) {
            try (TypeArrayRef types = type.containedTypes(); Type.TypePtr first = types.data()) {
                for (long i = 0; i < types.size(); i++) contained.add(of(first.getPointer(i)));
            }
        }
        return new ScriptType(kind, text(type.annotation_str()), List.copyOf(contained), fields(kind, type), pointer.address());
    }

    private static List<String> fields(Kind kind, Type type) {
        if (kind != Kind.TUPLE) return List.of();
        try (var pointers = new PointerScope()) {
            FunctionSchema schema = new TupleType(type).schema();
            var names = new ArrayList<String>();
            Argument fields = schema == null ? null : schema.arguments();
            for (long i = 0; fields != null && i < fields.limit(); i++) names.add(text(fields.getPointer(i).name()));
            ArgumentCopies.free(fields);
            return List.copyOf(names);
        }
    }

    private static final Map<String, ScriptType> WRITTEN = new ConcurrentHashMap<>();

    /** Returns the type that an operator's schema writes in a given way, such as {@code Dict(str, Tensor[])}. It stays in memory. */
    static ScriptType written(String schema) {
        return WRITTEN.computeIfAbsent(schema,
                text -> JavaCpp.call(() -> of(torch.parseSchema("probe(" + text + " value) -> ()").arguments().type())));
    }

    /** Returns libtorch's pointer to the type. */
    Type.TypePtr pointer() { return new Type.TypePtr(Borrowed.at(address)); }

    ScriptType element() { return contained.getFirst(); }

    /** Returns whether a value of the type may be none. */
    boolean optional() {
        return kind == Kind.OPTIONAL || kind == Kind.NONE || kind == Kind.ANY
                || kind == Kind.UNION && contained.stream().anyMatch(ScriptType::optional);
    }

    /** Returns the text of a string, and frees the string. JavaCPP turns an empty string into null. */
    static String text(@Nullable BytePointer string) {
        if (string == null) return "";
        try (string) {
            return string.getString(java.nio.charset.StandardCharsets.UTF_8);
        }
    }

    @Override public String toString() { return text; }
}
