package panatorch.internal.jit;

import org.bytedeco.pytorch.Argument;
import org.jspecify.annotations.Nullable;

/**
 * JavaCPP's copies of the arguments of a schema. It frees their memory without destroying them, so that the types that they refer to, among
 * them a script's class, would stay for ever.
 */
final class ArgumentCopies {
    private ArgumentCopies() {}

    /** Frees copies with all that they refer to. They are null if the schema has none. */
    static void free(@Nullable Argument copies) {
        if (copies == null) return;
        try (var blank = new Argument()) { // refers to nothing but a type that always exists
            for (long i = 0; i < copies.limit(); i++) copies.getPointer(i).put(blank);
        }
        copies.deallocate();
    }
}
