package panatorch;

import org.jspecify.annotations.Nullable;

/**
 * An error of libtorch: there was no memory for an operator, on the CPU or a GPU, even after the memory of garbage tensors was freed. The
 * message ends with the {@link MemoryStats}. The process can continue.
 *
 * <p>
 * After freeing garbage, PanaTorch calls the operator once more, with two exceptions. Operators that write to their arguments or return
 * nothing, such as {@code backward}, are not repeated because they may have done part of their work. An operator is not repeated either if
 * libtorch had already consumed an argument; calling it again may help, as the garbage is gone.
 */
public final class OutOfMemoryException extends TorchException {
    private static final long serialVersionUID = 1;

    OutOfMemoryException(String operator, String message, @Nullable Throwable cause) { super(operator, message, cause); }
}
