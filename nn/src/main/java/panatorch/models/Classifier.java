package panatorch.models;

import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.Linear;
import panatorch.nn.Module;

/** A trunk that makes features of images, and a linear head that makes logits of features. It owns its parameters until it is closed, as every {@link Module}. */
public abstract class Classifier extends Module {
    /** @param images [N, C, H, W]; @return [N, D] */
    public abstract Tensor features(Tensor images);

    /** From [*, D] to [*, classes]. */
    public abstract Linear head();

    /** @param input images [N, C, H, W]; @return logits [N, classes] */
    @Override public final Tensor forward(Tensor input) {
        try (var scope = Scope.open()) {
            return scope.move(head().call(features(input)));
        }
    }
}
