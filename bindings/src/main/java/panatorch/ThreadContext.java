package panatorch;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.bytedeco.pytorch.TensorBase;
import org.jspecify.annotations.Nullable;
import panatorch.internal.calls.CallRecorder;
import panatorch.internal.libtorch.Borrowed;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.threads.Caller;

/** The state that PanaTorch keeps for a thread: its innermost scope, its dispatcher stack and a few bytes of native memory. */
final class ThreadContext {
    static {
        Startup.ensure();
        SerialKernel.register();
        CheckedKernel.register();
    }

    private static final ThreadLocal<ThreadContext> CURRENT = ThreadLocal.withInitial(ThreadContext::new);

    final Caller caller = new Caller();
    /** The thread's unique number. */
    final int number = caller.number();
    final Scope.Innermost scopes = new Scope.Innermost();
    /** The tensors that the next operator writes to; nearly always null. */
    @Nullable
    Out out;

    /** The thread's own call; null on a virtual thread, as there may be very many, each of which would keep native memory. */
    private final @Nullable Call call;
    /**
     * The open modes of a virtual thread, which are set for each call. Null on any other thread, where they stay set, and inside a callback
     * from libtorch, which pins a virtual thread to its carrier.
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
    /** Notes the generators that operators are given; null unless a {@link Checkpoint} runs. */
    @Nullable
    UsedGenerators usedGenerators;
    /** The device of this thread's new tensors; nearly always null. */
    @Nullable
    Device defaultDevice;
    /** Sees the operators that are called; nearly always null. */
    @Nullable
    CallRecorder recorder;
    /** The place where the operator was called whose derivative is being computed; only set in {@link AnomalyMode}. */
    @Nullable
    Throwable running;
    /** The addresses of a tensor handle and of one result. */
    final long handle = scratch.address(), result = handle + 8;
    /** The address of memory for a guard of libtorch, with which a mode finds where this thread's modes are. */
    final long guard = handle + 24;
    /** The gradient that a hook returns. libtorch copies it only after the hook, so its reference is released later. */
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

    /** Returns a tensor that takes over a reference. It belongs to the current scope, or to the caller if no scope is open. */
    Tensor adopt(long impl) {
        var t = new Tensor(impl, this);
        LiveTensors.opened(t);
        Scope s = scopes.scope;
        if (s != null) s.add(t);
        else t.armBackstop();
        return t;
    }

    /**
     * Runs Java code that libtorch calls back, in a scope of its own. The enclosing native call has already set the open modes of a virtual
     * thread, and libtorch may have changed them, so they are not set again.
     */
    <T> T calledBack(Supplier<T> code) {
        int paused = caller.pause();
        try {
            return within(code);
        } finally {
            caller.resume(paused);
        }
    }

    /** Runs Java code as {@link #calledBack} does, but the thread still counts as a caller, so the code must not wait for other threads. */
    <T> T within(Supplier<T> code) {
        var outer = modes;
        modes = null;
        try (var own = Scope.open()) {
            return code.get();
        } finally {
            modes = outer;
        }
    }

    /** Returns {@code gradient} in the form in which a hook on this thread returns it to libtorch. */
    TensorBase returned(Tensor gradient) {
        long impl = gradient.shareImpl();
        releaseReturned();
        Memory.setLong(returned.address(), impl);
        holdsReturned = true;
        return returned;
    }

    /** Releases the reference to the gradient that the last hook returned. libtorch has its own reference by now. */
    void releaseReturned() {
        if (!holdsReturned) return;
        holdsReturned = false;
        Tensor.free(Memory.getLong(returned.address()));
    }
}
