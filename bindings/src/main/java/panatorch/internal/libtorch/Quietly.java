package panatorch.internal.libtorch;

import static java.lang.foreign.ValueLayout.ADDRESS;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.bytedeco.pytorch.WarningHandler;
import org.bytedeco.pytorch.global.torch;
import panatorch.internal.natives.Symbol;

/** Runs what libtorch would warn of on standard error, and is meant. */
public final class Quietly {
    private Quietly() {}

    /** Of GCC's and Clang's table of a {@code WarningHandler}'s functions, after two destructors. */
    private static final int PROCESS = 2, FUNCTIONS = 3;

    /** The handler is this thread's alone, and the one before it is back then. */
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
