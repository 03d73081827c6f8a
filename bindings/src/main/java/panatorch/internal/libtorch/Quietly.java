package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.WarningHandler;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.natives.Symbol;

/** Runs code without the warnings that libtorch would write about it to standard error. */
public final class Quietly {
    private Quietly() {}

    /** The index of {@code process} in a {@code WarningHandler}'s table of virtual functions of GCC and Clang, after two destructors. */
    private static final int PROCESS = 2, FUNCTIONS = 3;

    /** Runs {@code code} with a handler that ignores warnings. Only this thread has it, and the previous one is restored at the end. */
    public static void run(Runnable code) {
        try (var arena = Arena.ofConfined(); var own = new WarningHandler(); var before = torch.get_warning_handler()) {
            MemorySegment functions = arena.allocate(ADDRESS, FUNCTIONS);
            functions.setAtIndex(ADDRESS, PROCESS, Symbol.GETPID.address());
            long table = Memory.getLong(own.address());
            Memory.setLong(own.address(), functions.address());
            torch.set_warning_handler(own);
            try {
                code.run();
            } finally {
                torch.set_warning_handler(before);
                Memory.setLong(own.address(), table);
            }
        }
    }
}
