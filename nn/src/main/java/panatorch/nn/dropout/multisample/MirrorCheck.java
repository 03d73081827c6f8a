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
 * Checks that a head can tell maps from mirrored maps. Behind a mean or maximum over the whole map it cannot, and the samples' only
 * difference would be lost.
 *
 * <p>
 * The head's innermost modules are visited in the order of their registration. Dropout and batch normalisation leave each pixel in its
 * place. A module without parameters (an activation, a pool, {@code Flatten}) is tried on one map of irregular numbers and on its mirror
 * image. Equal results are refused, results of the map's shape lead on to the next module, and all others end the search. So does any
 * module with parameters. Operators in the head's own {@code forward} are not seen unless the head has no child modules and no parameters.
 */
final class MirrorCheck {
    private MirrorCheck() {}

    /**
     * Checks a head.
     *
     * @param shape shape [N, C, H, W] of the maps
     * @throws IllegalArgumentException if the head does not tell maps from mirrored ones
     */
    static void check(Module head, long[] shape) {
        if (shape[3] == 1) throw new IllegalArgumentException("maps of width 1 are their own mirror images; leave out withFlip");
        long[] one = shape.clone();
        one[0] = 1;
        try (var scope = Scope.open(); var noGrad = NoGrad.enter()) {
            Tensor maps = Aten.arange(Arrays.stream(one).reduce(1, Math::multiplyExact), DType.FLOAT64).sin().view(one),
                    mirrored = maps.flip(3);
            for (Module m : head.modules()) {
                if (!m.namedChildren().isEmpty() || m instanceof Stochastic || m instanceof BatchNorm) continue;
                if (!m.parameters().isEmpty()) return;
                Tensor seen;
                try {
                    seen = m.forward(maps.clone()); // some modules overwrite their input
                    if (seen.allClose(m.forward(mirrored.clone())))
                        throw new Lost(m + " gives equal results for maps and mirrored maps, so mirroring adds no diversity; leave out "
                                + "withFlip, or use a head that keeps positions");
                } catch (Lost e) {
                    throw e;
                } catch (RuntimeException e) {
                    return; // the module does not take maps of this type
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
