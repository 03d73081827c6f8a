package panatorch.jit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import panatorch.Device;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.internal.files.FileNames;
import panatorch.internal.jit.ScriptFailure;
import panatorch.internal.jit.ScriptFunction;
import panatorch.internal.jit.ScriptObject;
import panatorch.internal.jit.ScriptObject.Attribute;
import panatorch.nn.Module;
import panatorch.serialize.AtomicFile;
import panatorch.serialize.ScriptArchive;

/**
 * A model that Python has compiled to TorchScript and saved with {@code torch.jit.save}. Its parameters, buffers and submodules are those
 * of a {@link Module} under Python's names, so that state dicts, optimisers and {@code Trainer} work with it.
 *
 * <pre>{@code
 * try (var model = ScriptModule.load(Path.of("model.ts")); var scope = Scope.open(); var noGrad = NoGrad.enter()) {
 *     model.eval();
 *     Tensor logits = model.forward(image);
 *     Object boxes = model.method("detect").call(image, 0.5);
 * }
 * }</pre>
 *
 * <p>
 * A module is loaded in the mode in which it was saved, so call {@link #eval} before inference. It lives until {@link #close}. Any number
 * of threads may call its methods at once; only one thread may train or change it meanwhile. A call that has begun when another thread
 * closes the module ends as if it were open; a later one is an {@link IllegalStateException}.
 *
 * <p>
 * {@code to(device)} moves parameters and buffers. A device that a trace has recorded as a constant stays; load the file with a device, or
 * trace it again on that device.
 */
public final class ScriptModule extends Module {
    /** What the modules of one file share. */
    private static final class Family {
        final Map<String, byte[]> extraFiles;
        /** The names of attributes to which scripts assign. Their tensors may be others after a call. */
        final Set<String> assigned;
        final Map<Long, ScriptModule> modules = new HashMap<>();
        final Map<Long, Tensor> tensors = new HashMap<>();

        Family(Map<String, byte[]> extraFiles, Set<String> assigned) {
            this.extraFiles = extraFiles;
            this.assigned = assigned;
        }
    }

    private final ScriptObject script;
    private final Family family;
    private final Map<String, Attribute> attributes = new LinkedHashMap<>();
    private final Map<String, ScriptMethod> methods = new LinkedHashMap<>();
    /** The addresses of tensors that scripts may replace, by their names. */
    private final Map<String, Long> replaceable = new LinkedHashMap<>();
    private final boolean ready;
    private volatile boolean closed;

    private ScriptModule(ScriptObject script, Family family) {
        this.script = script;
        this.family = family;
        family.modules.put(script.address(), this);
        for (Attribute a : script.attributes()) attributes.put(a.name(), a);
        script.methods().forEach((name, function) -> methods.put(name, new ScriptMethod(this, function)));
        Attribute mode = attributes.get("training");
        train(mode == null || Boolean.TRUE.equals(script.attribute("training", mode.type()))); // before there are children
        attributes.values().forEach(this::register);
        ready = true;
    }

    private void register(Attribute a) {
        switch (a.role()) {
            case PARAMETER -> {
                Tensor t = tensor(a);
                parameter(a.name(), t, t.requiresGrad());
            }
            case BUFFER -> {
                Tensor t = tensor(a);
                buffer(a.name(), t);
            }
            case MODULE -> {
                ScriptObject child = script.child(a.name());
                ScriptModule known = family.modules.get(child.address());
                if (known != null) child.close();
                child(a.name(), known != null ? known : new ScriptModule(child, family));
            }
            case OTHER -> {}
        }
    }

    /** Returns the tensor of an attribute, the same object for tensors that are tied. */
    private Tensor tensor(Attribute a) {
        long address = script.tensorAddress(a.name());
        if (family.assigned.contains(a.name())) replaceable.put(a.name(), address);
        return family.tensors.computeIfAbsent(address, _ -> (Tensor) Objects.requireNonNull(script.attribute(a.name(), a.type())));
    }

    // ---- loading

