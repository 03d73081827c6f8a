package panatorch;

import org.bytedeco.pytorch.Dispatcher;
import org.bytedeco.pytorch.OperatorHandle;
import org.jspecify.annotations.Nullable;
import panatorch.internal.library.NativeLibrary;

/** One operator of libtorch's dispatcher, looked up when it is first called. */
final class Operator {
    private final String name;
    private final String overload;
    /** Volatile, since a JavaCPP object is not safe to hand over otherwise. */
    private volatile @Nullable OperatorHandle handle;
    private @Nullable OperatorSchema schema;

    Operator(String name, String overload) {
        this.name = name;
        this.overload = overload;
    }

    String name() { return name; }

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
        return s != null ? s : (schema = OperatorSchema.of(handle()));
    }
}
