package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What PanaTorch keeps for a thread: its innermost scope, its dispatcher stack and a few bytes of native memory. */
final class ThreadContext {
    static final Cleaner CLEANER = Cleaner.create();
    private static final ThreadLocal<ThreadContext> CURRENT = ThreadLocal.withInitial(ThreadContext::new);

    @Nullable Scope scope;

    /** Null on a virtual thread: there may be very many, and each would keep native memory. */
    private final @Nullable Call call;
    /** The open modes of a virtual thread, which are set for each call; null on any other thread, where they stay set. */
    final @Nullable List<Mode> modes;
    private final MemorySegment scratch = Arena.ofAuto().allocate(16, 8);
    /** Room for a tensor handle, and for one result. */
    final long handle = scratch.address(), result = handle + 8;

    private ThreadContext() {
        panatorch.internal.library.NativeLibrary.load();
        if (Thread.currentThread().isVirtual()) {
            call = null;
            modes = new ArrayList<>();
        } else {
            Call own = Call.pooled();
            call = own;
            modes = null;
            CLEANER.register(this, () -> Call.giveBack(own));
        }
    }

    static ThreadContext current() { return CURRENT.get(); }

    @Nullable Call call() { return call; }

    /** A tensor for a reference that nobody else owns: the current scope's, or with none open the caller's. */
    Tensor adopt(long impl) {
        var t = new Tensor(impl);
        Scope s = scope;
        if (s != null) s.add(t);
        else t.guard();
        LiveTensors.opened(t);
        return t;
    }
}