    /**
     * Loads a file of {@code torch.jit.save}, with all tensors on the devices from which they were saved.
     *
     * @throws IOException if the file cannot be read, is not such a file, or is damaged
     * @throws UnsupportedOperationException if its code calls operators that this libtorch does not have; the message names all of them
     * @throws ScriptException if libtorch refuses its code
     */
    public static ScriptModule load(Path file) throws IOException { return load(file, null); }

    /**
     * Loads a file of {@code torch.jit.save}, with all tensors on a device.
     *
     * @param device the device; null for those from which the tensors were saved
     * @throws IOException if the file cannot be read, is not such a file, or is damaged
     * @throws UnsupportedOperationException if its code calls operators that this libtorch does not have; the message names all of them
     * @throws ScriptException if libtorch refuses its code
     */
    public static ScriptModule load(Path file, @Nullable Device device) throws IOException {
        ScriptArchive archive = ScriptArchive.read(file);
        return of(ScriptLoader.load(file, archive, device), new Family(archive.extraFiles(), Set.copyOf(archive.assignedAttributes())));
    }

    /** Loads the bytes of a file, as {@link #load(Path, Device)} does. */
    public static ScriptModule load(byte[] bytes, @Nullable Device device) throws IOException {
        return load(new java.io.ByteArrayInputStream(bytes), device);
    }

    /** Loads all bytes of a stream, by way of a temporary file, as {@link #load(Path, Device)} does. The stream stays open. */
    public static ScriptModule load(InputStream stream, @Nullable Device device) throws IOException {
        Path file = Files.createTempFile("script", ".ts");
        try {
            try (var out = Files.newOutputStream(file)) {
                stream.transferTo(out);
            }
            return load(file, device);
        } finally {
            Files.deleteIfExists(file);
        }
    }

    // ---- tracing

    /**
     * Records what a module computes from example inputs, as {@code torch.jit.trace} does. The result shares its parameters and buffers
     * with {@code module}, has its mode, and can be saved for Python.
     *
     * <p>
     * Operators are recorded, but not Java's code: branches and loops are as they were for these inputs, and so is every size that Java has
     * read from a tensor. Give examples of the sizes with which the script will be called. The outputs of {@code forward}, or of
     * {@code forwardAll} for several inputs, become the script's, in a tuple if there are several. Call it on a platform thread.
     *
     * @throws IllegalArgumentException if an output does not depend on what was recorded
     * @throws UnsupportedOperationException if this libtorch's tracer cannot be used, as on other systems than Linux
     */
    public static ScriptModule trace(Module module, Tensor... inputs) {
        var names = new ArrayList<String>();
        for (int i = 0; i < inputs.length; i++) names.add(inputs.length == 1 ? "input" : "input" + (i + 1));
        try (var scope = Scope.open()) {
            ScriptObject script = TracedModules.of(module).trace(List.of(inputs), names, module::callAll);
            return of(script, new Family(Map.of(), Set.of()));
        } catch (ScriptFailure e) {
            throw ScriptException.of("trace failed", e);
        }
    }

    private static ScriptModule of(ScriptObject script, Family family) {
        try (var scope = Scope.open()) {
            return new ScriptModule(script, family);
        } finally {
            family.modules.clear();
            family.tensors.clear();
        }
    }

    // ---- computing

    /**
     * Calls the script's {@code forward} with one tensor. Its other parameters must have defaults.
     *
     * @throws UnsupportedOperationException if the result is not a tensor, or there is no {@code forward}; call {@link #run} or a
     * {@link #method} instead
     */
    @Override public Tensor forward(Tensor input) {
        Object result = run(input);
        if (result instanceof Tensor t) return t;
        throw new UnsupportedOperationException(
                "forward returns " + method("forward").resultType() + ", not one tensor; call run or forwardAll");
    }

