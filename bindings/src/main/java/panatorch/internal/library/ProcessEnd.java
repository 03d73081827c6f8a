package panatorch.internal.library;

import static java.lang.invoke.MethodType.methodType;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import org.jspecify.annotations.Nullable;
import panatorch.internal.natives.Symbol;

/**
 * Lets a process end while its threads are in libtorch. At the end of a process the C library runs the destructors of libtorch's static
 * objects, which the native calls of other threads still use: a process that gets SIGTERM within {@code backward} may crash. So they do not
 * run. Output that the C library still holds is written before.
 *
 * <p>
 * The JVM's own end, with its shutdown hooks, is as usual. The exit status stays, too.
 */
public final class ProcessEnd {
    private ProcessEnd() {}

    private static @Nullable Thread hook;

    /** Arranges for it; the first call does so for the process. On a system other than Linux with glibc nothing changes. */
    public static synchronized void arrange() {
        if (hook != null || "default".equals(System.getProperty("panatorch.exit"))) return;
        MemorySegment exit = Symbol.EXIT.find();
        MethodHandle onExit = Symbol.ON_EXIT.functionIfThere(), flush = Symbol.FLUSH.functionIfThere();
        if (exit == null || onExit == null || flush == null) return;
        // What is registered last runs first, so it is registered when everything else is. The C library passes the status first.
        MethodHandle register = MethodHandles.insertArguments(onExit, 0, exit, MemorySegment.NULL).asType(methodType(void.class));
        MethodHandle write = MethodHandles.insertArguments(flush, 0, MemorySegment.NULL).asType(methodType(void.class));
        // Not an object of this class, which would keep a class loader that is no longer used.
        Runnable code = MethodHandleProxies.asInterfaceInstance(Runnable.class, MethodHandles.foldArguments(register, write));
        hook = new Thread(null, code, "panatorch-end", 0, false);
        hook.setContextClassLoader(null);
        Runtime.getRuntime().addShutdownHook(hook);
    }
}
