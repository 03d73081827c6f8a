package panatorch;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.internal.library.FreedMemory;

/** Runs libtorch's autograd engine on this thread, with the state that hooks and derivatives in Java need meanwhile. */
final class AutogradEngine {
    private AutogradEngine() {}

    /** Computes gradients; see {@link Autograd#backward(Tensor, Tensor, boolean, boolean)}. */
    static void backward(Tensor output, @Nullable Tensor gradient, boolean retainGraph, boolean createGraph) {
        run(List.of(output), false, () -> Aten._backward(output, List.of(), gradient, retainGraph || createGraph, createGraph));
    }

    /**
     * Runs the engine through a graph once. On a GPU it runs on threads of its own, and hooks call operators there. This thread waits for
     * them inside, so its call must not take a turn that theirs would wait for.
     *
     * @param outputs the roots of the graph
     * @param someInputs whether it computes the gradients of some leaves only
     * @param run calls the engine
     * @throws TorchException for an error of libtorch; an exception of a hook or a derivative in Java is thrown unchanged
     */
    static void run(List<Tensor> outputs, boolean someInputs, Runnable run) {
        FreedMemory.keep();
        ThreadContext c = ThreadContext.current();
        if (outputs.stream().anyMatch(t -> t.device().type() == Device.Type.CUDA)) c.caller.waitingForOthers(() -> run(c, someInputs, run));
        else run(c, someInputs, run);
    }

    private static void run(ThreadContext c, boolean someInputs, Runnable run) {
        boolean before = c.someInputs;
        c.caller.trains();
        c.caller.enter();
        c.someInputs = someInputs;
        try {
            Upcalls.during(run);
        } catch (TorchException e) {
            throw AnomalyMode.explained(e, c);
        } finally {
            c.someInputs = before;
            c.caller.leave();
            c.releaseReturned();
            TensorHooks.sweep();
        }
    }
}
