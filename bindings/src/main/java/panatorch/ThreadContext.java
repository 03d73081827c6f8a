package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.TensorBase;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Borrowed;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.threads.Caller;

/** The state that PanaTorch keeps for a thread: its innermost scope, its dispatcher stack and a few bytes of native memory. */
final class ThreadContext {
    static {
        Startup.ensure();
    }

    private static final ThreadLocal<ThreadContext> CURRENT = ThreadLocal.withInitial(ThreadContext::new);

    final Caller caller = new Caller();
    /** The thread's number, which no other has. */
    final int number = caller.number();
    final Scope.Innermost scopes = new Scope.Innermost();
    /** The tensors that the next operator writes to; null nearly always. */
    @Nullable
    Out out;

    /** The thread's own call; null on a virtual thread: there may be very many, and each would keep native memory. */
    private final @Nullable Call call;
    /**
     * The open modes of a virtual thread, which are set for each call; null on any other thread, where they stay set, and inside a call
     * back from libtorch, which keeps a virtual thread where it is.
     */
    @Nullable
    List<Mode> modes;
    /** The mode that was opened last and is still open. */
    @Nullable
    Mode innermost;
    final Upcalls upcalls = new Upcalls();
    private final MemorySegment scratch = Arena.ofAuto().allocate(40, 8);
    /** True if the running pass of autograd computes the gradients of some leaves only. */
    boolean someInputs;
    /** The place where the operator was called whose derivative is being computed; known in {@link AnomalyMode} only. */
    @Nullable
    Throwable running;
    /** Room for a tensor handle, and for one result. */
    final long handle = scratch.address(), result = handle + 8;
    /** Room for a guard of libtorch, by which a mode finds where this thread's modes are. */
    final long guard = handle + 24;
    /** Room for the gradient that a hook returns. libtorch copies it only when the hook is over, so its reference is given back later. */
    private final TensorBase returned = new TensorBase(Borrowed.at(handle + 16));
    private boolean holdsReturned;

    private ThreadContext() {
        if (Thread.currentThread().isVirtual()) {
            call = null;
            modes = new ArrayList<>();
            LiveTensors.CLEANER.register(this, scopes);
        } else {
            Call own = Call.pooled();
            call = own;
            modes = null;
            Scope.Innermost open = scopes;
            LiveTensors.CLEANER.register(this, () -> {
                Call.giveBack(own);
                open.run();
            });
        }
    }

    static ThreadContext current() { return CURRENT.get(); }

    @Nullable Call call() { return call; }

    /** A tensor for a reference that nobody else owns: the current scope's, or with none open the caller's. */
    Tensor adopt(long impl) {
        var t = new Tensor(impl, this);
        LiveTensors.opened(t);
        Scope s = scopes.scope;
        if (s != null) s.add(t);
        else t.armBackstop();
        return t;
    }

    /**
     * Runs Java code that libtorch calls back, in a scope of its own. The open modes of a virtual thread are set meanwhile, by the native
     * call that this is part of, or changed by libtorch: they are not set again.
     */
    <T> T calledBack(Supplier<T> code) {
        int paused = caller.pause();
        try {
            return within(code);
        } finally {
            caller.resume(paused);
        }
    }

    /** {@link #calledBack} for a part of the native call that called, which waits for no other thread. */
    <T> T within(Supplier<T> code) {
        var outer = modes;
        modes = null;
        try (var own = Scope.open()) {
            return code.get();
        } finally {
            modes = outer;
        }
    }

    /** {@code gradient}, to be returned to libtorch by a hook that runs on this thread. */
    TensorBase returned(Tensor gradient) {
        long impl = gradient.shareImpl();
        releaseReturned();
        Memory.setLong(returned.address(), impl);
        holdsReturned = true;
        return returned;
    }

    /** Gives back the reference to what the last hook returned, which libtorch has its own of by now. */
    void releaseReturned() {
        if (!holdsReturned) return;
        holdsReturned = false;
        Tensor.free(Memory.getLong(returned.address()));
    }
}
