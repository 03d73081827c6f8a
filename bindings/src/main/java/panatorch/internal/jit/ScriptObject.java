package panatorch.internal.jit;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.ClassType;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.ExtraFilesMap;
import org.bytedeco.pytorch.FunctionVector;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.JitModule;
import org.bytedeco.pytorch.Obj;
import org.bytedeco.pytorch.StringVector;
import org.bytedeco.pytorch.StringVectorOptional;
import org.bytedeco.pytorch.Type;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.JavaCpp;
import panatorch.NativeObject;
import panatorch.internal.calls.ValueStack;
import panatorch.internal.libtorch.Memory;

/**
 * A script module's object in libtorch's form: its attributes and methods. Any thread may use and close it; a call that has begun ends as
 * if it were open.
 */
public final class ScriptObject implements AutoCloseable {
    /**
     * An attribute.
     *
     * @param role what the attribute is to a module
     */
    public record Attribute(String name, ScriptType type, Role role) {}

    /** What an attribute is to a module. */
    public enum Role {
        PARAMETER, BUFFER, MODULE, OTHER
    }

    private final NativeObject object;

    private ScriptObject(NativeObject object) {
        this.object = object;
    }

    // ---- whole modules

    /**
     * Loads a module from a file that was checked before.
     *
     * @param device device of all tensors; null for those from which they were saved
     * @throws ScriptFailure if libtorch refuses the file
     */
    public static ScriptObject load(String path, @Nullable Device device) {
        try (var stack = ValueStack.open()) {
            return made(stack, _ -> {
                var none = new ExtraFilesMap();
                var place = device == null ? new DeviceOptional()
                        : new DeviceOptional(new org.bytedeco.pytorch.Device(text(device.toString())));
                return torch.load(text(path), place, none, true);
            });
        }
    }

    /** Returns the module that code of JavaCPP's makes, as {@link #use} does. */
    static ScriptObject made(Supplier<JitModule> code) {
        try (var stack = ValueStack.open()) {
            return made(stack, _ -> code.get());
        }
    }

    /** Writes the module to a file. */
    public void save(String path, Map<String, byte[]> extraFiles) {
        use(module -> {
            var extra = new ExtraFilesMap();
            extraFiles.forEach((name, bytes) -> extra.put(text(name), bytes.length == 0 ? text("") : new BytePointer(bytes)));
            module.save(text(path), extra);
            return true;
        });
    }

    /** Returns a copy with tensors of its own. */
    public ScriptObject copy() { return changed(JitModule::deepcopy); }

    /** Returns a copy in which all attributes but the named ones are constants. */
    public ScriptObject freeze(List<String> preserved) {
        return changed(m -> torch.freeze(m, new StringVectorOptional(strings(preserved)), true));
    }

    /** Returns a frozen copy with operators fused and weights packed. */
    public ScriptObject optimize(List<String> methods) {
        return changed(m -> torch.optimize_for_inference(m, strings(methods)));
    }

    private static StringVector strings(List<String> values) {
        var vector = new StringVector();
        for (String v : values) vector.push_back(text(v));
        return vector;
    }

    // ---- its parts

    /** Returns the attributes in their order. */
    public List<Attribute> attributes() {
        return use(module -> {
            Obj own = module._ivalue();
            ClassType type = own.type();
            var all = new ArrayList<Attribute>();
            for (long i = 0; i < type.numAttributes(); i++) {
                Type.TypePtr declared = type.getAttribute(i);
                IValue value = own.getSlot(i);
                Role role = value.isModule() ? Role.MODULE : type.is_parameter(i) && value.isTensor() ? Role.PARAMETER
                        : declared.get().kind().intern() == torch.TypeKind.TensorType ? Role.BUFFER : Role.OTHER;
                all.add(new Attribute(ScriptType.text(type.getAttributeName(i)), ScriptType.of(declared), role));
            }
            return List.copyOf(all);
        });
    }

