package panatorch.nn.dropout.multisample;

import java.util.Arrays;
import panatorch.Aten;
import panatorch.DType;
import panatorch.NoGrad;
import panatorch.Scope;
import panatorch.Tensor;
import panatorch.nn.BatchNorm;
import panatorch.nn.Module;
import panatorch.nn.Stochastic;

/**
 * Whether a head sees that maps are mirrored: the mean or the largest element of a whole map is the same of the mirrored one, and the samples' only
 * difference would be lost.
 *
 * <p>The head's innermost modules are gone through in the order they were registered. Dropout and batch normalisation leave each pixel in its place.
 * One without parameters (an activation, a pool, {@code Flatten}) is tried on one map of irregular numbers and its mirror image: equal results are the refusal,
 * results of the maps' own shape lead on to the next module, and others end the search, as anything with parameters does. What a head computes with
 * operators in its own {@code forward} is not seen unless it has no parts and no parameters.
 */
final class MirrorCheck {
    private MirrorCheck() {}

    /** @param shape [N, C, H, W] of the maps; @throws IllegalArgumentException if the head does not tell maps from mirrored ones */
    static void check(Module head, long[] shape) {
        if (shape[3] == 1) throw new IllegalArgumentException("maps one column wide are their own mirror images: do without the flip");
        long[] one = shape.clone();
        one[0] = 1;
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor maps = Aten.arange(Arrays.stream(one).reduce(1, Math::multiplyExact), DType.FLOAT64).sin().view(one), mirrored = maps.flip(3);
            for (Module m : head.modules()) {
                if (!m.namedChildren().isEmpty() || m instanceof Stochastic || m instanceof BatchNorm) continue;
                if (!m.parameters().isEmpty()) return;
                Tensor seen;
                try {
                    seen = m.forward(maps.clone()); // some overwrite their input
                    if (seen.allClose(m.forward(mirrored.clone())))
                        throw new Lost(m + " gives the same of maps and of mirrored maps, so that a flip in front of it adds no diversity; flip before a head that sees where things are, or not at all");
                } catch (Lost e) {
                    throw e;
                } catch (RuntimeException e) {
                    return; // it takes something else than maps of this type
                }
                if (!Arrays.equals(seen.shape(), one)) return;
            }
        }
    }

    private static final class Lost extends IllegalArgumentException {
        private static final long serialVersionUID = 1;

        Lost(String sentence) { super(sentence); }
    }
}
