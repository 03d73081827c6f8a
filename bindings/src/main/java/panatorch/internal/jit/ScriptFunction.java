package panatorch.internal.jit;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Argument;
import org.bytedeco.pytorch.Function;
import org.bytedeco.pytorch.FunctionSchema;
import org.bytedeco.pytorch.IValueVector;
import org.jspecify.annotations.Nullable;
import panatorch.NativeObject;
import panatorch.TorchException;
import panatorch.internal.calls.ValueStack;
import panatorch.internal.libtorch.Borrowed;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.References;
import panatorch.internal.libtorch.DispatcherStack;
import panatorch.internal.libtorch.Tag;

/** A method of a script module in libtorch's form. The module's object owns it. */
public final class ScriptFunction {
    /**
     * A parameter.
     *
     * @param standard address of the default value, 0 if there is none
     */
    public record Parameter(String name, ScriptType type, long standard) {}

    private static final Cleaner CLEANER = Cleaner.create();

    private final String name;
    private final Function function;
    private final List<Parameter> parameters;
    private final ScriptType result;

    /** @param address address of libtorch's function */
    ScriptFunction(long address) {
        function = new Function(Borrowed.at(address));
        name = ScriptType.text(function.name());
        FunctionSchema schema = function.getSchema();
        // JavaCPP copies the vectors, on which the types and defaults depend from now on
        Argument arguments = schema.arguments(), results = schema.returns();
        CLEANER.register(this, () -> {
            ArgumentCopies.free(arguments);
            ArgumentCopies.free(results);
        });
        var all = new ArrayList<Parameter>();
        for (long i = 1; i < arguments.limit(); i++) { // the first is the module
            Argument a = arguments.getPointer(i);
            var standard = a.default_value(); // an optional begins with its value
            all.add(new Parameter(ScriptType.text(a.name()), ScriptType.of(a.type()), standard.has_value() ? standard.address() : 0));
        }
        parameters = List.copyOf(all);
        result = ScriptType.of(results.type());
    }

    public String name() { return name; }

    /** Returns the parameters after {@code self}. */
    public List<Parameter> parameters() { return parameters; }

    public ScriptType result() { return result; }

    /**
     * Calls the method.
     *
     * @param self the module's object, which stays alive during the call even if another thread closes it
     * @throws IllegalArgumentException if the arguments do not fit the parameters
     * @throws ScriptFailure if the script fails
     */
    public @Nullable Object call(NativeObject self, List<? extends @Nullable Object> arguments,
            Map<String, ? extends @Nullable Object> named) {
        if (arguments.size() > parameters.size())
            throw new IllegalArgumentException(
                    name + " takes at most " + parameters.size() + " arguments, not " + arguments.size() + ": " + this);
        try (var stack = ValueStack.open()) {
            stack.push(self); // the script takes the other reference, and may free it before it ends
            stack.push(self);
            int used = 0;
            for (int i = 0; i < parameters.size(); i++) {
                Parameter p = parameters.get(i);
                boolean byName = named.containsKey(p.name);
                if (byName) used++;
                if (byName && i < arguments.size())
                    throw new IllegalArgumentException("argument '" + p.name + "' of " + name + " is given twice");
                if (!byName && i >= arguments.size()) pushStandard(stack, p);
                else
                    ScriptValues.push(stack, p.type, byName ? named.get(p.name) : arguments.get(i),
                            new ScriptValues.Place(null, "argument '" + p.name + "' of " + name));
            }
            if (used < named.size()) throw unknown(named);
            run(stack, function::run);
            return ScriptValues.take(stack, 1, result);
        } finally {
            Reference.reachabilityFence(this);
        }
    }

    private void pushStandard(ValueStack stack, Parameter p) {
        if (p.standard == 0) throw new IllegalArgumentException("argument '" + p.name + "' of " + name + " is missing: " + this);
        long payload = Memory.getLong(p.standard);
        int tag = DispatcherStack.tagAt(p.standard);
        if (!Tag.plain(tag)) References.retain(payload);
        stack.push(tag, payload);
    }

    private IllegalArgumentException unknown(Map<String, ?> named) {
        List<String> names = parameters.stream().map(Parameter::name).toList();
        return new IllegalArgumentException(
                name + " has no parameters " + named.keySet().stream().filter(n -> !names.contains(n)).toList() + ": " + this);
    }

    /** Runs native code of scripts on a stack, and turns its errors into {@link ScriptFailure}s. */
    static void run(ValueStack stack, Consumer<IValueVector> code) {
        var whole = new @Nullable String[1];
        try {
            stack.run(values -> {
                try {
                    code.accept(values);
                } catch (RuntimeException e) {
                    if (e.getClass() == RuntimeException.class) whole[0] = e.getMessage();
                    throw e;
                }
            });
        } catch (TorchException e) {
            String all = whole[0];
            if (all == null || e.getClass() != TorchException.class) throw e;
            throw new ScriptFailure(e, all);
        }
    }

    /** Returns the method's head: {@code forward(Tensor x, float k=…) -> Tensor}. */
    @Override public String toString() {
        return name + "("
                + String.join(", ", parameters.stream().map(p -> p.name + ": " + p.type + (p.standard == 0 ? "" : " = …")).toList())
                + ") -> " + result;
    }
}
