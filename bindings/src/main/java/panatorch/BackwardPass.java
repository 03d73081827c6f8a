package panatorch;

import java.util.concurrent.ConcurrentHashMap;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.PassEnd;
import panatorch.internal.libtorch.Releases;

/**
 * The gradients that hooks leave for each other during one run of libtorch's backward pass. Several runs may go through one graph at the
 * same time, on several threads or one inside the other; each has its own gradients. Gradients that nobody took are freed when the run
 * ends, even by an error.
 */
final class BackwardPass {
    /** The runs by libtorch's numbers. */
    private static final ConcurrentHashMap<Integer, BackwardPass> RUNNING = new ConcurrentHashMap<>();

    private final ConcurrentHashMap<Object, Tensor> left = new ConcurrentHashMap<>();

    private BackwardPass() {}

    /** Returns the run that called the hook in which this thread is. */
    static BackwardPass current() {
        int number = torch.get_current_graph_task_id();
        BackwardPass known = RUNNING.get(number);
        if (known != null) return known;
        if (number < 0) throw new IllegalStateException("a hook of backward was called outside backward");
        return RUNNING.computeIfAbsent(number, n -> {
            PassEnd.call(n, BackwardPass::ended);
            return new BackwardPass();
        });
    }

    private static void ended(int number) {
        BackwardPass pass = RUNNING.remove(number);
        if (pass != null) Releases.run(() -> pass.left.values().forEach(Tensor::close));
    }

    /** Leaves {@code gradient} for {@link #take} in place of the one left before. */
    void leave(Object place, Tensor gradient) {
        Tensor before = left.put(place, gradient.escape());
        if (before != null) before.close();
    }

    /** Returns the gradient that was left, as a tensor of the current scope; null if there is none. */
    @Nullable Tensor take(Object place) {
        Tensor gradient = left.remove(place);
        if (gradient == null) return null;
        Scope scope = ThreadContext.current().scopes.scope;
        if (scope != null) scope.adopt(gradient);
        return gradient;
    }

    static int running() { return RUNNING.size(); }
}
