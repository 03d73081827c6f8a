package panatorch;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.FunctionSchema;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Registrations;

/**
 * Operators and kernels written in Java. What is defined here is an operator like any other: it is called by {@link Operators#call}, by C++
 * and by TorchScript, on any thread.
 *
 * <pre>{@code
 * try (var library = OperatorLibrary.open("my")) {
 *     library.define("scaled_add(Tensor x, Tensor y, float scale=1.0) -> Tensor");
 *     library.implement("scaled_add", Device.Type.CPU, a -> a.tensor("x").add(a.tensor("y").mul(a.real("scale"))));
 *     var sum = Operators.call("my::scaled_add", x, y, 0.5).getFirst();
 * }
 * }</pre>
 *
 * <p>
 * A library adds to its name space, which may be libtorch's own: {@code OperatorLibrary.open("aten").implement("relu", …)} replaces a
 * kernel until the library is closed, of which libtorch warns once.
 *
 * <p>
 * <b>Lifetime.</b> {@link #close} takes everything back; a library that nobody closes lasts until the program ends. No thread may call the
 * operators of a library while it is closed. <b>Threads.</b> A library may be used by any thread; kernels run on the thread that calls the
 * operator, one of libtorch's own if it is libtorch that calls.
 *
 * <p>
 * <b>Gradients.</b> A kernel for a device is not recorded: if an argument requires a gradient, so does the result, but in {@code backward}
 * libtorch warns that no kernel is registered for Autograd and passes no gradient on to the arguments. Operators that only call others get
 * their gradients from a kernel for {@link DispatchKey#COMPOSITE_IMPLICIT_AUTOGRAD}, the rest from {@link #differentiate}.
 */
public final class OperatorLibrary implements AutoCloseable {

    /** Computes an operator. */
    @FunctionalInterface
    public interface Kernel {
        /**
         * Runs in a scope of its own, which frees the arguments and what else is made in it, but not the results. Below autograd, that is
         * for a device or {@link DispatchKey#COMPOSITE_EXPLICIT_AUTOGRAD}, nothing is recorded meanwhile. An exception reaches the Java
         * code that called the operator as it is; where there is none, it is logged as an error, and libtorch gets none for a result.
         *
         * @return null if the operator has no result, the result if it has one, a {@code List} of the results if it has more, each of a
         * type that {@link Operators#call} takes for an argument. An operator in place returns its own argument
         */
        @Nullable Object compute(OperatorArguments arguments);
    }

    /** The libraries that are open: what is registered stays so although nobody holds the library. */
    private static final Set<OperatorLibrary> OPEN = new HashSet<>();

    private final String namespace;
    private final List<Pointer> registrations = new ArrayList<>();
    private final List<JavaKernel> kernels = new ArrayList<>();
    private final List<String> defined = new ArrayList<>();
    private boolean closed;

    private OperatorLibrary(String namespace) { this.namespace = namespace; }

    /** @param namespace {@code my} for operators {@code my::…} */
    public static OperatorLibrary open(String namespace) {
        if (!namespace.matches("[A-Za-z_]\\w*")) throw new IllegalArgumentException("not a name space: '" + namespace + "'");
        Startup.ensure();
        var library = new OperatorLibrary(namespace);
        synchronized (OPEN) {
            OPEN.add(library);
        }
        return library;
    }

    /**
     * Defines an operator, to be implemented then.
     *
     * @param schema as PyTorch writes it, without the name space: {@code clamp_(Tensor(a!) x, float? low=None) -> Tensor(a!)}
     * @throws IllegalArgumentException if the schema is not understood
     * @throws IllegalStateException if there is such an operator already
     */
    public synchronized OperatorLibrary define(String schema) {
        checkOpen();
        try (var parsed = parse(schema)) {
            String name = qualified(schema.substring(0, schema.indexOf('(')).strip());
            if (isKnown(name)) throw new IllegalStateException("there is an operator " + name + " already");
            OperatorSchema.of(parsed);
            parsed.setNamespaceIfNotSet(namespace);
            parsed.setAliasAnalysis(torch.AliasAnalysisKind.FROM_SCHEMA);
            try {
                registrations.add(Registrations.define(parsed));
            } catch (RuntimeException e) {
                throw NativeErrors.of(e);
            }
            defined.add(name);
        }
        return this;
    }

    private static FunctionSchema parse(String schema) {
        try {
            return torch.parseSchema(schema);
        } catch (RuntimeException e) {
            throw new IllegalArgumentException("not an operator's schema: '" + schema + "': " + NativeErrors.of(e).getMessage(), e);
        }
    }

    private static boolean isKnown(String name) {
        try {
            new Operator(name).handle();
            return true;
        } catch (TorchException e) {
            return false;
        }
    }

    /** {@link #implement(String, DispatchKey, Kernel)} for tensors of one kind of device. */
    public OperatorLibrary implement(String operator, Device.Type device, Kernel kernel) {
        return implement(operator, DispatchKey.of(device), kernel);
    }

    /**
     * Has calls of an operator computed by a kernel, until this library is closed. Of several kernels for the same calls the last one
     * counts.
     *
     * @param operator the name, with its overload if it has one, without the name space
     * @throws TorchException if there is no such operator, or it cannot have such a kernel
     */
    public synchronized OperatorLibrary implement(String operator, DispatchKey key, Kernel kernel) {
        checkOpen();
        var op = new Operator(qualified(operator));
        var called = new JavaKernel(op, Objects.requireNonNull(kernel, "kernel"), key.belowAutograd());
        try {
            registrations.add(Registrations.implement(op.handle(), op.name(), op.overload(), key.toString(), called.stub()));
        } catch (RuntimeException e) {
            called.close();
            throw NativeErrors.of(e);
        }
        kernels.add(called);
        return this;
    }

    /**
     * Has calls of an operator that require gradients recorded for {@code backward}, whatever device computes them.
     *
     * <pre>{@code
     * library.differentiate("scaled_add", (context, a, g) -> List.of(g.getFirst(), g.getFirst().mul(a.real("scale"))));
     * }</pre>
     *
     * @throws IllegalArgumentException if a result of the operator is no tensor, or is an argument that it changes
     * @throws TorchException if there is no such operator
     */
    public OperatorLibrary differentiate(String operator, OperatorDerivative derivative) {
        var op = new Operator(qualified(operator));
        for (var result : op.schema().results()) {
            if (!result.type().equals("Tensor"))
                throw new IllegalArgumentException(
                        "a result of " + op.qualified() + " is a " + result.type() + ", which has no derivative");
        }
        if (op.changesArguments())
            throw new IllegalArgumentException(
                    op.qualified() + " changes its arguments, which only libtorch's own operators can have derivatives of");
        return implement(operator, DispatchKey.AUTOGRAD, OperatorDerivative.Call.kernel(op, derivative));
    }

    private String qualified(String operator) {
        if (operator.contains("::") && !operator.startsWith(namespace + "::"))
            throw new IllegalArgumentException(operator + " is not in this library's name space " + namespace);
        return operator.contains("::") ? operator : namespace + "::" + operator;
    }

    private void checkOpen() {
        if (closed) throw new IllegalStateException("this operator library is closed");
    }

    /** Takes back the kernels and the operators. Closing twice is harmless. */
    @Override public synchronized void close() {
        if (closed) return;
        closed = true;
        defined.forEach(Operators::forget);
        registrations.reversed().forEach(Pointer::deallocate);
        kernels.forEach(JavaKernel::close);
        synchronized (OPEN) {
            OPEN.remove(this);
        }
    }
}
