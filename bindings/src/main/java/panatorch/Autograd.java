package panatorch;

import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.jspecify.annotations.Nullable;
import panatorch.internal.libtorch.Memory;
import panatorch.internal.libtorch.References;

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

    /** The gradients of {@code output}, which has one element, by {@code inputs}; {@link Tensor#grad} stays as it is. */
    public static List<Tensor> grad(Tensor output, Tensor... inputs) { return grad(List.of(output), List.of(inputs), null, false, false, false); }

    /**
     * The sums of the gradients of {@code outputs}, weighted by {@code gradOutputs}, by each of {@code inputs}; {@link Tensor#grad} stays as
     * it is. The results belong to the current scope.
     *
     * @param gradOutputs one for each output and of its shape, or null for an output of one element; null if all are of one element
     * @param retainGraph whether the outputs may be differentiated again
     * @param createGraph whether the results can be differentiated in turn, which retains the graph, too
     * @param allowUnused whether an input that the outputs do not depend on gets null; else it is an error
     */
    public static List<Tensor> grad(List<Tensor> outputs, List<Tensor> inputs, @Nullable List<? extends @Nullable Tensor> gradOutputs,
            boolean retainGraph, boolean createGraph, boolean allowUnused) {
        if (outputs.isEmpty() || inputs.isEmpty()) throw new IllegalArgumentException("grad needs at least one output and one input");
        if (gradOutputs != null && gradOutputs.size() != outputs.size())
            throw new IllegalArgumentException(gradOutputs.size() + " gradOutputs for " + outputs.size() + " outputs");
        var gradients = new ArrayList<@Nullable Tensor>();
        try (var of = vector(outputs); var by = vector(inputs); var weights = vector(gradOutputs == null ? List.of() : gradOutputs);
             var retain = new BoolOptional(retainGraph || createGraph)) {
            Mode.during(() -> {
                try (var result = torch.grad(of, by, weights, retain, createGraph, allowUnused)) {
                    for (long i = 0; i < result.size(); i++) {
                        var g = result.get(i);
                        gradients.add(References.isUndefinedTensor(Memory.getLong(g.address())) ? null : Tensor.wrap(g));
                    }
                } catch (RuntimeException e) {
                    throw Errors.plain(e);
                }
            });
        }
        return gradients;
    }

    private static TensorVector vector(List<? extends @Nullable Tensor> tensors) {
        var vector = new TensorVector();
        for (Tensor t : tensors) {
            try (var own = t == null ? new org.bytedeco.pytorch.Tensor() : t.unwrap()) {
                vector.push_back(own);
            } catch (RuntimeException e) {
                vector.close();
                throw e;
            }
        }
        return vector;
    }
}