    /** Returns the methods by their names. */
    public Map<String, ScriptFunction> methods() {
        List<Long> addresses = use(module -> {
            FunctionVector functions = module.type().methods();
            var all = new ArrayList<Long>();
            for (long i = 0; i < functions.size(); i++) all.add(functions.get(i).address());
            return all;
        });
        var methods = new LinkedHashMap<String, ScriptFunction>();
        for (long address : addresses) {
            var function = JavaCpp.call(() -> new ScriptFunction(address)); // outside of a PointerScope, as it keeps pointers
            methods.put(function.name(), function);
        }
        return methods;
    }

    public @Nullable Object call(ScriptFunction method, List<? extends @Nullable Object> arguments,
            Map<String, ? extends @Nullable Object> named) {
        return method.call(object, arguments, named);
    }

    /** Returns a module that is an attribute. */
    public ScriptObject child(String name) {
        return changed(m -> new JitModule(m.attr(text(name)).toObject()));
    }

    /** Returns the address of the module's object, which tells whether two modules are the same. */
    public long address() {
        return use(m -> m._ivalue().address());
    }

    /** Returns the value of an attribute or constant. Tensors belong to the current scope. */
    public @Nullable Object attribute(String name, @Nullable ScriptType type) {
        try (var stack = ValueStack.open()) {
            stack.push(object);
            stack.run(values -> {
                try (var pointers = new PointerScope()) {
                    JitModule module = module(values.get(0));
                    ClassType own = module.type();
                    values.push_back(own.hasConstant(text(name)) ? own.getConstant(text(name)) : module.attr(text(name)));
                }
            });
            return ScriptValues.take(stack, 1, type);
        }
    }

    /** Returns whether the class of the module has a constant of that name. */
    public boolean hasConstant(String name) {
        return use(m -> m.type().hasConstant(text(name)));
    }

    /** Sets an attribute. */
    public void setAttribute(Attribute attribute, @Nullable Object value) {
        try (var stack = ValueStack.open()) {
            stack.push(object);
            ScriptValues.push(stack, attribute.type(), value, ScriptValues.Place.argument("attribute '" + attribute.name() + "'"));
            ScriptFunction.run(stack, values -> {
                try (var pointers = new PointerScope()) {
                    module(values.get(0)).setattr(text(attribute.name()), values.get(1));
                }
            });
        }
    }

    /** Returns the address of the tensor that is the value of an attribute. */
    public long tensorAddress(String name) {
        return use(m -> Memory.getLong(m.attr(text(name)).address()));
    }

    // ----

    private static JitModule module(IValue value) { return new JitModule(value.toObject()); }

    /**
     * Returns a result computed from the module. All objects of JavaCPP are freed afterwards, so the code must neither keep any nor call
     * anything that does, such as operators.
     */
    <T> T use(Function<JitModule, T> code) {
        var result = new ArrayList<T>(1);
        try (var stack = ValueStack.open()) {
            stack.push(object);
            ScriptFunction.run(stack, values -> {
                try (var pointers = new PointerScope()) {
                    result.add(code.apply(module(values.get(0))));
                }
            });
        }
        return result.getFirst();
    }

    private ScriptObject changed(UnaryOperator<JitModule> code) {
        try (var stack = ValueStack.open()) {
            stack.push(object);
            return made(stack, values -> code.apply(module(values)));
        }
    }

    private static ScriptObject made(ValueStack stack, Function<IValue, JitModule> code) {
        int at = stack.size();
        ScriptFunction.run(stack, values -> {
            try (var pointers = new PointerScope()) {
                values.push_back(new IValue(code.apply(at == 0 ? new IValue() : values.get(0))._ivalue()));
            }
        });
        return new ScriptObject((NativeObject) Objects.requireNonNull(stack.take(at)));
    }

    /** Returns a string that the current {@link PointerScope} frees. */
    private static BytePointer text(String s) {
        return new BytePointer(s, StandardCharsets.UTF_8);
    }

    /** Frees this reference to the module. Closing twice is harmless. */
    @Override public void close() { object.close(); }
}