    /** Calls the script's {@code forward} with tensors, and returns all tensors of its result in their order. */
    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        var tensors = new ArrayList<Tensor>();
        collect(method("forward").call(inputs, Map.of()), tensors);
        return tensors;
    }

    private static void collect(@Nullable Object value, List<Tensor> tensors) {
        switch (value) {
            case Tensor t -> tensors.add(t);
            case Collection<?> all -> all.forEach(v -> collect(v, tensors));
            case Map<?, ?> map -> map.values().forEach(v -> collect(v, tensors));
            case null, default -> {}
        }
    }

    /** Calls the script's {@code forward} with any values, as {@link ScriptMethod#call(Object...)} does. */
    public @Nullable Object run(@Nullable Object... arguments) {
        return method("forward").call(Arrays.asList(arguments), Map.of());
    }

    /**
     * Returns a method.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public ScriptMethod method(String name) {
        ScriptMethod m = methods.get(name);
        if (m == null) throw new IllegalArgumentException("the script has no method '" + name + "'; it has " + methods.keySet());
        return m;
    }

    /** Returns the methods of this module by their names: {@code forward}, and what Python marks with {@code torch.jit.export}. */
    public Map<String, ScriptMethod> methods() {
        return java.util.Collections.unmodifiableMap(methods);
    }

    @Nullable Object run(ScriptFunction function, List<? extends @Nullable Object> arguments,
            Map<String, ? extends @Nullable Object> named) {
        requireOpen();
        Object result;
        try {
            result = script.call(function, arguments, named);
        } catch (IllegalStateException e) {
            requireOpen(); // it was closed meanwhile
            throw e;
        }
        if (!family.assigned.isEmpty()) refresh();
        return result;
    }

    /** Takes over tensors that the script has put in the place of buffers, unless the module was closed meanwhile. */
    private void refresh() {
        synchronized (family) {
            try {
                for (Module m : modules()) ((ScriptModule) m).refreshOwn();
            } catch (IllegalStateException e) {
                if (!closed) throw e;
            }
        }
    }

    private void refreshOwn() {
        for (var e : replaceable.entrySet()) {
            String name = e.getKey();
            long now = script.tensorAddress(name);
            if (now == e.getValue()) continue;
            try (var scope = Scope.open()) {
                Tensor t = (Tensor) Objects.requireNonNull(attribute(attributes.get(name)));
                if (bufferOrNull(name) != null) setBuffer(name, t);
                else setParameter(name, t);
            }
            e.setValue(now);
        }
    }

    private @Nullable Object attribute(@Nullable Attribute a) {
        return script.attribute(Objects.requireNonNull(a).name(), a.type());
    }

    // ---- attributes

    /**
     * Returns an attribute or constant as a Java value. A parameter, buffer or submodule is this module's own; other tensors belong to the
     * current scope.
     *
     * @throws IllegalArgumentException if there is none of that name
     */
    public @Nullable Object attribute(String name) {
        requireOpen();
        Attribute a = attributes.get(name);
        if (a == null) {
            if (script.hasConstant(name)) return script.attribute(name, null);
            throw noAttribute(name);
        }
        return switch (a.role()) {
            case PARAMETER -> parameter(name);
            case BUFFER -> buffer(name);
            case MODULE -> namedChildren().get(name);
            case OTHER -> script.attribute(name, a.type());
        };
    }

    /**
     * Sets an attribute to a value of its type.
     *
     * @throws IllegalArgumentException if there is none of that name, it is a submodule, or the value does not fit
     */
    public void setAttribute(String name, @Nullable Object value) {
        requireOpen();
        Attribute a = attributes.get(name);
        if (a == null) throw noAttribute(name);
        if (name.equals("training")) throw new IllegalArgumentException("call train or eval to set the mode");
        switch (a.role()) {
            case MODULE -> throw new IllegalArgumentException("'" + name + "' is a submodule, which cannot be replaced");
            case PARAMETER, BUFFER -> {
                if (!(value instanceof Tensor t)) throw new IllegalArgumentException("'" + name + "' must be a tensor");
                if (a.role() == ScriptObject.Role.BUFFER) setBuffer(name, t);
                else setParameter(name, t);
            }
            case OTHER -> script.setAttribute(a, value);
        }
    }

    private IllegalArgumentException noAttribute(String name) {
        return new IllegalArgumentException("the script has no attribute '" + name + "'; it has " + attributes.keySet());
    }

    /** Returns the names of all attributes: parameters, buffers, submodules and values. */
    public Set<String> attributeNames() {
        return java.util.Collections.unmodifiableSet(attributes.keySet());
    }

    /** Returns the extra files that were saved with the script; empty for a module that was not loaded from a file. */
    public Map<String, byte[]> extraFiles() {
        return family.extraFiles;
    }

    @Override protected void replacing(String name, @Nullable Tensor tensor) {
        if (tensor == null) throw new IllegalArgumentException("'" + name + "' of a script cannot be absent");
        Attribute a = Objects.requireNonNull(attributes.get(name));
        script.setAttribute(a, tensor);
        replaceable.replace(name, script.tensorAddress(name));
    }

    @Override protected void replacingChild(String name, Module module) {
        throw new UnsupportedOperationException("'" + name + "' cannot be replaced: it is part of a script, which is compiled code. "
                + "Change the model in Python, and script it again");
    }

    @Override protected void requireRules(String name) {
        throw new UnsupportedOperationException("'" + name + "' cannot be computed by a rule: a script is compiled code, which reads the "
                + "stored tensor");
    }

    @Override protected void modeChanged(boolean training) {
        Attribute mode = attributes.get("training");
        if (ready && mode != null && mode.role() == ScriptObject.Role.OTHER) script.setAttribute(mode, training);
    }

    // ---- copies and files

    /**
     * Returns a copy in which parameters, buffers and attributes are constants, and which is optimised accordingly. It has no parameters
     * and only the method {@code forward}.
     *
     * @param preserved names of methods and attributes to be kept beside {@code forward}
     * @throws IllegalStateException if this module is in training mode
     */
    public ScriptModule freeze(String... preserved) {
        requireOpen();
        if (isTraining()) throw new IllegalStateException("a module in training mode cannot be frozen; call eval() first");
        return changed("freeze", () -> script.freeze(List.of(preserved)));
    }

    /**
     * Returns a frozen copy with batch norms folded and, on the CPU, convolutions and linears packed for oneDNN.
     *
     * @throws IllegalStateException if this module is in training mode
     */
    public ScriptModule optimizeForInference() {
        requireOpen();
        if (attributes.containsKey("training") && isTraining())
            throw new IllegalStateException("a module in training mode cannot be optimised for inference; call eval() first");
        return changed("optimizeForInference", () -> script.optimize(List.of()));
    }

    @Override protected Module recreate() {
        requireOpen();
        return changed("copy", script::copy);
    }

    private ScriptModule changed(String what, Supplier<ScriptObject> code) {
        try {
            return of(code.get(), new Family(Map.of(), new HashSet<>(family.assigned)));
        } catch (ScriptFailure e) {
            throw ScriptException.of(what + " failed", e);
        }
    }

    /** Writes the module to a file that {@code torch.jit.load} reads. The file appears only once it is complete. */
    public void save(Path file) throws IOException {
        save(file, Map.of());
    }

    /**
     * Writes the module to a file, with extra files beside it.
     *
     * @param extraFiles contents by name, which {@code torch.jit.load(…, _extra_files=…)} and {@link #extraFiles} return
     */
    public void save(Path file, Map<String, byte[]> extraFiles) throws IOException {
        requireOpen();
        AtomicFile.writeByName(file, unfinished -> {
            try {
                script.save(FileNames.text(unfinished), extraFiles);
            } catch (ScriptFailure e) {
                throw new IOException(file + " cannot be written: " + e.getMessage(), e);
            }
        });
    }

    private void requireOpen() {
        if (closed) throw new IllegalStateException("this ScriptModule is closed");
    }

    @Override public void close() {
        closed = true;
        super.close();
        script.close();
    }
}
