package panatorch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Derivatives of what operators computed while recording was on (see {@link NoGrad}). */
public final class Autograd {
    private Autograd() {}

    /** Adds the gradients of {@code loss}, which has one element, to {@link Tensor#grad} of all leaves it was computed from. */
    public static void backward(Tensor loss) { backward(loss, null, false, false); }

    /**
     * @param gradient of the same shape as {@code output}; null where that has one element
     * @param retainGraph whether {@code backward} may be called again
     * @param createGraph whether the gradients can be differentiated in turn
     */
    public static void backward(Tensor output, @Nullable Tensor gradient, boolean retainGraph, boolean createGraph) {
        Aten._backward(output, List.of(), gradient, retainGraph, createGraph);
    }
}
