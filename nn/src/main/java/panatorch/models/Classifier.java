package panatorch.models;

import java.util.HashSet;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Module;
import panatorch.nn.Stochastic;

/**
 * A trunk that makes features of images or tokens, and a head that makes logits of features: where dropout methods draw several samples, the
 * trunk runs once and the head for each. It owns its parameters until it is closed, as every {@link Module}.
 */
public abstract class Classifier extends Module {
    /** @param input images [N, C, H, W], or tokens int64 [N, L]; @return what {@link #head} takes, [N, …] */
    public abstract Tensor features(Tensor input);

    /**
     * From features [*, …] to logits [*, classes], with the dropout layers of its own that the network has there. The same module every time, made of
     * this one's parts: it shares their parameters and their mode, and is not to be closed.
     */
    public abstract Module head();

    /** Whether features differ from call to call in training, and not only what the head makes of them. */
    public final boolean drawsInTrunk() {
        var head = new HashSet<>(head().modules());
        return modules().stream().anyMatch(m -> m instanceof Stochastic s && s.draws() && !head.contains(m));
    }

    /** @param input images [N, C, H, W], or tokens int64 [N, L]; @return logits [N, classes] */
    @Override public final Tensor forward(Tensor input) {
        try (var scope = Scope.open()) {
            return scope.move(head().call(features(input)));
        }
    }
}
