package panatorch.internal.jit;

import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.GenericDict;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.global.torch;
import panatorch.JavaCpp;
import panatorch.internal.calls.ValueStack;
import panatorch.internal.libtorch.DispatcherStack;

/**
 * Dicts, which JavaCPP can neither make nor fill. A script does it. Its types are those of one kind of dict, but the interpreter moves keys
 * and values without a look at their types.
 */
final class Dicts {
    private Dicts() {}

    private static final CompilationUnit UNIT = JavaCpp.call(() -> torch.compile("""
            def empty() -> Dict[str, int]:
                d: Dict[str, int] = {}
                return d

            def put(d: Dict[str, int], key: str, value: int):
                d[key] = value

            def keys(d: Dict[str, int]):
                return d.keys()

            def values(d: Dict[str, int]):
                return d.values()
            """));
    private static final Function PUT = function("put"), KEYS = function("keys"), VALUES = function("values");
    /** An empty dict. The interpreter makes a literal that its function does not change a constant, so this is always the same one. */
    private static final IValue EMPTY = JavaCpp.call(() -> {
        try (var values = new IValueVector()) {
            function("empty").run(values);
            return new IValue(values.back());
        }
    });

    /** The tag of a dict. */
    static final int TAG = DispatcherStack.tagAt(EMPTY.address());

    private static Function function(String name) {
        return JavaCpp.call(() -> {
            try (var qualified = new QualifiedName(name)) {
                return UNIT.find_function(qualified);
            }
        });
    }

    /** Pushes an empty dict of a type. */
    static void pushEmpty(ValueStack stack, ScriptType type) {
        stack.run(values -> {
            try (GenericDict empty = EMPTY.toGenericDict(); GenericDict dict = empty.copy(); IValue value = new IValue(dict)) {
                dict.unsafeSetKeyType(type.element().pointer());
                dict.unsafeSetValueType(type.contained().get(1).pointer());
                values.push_back(value);
            }
        });
    }

    /** Takes a dict, a key and a value off the stack, and puts the value into the dict. */
    static void put(ValueStack stack) {
        stack.run(PUT::run);
        stack.pop(); // the function's result, none
    }

    /** Replaces the dict on top of the stack by the list of its keys. */
    static void keys(ValueStack stack) { stack.run(KEYS::run); }

    /** Replaces the dict on top of the stack by the list of its values. */
    static void values(ValueStack stack) { stack.run(VALUES::run); }
}
