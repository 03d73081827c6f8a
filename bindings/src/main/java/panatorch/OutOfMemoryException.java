package panatorch;

import org.jspecify.annotations.Nullable;

/**
 * libtorch found no memory for an operator, on the CPU or a GPU, also not after the memory of tensors that had become garbage was freed.
 * The message ends with the {@link MemoryStats}. The process can go on.
 *
 * <p>
 * Not tried a second time are operators that write to their arguments and those that return nothing, {@code backward} for instance, as they
 * may have done a part of their work; and an operator of which libtorch had consumed an argument. To call the latter again may help, as the
 * garbage is gone.
 */
public final class OutOfMemoryException extends TorchException {
    private static final long serialVersionUID = 1;

    OutOfMemoryException(String operator, String message, @Nullable Throwable cause) { super(operator, message, cause); }
}
