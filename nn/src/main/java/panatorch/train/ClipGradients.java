package panatorch.train;

import java.util.List;
import java.util.function.BiConsumer;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.optim.ClipGrad;

/** Clips gradients before each step. */
public final class ClipGradients implements Callback {
    private final BiConsumer<Trainer, List<Tensor>> clip;

    private ClipGradients(BiConsumer<Trainer, List<Tensor>> clip) { this.clip = clip; }

    /** Scales all gradients together down to a Euclidean norm of at most {@code max} (Pascanu et al., 2013, arXiv:1211.5063). */
    public static ClipGradients norm(double max) {
        return new ClipGradients((trainer, parameters) -> trainer.world.clipNorm(parameters, max));
    }

    /** Cuts every element to [−bound, bound]. */
    public static ClipGradients value(double bound) {
        return new ClipGradients((trainer, parameters) -> ClipGrad.value_(parameters, bound));
    }

    @Override public void beforeStep(Trainer trainer) {
        try (var scope = Scope.open()) {
            clip.accept(trainer, trainer.model().parameters());
        }
    }
}
