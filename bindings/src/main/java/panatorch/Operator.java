package panatorch;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.OperatorHandle;
import org.jspecify.annotations.Nullable;
import panatorch.internal.library.NativeLibrary;

/** One operator of libtorch's dispatcher, looked up when it is first called. */
final class Operator {
    private final String name;
    private final String overload;
    private final @Nullable Variant variant;
    /** Volatile, since a JavaCPP object is not safe to hand over otherwise. */
    private volatile @Nullable OperatorHandle handle;
    private @Nullable OperatorSchema schema;

    /**
     * The overload that takes the same arguments, and after them tensors to write the results to.
     *
     * @param made where the arguments stand that say what tensor is made, which it does not take: dtype, layout, device, pin_memory; -1 for none
     * @param dtype what the first of them is by default, a code of {@link DType}, or -1 for null
     */
    record Variant(Operator operator, int made, int dtype) {}

    Operator(String name, String overload) { this((Variant) null, name, overload); }

    Operator(String name, String overload, String out) { this(name, overload, out, -1, -1); }

    Operator(String name, String overload, String out, int made, int dtype) { this(new Variant(new Operator(name, out), made, dtype), name, overload); }

    private Operator(@Nullable Variant variant, String name, String overload) {
        this.name = name;
        this.overload = overload;
        this.variant = variant;
    }

    /** @param qualified {@code aten::add.Tensor} */
    Operator(String qualified) {
        int dot = qualified.indexOf('.');
        name = dot < 0 ? qualified : qualified.substring(0, dot);
        overload = dot < 0 ? "" : qualified.substring(dot + 1);
        variant = null;
    }

    /** Null if there is none, or the operator was looked up by name. */
    @Nullable Variant variant() { return variant; }

    String name() { return name; }

    String overload() { return overload; }

    /** {@code aten::add.Tensor} */
    String qualified() { return overload.isEmpty() ? name : name + "." + overload; }

    /** @throws TorchException if libtorch does not know the operator */
    OperatorHandle handle() {
        OperatorHandle h = handle;
        return h != null ? h : find();
    }

    private OperatorHandle find() {
        NativeLibrary.load();
        try {
            return handle = Dispatcher.singleton().findSchemaOrThrow(name, overload);
        } catch (RuntimeException e) {
            throw new TorchException(name, "libtorch has no operator " + qualified() + ".", e);
        }
    }

    OperatorSchema schema() {
        OperatorSchema s = schema;
        return s != null ? s : (schema = OperatorSchema.of(handle().schema()));
    }

    /** Whether it writes to tensors it is given. */
    boolean changesArguments() { return handle().schema().is_mutable(); }
}
