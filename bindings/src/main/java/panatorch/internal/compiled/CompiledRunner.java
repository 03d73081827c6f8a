package panatorch.internal.compiled;

import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AOTIModelContainerRunnerCpu;
import org.bytedeco.pytorch.StringTensorUMap;
import org.bytedeco.pytorch.TensorVector;
import org.jspecify.annotations.Nullable;
import panatorch.JavaCpp;
import panatorch.Tensor;
import panatorch.internal.calls.RawValues;
import panatorch.internal.calls.ValueStack;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.References;

/**
 * A shared library of AOTInductor in this process. It does not check its inputs: a tensor of another type, shape or layout than it was
 * compiled for makes it read memory that is not the tensor's.
 *
 * <p>
 * Any thread may use it at any time. As many calls as it has runners run at once, and the others wait in Java, so virtual threads give up
 * their carriers meanwhile. Closing waits for the running calls.
 */
public final class CompiledRunner implements AutoCloseable {
    private static final Cleaner CLEANER = Cleaner.create();

    private final AOTIModelContainerRunnerCpu runner;
    private final Cleaner.Cleanable cleanable;
    private final Semaphore free;
    private final int runners;
    private volatile boolean closed;

    private CompiledRunner(AOTIModelContainerRunnerCpu runner, int runners) {
        this.runner = runner;
        this.runners = runners;
        free = new Semaphore(runners, true);
        cleanable = CLEANER.register(this, runner::deallocate);
    }

    /**
     * Loads a library and runs its initialisers. The file may be deleted afterwards, except on Windows.
     *
     * @throws RuntimeException {@code TorchException} if the system or the library refuses
     */
    public static CompiledRunner load(Path library, int runners) {
        return new CompiledRunner(JavaCpp.call(() -> {
            try (var path = text(library.toString())) {
                return new AOTIModelContainerRunnerCpu(path, runners, false);
            }
        }), runners);
    }

    /**
     * Runs the code.
     *
     * @param inputs as many as it takes, each of the type, shape and layout that it was compiled for
     * @return the results, which belong to the current scope; null for none
     * @throws IllegalStateException if it is closed
     * @throws RuntimeException {@code TorchException} if the code fails
     */
    public List<@Nullable Tensor> run(List<Tensor> inputs) {
        var results = new ArrayList<@Nullable Tensor>();
        use(1, () -> {
            try (var arguments = new TensorVector(inputs.size()); var stack = ValueStack.open()) {
                long first = Memory.getLong(arguments.address()); // an at::Tensor is a pointer, and a new one is undefined
                for (int i = 0; i < inputs.size(); i++) Memory.setLong(first + 8L * i, RawValues.access().share(inputs.get(i)));
                stack.run(_ -> {
                    try (TensorVector made = runner.run(arguments)) {
                        take(made, results);
                    }
                });
            }
            return true;
        });
        return results;
    }

    private static void take(TensorVector made, List<@Nullable Tensor> into) {
        long first = Memory.getLong(made.address()), count = made.size();
        for (long i = 0; i < count; i++) {
            long tensor = Memory.getLong(first + 8 * i);
            if (!References.isUndefinedTensor(tensor)) References.retain(tensor);
            into.add((Tensor) RawValues.access().adopt(tensor));
        }
    }

    /** Returns the structures of the inputs and outputs as {@code pytree} writes them in JSON. */
    public List<String> callSpec() {
        return use(1, () -> JavaCpp.call(() -> {
            try (var scope = new PointerScope()) {
                var spec = runner.get_call_spec();
                return List.of(text(spec.get(0)), text(spec.get(1)));
            }
        }));
    }

    /**
     * Returns copies of the parameters, buffers and constants by their full names, in the order of the names. They belong to the current
     * scope.
     */
    public Map<String, Tensor> constants() {
        return use(1, () -> {
            Map<String, Tensor> constants = views();
            constants.replaceAll((_, view) -> {
                Tensor copy = view.clone();
                view.close();
                return copy;
            });
            return constants;
        });
    }

    /** Returns the parameters, buffers and constants in the library's memory. */
    private Map<String, Tensor> views() {
        var views = new TreeMap<String, Tensor>();
        try (var scope = new PointerScope()) {
            JavaCpp.run(() -> {
                StringTensorUMap map = runner.extract_constants_map(false);
                var at = map.begin();
                for (long left = map.size(); left > 0; left--, at.increment()) views.put(text(at.first()), Tensor.wrap(at.second()));
            });
        }
        return views;
    }

    /**
     * Replaces parameters, buffers and constants, between calls. The library copies them. A scope has to be open.
     *
     * @param values by their full names
     * @throws IllegalArgumentException if there is nothing of a name, or it has another type or shape; nothing is replaced then
     */
    public void replace(Map<String, Tensor> values) {
        use(runners, () -> {
            Map<String, Tensor> views = views(), prepared = new TreeMap<>();
            values.forEach((name, t) -> prepared.put(name, prepared(name, views, t)));
            try (var scope = new PointerScope()) {
                JavaCpp.run(() -> {
                    Map<String, String> names = namesByFullName();
                    var map = new StringTensorUMap();
                    prepared.forEach((name, t) -> map.put(text(Objects.requireNonNull(names.get(name))), t.unwrap()));
                    runner.update_constant_buffer(map, false, false, false);
                });
            }
            return true;
        });
    }

    /**
     * Returns a copy in the old tensor's layout: the library copies as many bytes as the new one has, and reads them by the old strides.
     */
    private static Tensor prepared(String name, Map<String, Tensor> views, Tensor t) {
        Tensor old = views.get(name);
        if (old == null) throw new IllegalArgumentException("the compiled code has no weights '" + name + "', but " + views.keySet());
        if (old.dtype() != t.dtype() || !Arrays.equals(old.shape(), t.shape()))
            throw new IllegalArgumentException("'" + name + "' is " + t.describe() + ", but the code was compiled for " + old.describe());
        Tensor copy = old.emptyLike();
        if (!Arrays.equals(copy.strides(), old.strides()))
            throw new IllegalArgumentException("'" + name + "' cannot be replaced: the code was compiled for a view with the strides "
                    + Arrays.toString(old.strides()));
        return copy.copy_(t);
    }

    private Map<String, String> namesByFullName() {
        var names = new LinkedHashMap<String, String>();
        var map = runner.getConstantNamesToOriginalFQNs();
        var at = map.begin();
        for (long left = map.size(); left > 0; left--, at.increment()) names.put(text(at.second()), text(at.first()));
        return names;
    }

    private <T> T use(int permits, Supplier<T> code) {
        try {
            free.acquire(permits);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException("the thread was interrupted while it waited for compiled code");
        }
        try {
            if (closed) throw new IllegalStateException("the compiled program is closed");
            return code.get();
        } finally {
            free.release(permits);
            Reference.reachabilityFence(this);
        }
    }

    private static BytePointer text(String s) {
        return new BytePointer(s, StandardCharsets.UTF_8);
    }

    private static String text(BytePointer s) { return s.getString(StandardCharsets.UTF_8); }

    /** Frees the library. Closing twice is harmless. */
    @Override public void close() {
        free.acquireUninterruptibly(runners);
        try {
            closed = true;
            cleanable.clean();
        } finally {
            free.release(runners);
        }
    }
}
