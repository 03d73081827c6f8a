package panatorch.models;

import java.util.HashSet;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.nn.Stochastic;

/**
 * A network of a trunk, which computes features of images or tokens, and a head, which computes logits of features. Dropout methods that
 * draw several samples run the trunk once and the head for each sample. It owns its parameters until it is closed, as every {@link Module}.
 */
public abstract class Classifier extends Module {
    /**
     * Returns the input of {@link #head}, [N, …].
     *
     * @param input images [N, C, H, W], or tokens int64 [N, L]
     */
    public abstract Tensor features(Tensor input);

    /**
     * Returns the module from features [*, …] to logits [*, classes], including the dropout layers that the network has there. It is the
     * same module at every call, made of this network's child modules. It shares their parameters and mode; do not close it.
     */
    public abstract Module head();

    /** Returns whether, in training, features differ from call to call; otherwise only the head is stochastic. */
    public final boolean drawsInTrunk() {
        var head = new HashSet<>(head().modules());
        return modules().stream().anyMatch(m -> m instanceof Stochastic s && s.draws() && !head.contains(m));
    }

    /**
     * Returns logits [N, classes].
     *
     * @param input images [N, C, H, W], or tokens int64 [N, L]
     */
    @Override public final Tensor forward(Tensor input) {
        try (var scope = Scope.open()) {
            return scope.move(head().call(features(input)));
        }
    }
}
