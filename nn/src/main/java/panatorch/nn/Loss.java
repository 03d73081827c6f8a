package panatorch.nn;

import java.util.List;
import org.jspecify.annotations.Nullable;
import panatorch.Tensor;
import panatorch.nn.functional.Reduction;

/**
 * The base of losses of an input and a target. Without reduction, the result holds the losses of the single elements, rows or samples;
 * otherwise their mean or sum, [].
 *
 * <pre>{@code
 * try (var loss = new CrossEntropyLoss()) {
 *     loss.forward(logits, target).backward();
 * }
 * }</pre>
 */
public abstract class Loss extends Module {
    protected final Reduction reduction;

    protected Loss(Reduction reduction) { this.reduction = reduction; }

    public abstract Tensor forward(Tensor input, Tensor target);

    @Override public List<Tensor> forwardAll(List<? extends @Nullable Tensor> inputs) {
        return List.of(forward(inputs.get(0), inputs.get(1)));
    }

    /** Returns the reduction as operators take it. */
    protected final long code() { return reduction.ordinal(); }

    /** Returns a copy of a buffer of this module, or null if there is none. */
    final @Nullable Tensor another(String buffer) {
        Tensor t = bufferOrNull(buffer);
        return t == null ? null : t.detach().clone();
    }
}
