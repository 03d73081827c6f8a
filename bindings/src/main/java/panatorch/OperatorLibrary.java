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
 * A library of operators and kernels written in Java. Its operators are like any others: {@link Operators#call}, C++ and TorchScript can
 * call them, on any thread.
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
 * A library adds to a namespace, which may be libtorch's own: {@code OperatorLibrary.open("aten").implement("relu", …)} replaces a kernel
 * until the library is closed. libtorch warns once of such a replacement.
 *
 * <p>
 * <b>Lifetime.</b> {@link #close} removes all kernels and operators of the library. A library that nobody closes lasts until the program
 * ends. No thread may call the operators of a library while it is closed. <b>Threads.</b> Any thread may use a library. A kernel runs on
 * the thread that calls the operator, which is one of libtorch's own threads if libtorch calls it.
 *
 * <p>
 * <b>Gradients.</b> A kernel for a device is not recorded. If an argument requires a gradient, so does the result, but {@code backward}
 * warns that no kernel is registered for Autograd and passes no gradient on to the arguments. An operator that only calls other operators
 * gets its gradients from a kernel for {@link DispatchKey#COMPOSITE_IMPLICIT_AUTOGRAD}; any other operator needs {@link #differentiate}.
 */
public final class OperatorLibrary implements AutoCloseable {

    /** A function that computes an operator. */
    @FunctionalInterface
    public interface Kernel {
        /**
         * Computes the operator in a scope of its own, which frees the arguments and all tensors made in it except the results. Below
         * autograd, that is for a device or {@link DispatchKey#COMPOSITE_EXPLICIT_AUTOGRAD}, nothing is recorded meanwhile. An exception
         * reaches the Java code that called the operator unchanged. If no Java code called it, the exception is logged as an error, and
         * libtorch gets none as the result.
         *
         * @return null if the operator has no result, the result if it has one, or a {@code List} of the results if it has more, each of a
         * type that {@link Operators#call} takes for an argument; an in-place operator returns its own argument
         */
        @Nullable Object compute(OperatorArguments arguments);
    }

    /** The open libraries, held here so that their registrations stay although nobody else holds the library. */
    private static final Set<OperatorLibrary> OPEN = new HashSet<>();

    private final String namespace;
    private final List<Pointer> registrations = new ArrayList<>();
    private final List<JavaKernel> kernels = new ArrayList<>();
    private final List<String> defined = new ArrayList<>();
    private boolean closed;

    private OperatorLibrary(String namespace) { this.namespace = namespace; }

    /**
     * Opens a library that adds to a namespace.
     *
     * @param namespace {@code my} for operators {@code my::…}
     */
    public static OperatorLibrary open(String namespace) {
        if (!namespace.matches("[A-Za-z_]\\w*"))
            throw new IllegalArgumentException("not a namespace: '" + namespace + "'; use letters, digits and underscores");
        Startup.ensure();
        var library = new OperatorLibrary(namespace);
        synchronized (OPEN) {
            OPEN.add(library);
        }
        return library;
    }

    /**
     * Defines an operator. Implement it afterwards with {@link #implement(String, DispatchKey, Kernel)}.
     *
     * @param schema the schema as PyTorch writes it, without the namespace: {@code clamp_(Tensor(a!) x, float? low=None) -> Tensor(a!)}
     * @throws IllegalArgumentException if the schema is malformed
     * @throws IllegalStateException if there is such an operator already
     */
    public synchronized OperatorLibrary define(String schema) {
        checkOpen();
        try (var parsed = parse(schema)) {
            String name = qualified(schema.substring(0, schema.indexOf('(')).strip());
            if (isKnown(name)) throw new IllegalStateException("operator " + name + " exists already");
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
            throw new IllegalArgumentException("not an operator schema: '" + schema + "': " + NativeErrors.of(e).getMessage(), e);
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

    /** Has a kernel compute an operator's calls on tensors of one kind of device; see {@link #implement(String, DispatchKey, Kernel)}. */
    public OperatorLibrary implement(String operator, Device.Type device, Kernel kernel) {
        return implement(operator, DispatchKey.of(device), kernel);
    }

    /**
     * Has a kernel compute an operator's calls until this library is closed. If several kernels are registered for the same calls, the last
     * one is used.
     *
     * @param operator the name, with its overload if it has one, without the namespace
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
     * Has an operator's calls that require gradients recorded for {@code backward}, on every device.
     *
     * <pre>{@code
     * library.differentiate("scaled_add", (context, a, g) -> List.of(g.getFirst(), g.getFirst().mul(a.real("scale"))));
     * }</pre>
     *
     * @throws IllegalArgumentException if a result of the operator is not a tensor, or is an argument that it changes
     * @throws TorchException if there is no such operator
     */
    public OperatorLibrary differentiate(String operator, OperatorDerivative derivative) {
        var op = new Operator(qualified(operator));
        for (var result : op.schema().results()) {
            if (!result.type().equals("Tensor"))
                throw new IllegalArgumentException(
                        op.qualified() + " returns a " + result.type() + ", but only tensors have derivatives");
        }
        if (op.changesArguments())
            throw new IllegalArgumentException(
                    op.qualified() + " writes to its arguments; such an operator cannot have a derivative in Java");
        return implement(operator, DispatchKey.AUTOGRAD, OperatorDerivative.Call.kernel(op, derivative));
    }

    private String qualified(String operator) {
        if (operator.contains("::") && !operator.startsWith(namespace + "::"))
            throw new IllegalArgumentException(operator + " is not in the namespace of this library, " + namespace);
        return operator.contains("::") ? operator : namespace + "::" + operator;
    }

    private void checkOpen() {
        if (closed) throw new IllegalStateException("this operator library is closed");
    }

    /** Removes the kernels and the operators. Closing twice is harmless. */
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
