package panatorch.internal.libtorch;

import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Tensor;

/** A JavaCPP pointer to memory that somebody else owns. */
public final class Borrowed extends Pointer {
    private Borrowed(long address) { this.address = address; }

    public static Pointer at(long address) { return new Borrowed(address); }

    /** Returns a view of the {@code at::Tensor} at {@code address}, which is a pointer to a {@code TensorImpl}. */
    public static Tensor tensor(long address) {
        return new Tensor(at(address));
    }
}
