package panatorch.internal.calls;

import java.util.function.Consumer;
import java.util.function.Supplier;
import org.bytedeco.pytorch.IValueVector;
import org.jspecify.annotations.Nullable;

/**
 * One call of native code that takes and returns {@code IValue}s, such as a method of a script module or an operator of a process group. As
 * in a call of an operator, results belong to the current scope, errors of libtorch are {@code TorchException}s, exceptions of Java
 * callbacks are thrown unchanged, and the thread's open modes hold.
 *
 * <pre>{@code
 * try (var stack = ValueStack.open()) {
 *     stack.push(x);
 *     stack.push("int[]", List.of(2, 3));
 *     stack.run(method::run);
 *     return (Tensor) stack.take(0);
 * }
 * }</pre>
 *
 * <p>
 * A stack belongs to the thread that opened it, which may call operators and open others while it is open.
 */
public abstract class ValueStack implements AutoCloseable {
    private static volatile @Nullable Supplier<ValueStack> opener;

    static {
        Implementation.initialise("CallStack");
    }

    protected ValueStack() {}

    /** Sets the function that opens a stack. The implementing class calls it once. */
    protected static void openBy(Supplier<ValueStack> opener) {
        ValueStack.opener = opener;
    }

    /** Returns an empty stack. */
    public static ValueStack open() {
        Supplier<ValueStack> by = opener;
        if (by == null) throw new IllegalStateException("panatorch is not initialised yet");
        return by.get();
    }

    /**
     * Pushes a value whose type follows from its Java class.
     *
     * @param value null for none, a {@code Tensor}, number, {@code Boolean}, {@code String}, {@code Device}, {@code Generator},
     * {@code NativeObject}, {@code long[]}, {@code double[]} or {@code boolean[]}
     * @throws IllegalArgumentException if it is something else
     */
    public abstract void push(@Nullable Object value);

    /**
     * Pushes a value of a given type.
     *
     * @param type the type as schemas write it: {@code Tensor[]}, {@code int?}, {@code str[]}, or a custom class's name
     * @throws IllegalArgumentException if {@code value} is not of this type
     */
    public abstract void push(String type, @Nullable Object value);

    /**
     * Runs native code, which takes its arguments off the stack and puts its results onto it.
     *
     * @throws RuntimeException {@code TorchException} for an error of libtorch, after which the stack is closed
     */
    public abstract void run(Consumer<IValueVector> code);

    /** Returns the number of values on the stack. */
    public abstract int size();

    /**
     * Takes value {@code i}, counted from the lowest; null for none and for an undefined tensor. An object of a custom class or script is a
     * {@code NativeObject}.
     */
    public abstract @Nullable Object take(int i);

    // ---- values in libtorch's form: a tag and a payload, which is a number or the address of a counted object

    /**
     * Pushes a value in libtorch's form. The stack takes over its reference.
     *
     * @throws IllegalStateException if the stack has no room for more
     */
    public abstract void push(int tag, long payload);

    /** Returns the tag of value {@code i}, counted from the lowest. */
    public abstract int tag(int i);

    /** Returns the payload of value {@code i}. The stack keeps its reference. */
    public abstract long payload(int i);

    /** Removes the top value and returns its payload. The caller now owns its reference. */
    public abstract long pop();

    /**
     * Returns a value in libtorch's form as {@link #take} returns it, with a reference of its own.
     *
     * @param payload a number, or the address of an object that somebody else holds meanwhile
     */
    public abstract @Nullable Object read(int tag, long payload);

    /** Frees the remaining values on the stack. Closing twice is harmless. */
    @Override public abstract void close();
}
